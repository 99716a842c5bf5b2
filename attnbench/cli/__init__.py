"""The command line: the only place that sees every folder. One command a file."""
