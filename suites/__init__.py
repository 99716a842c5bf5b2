"""Which cases: one question a file. Importing this package does not import torch."""
