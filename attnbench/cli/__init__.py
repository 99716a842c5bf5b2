"""The command line: one command a file. The Python API does without it."""
