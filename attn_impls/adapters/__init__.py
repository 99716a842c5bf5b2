"""Other libraries' attentions as rows of the registry; each module is imported when its library is asked for."""
