"""A plan on several machines: who measures which block, and what is kept; what carries the blocks out is apart."""
