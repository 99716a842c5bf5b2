"""Where a function fails, and how far from the exact value it is; knows nothing of what it computes."""
