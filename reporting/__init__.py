"""Results -> documents: typed tables, and renderers that return text. Nothing here writes a file or prints."""
