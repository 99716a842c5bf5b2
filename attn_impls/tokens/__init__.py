"""Attention between tokens: queries, keys and values -> a mixture of the values for every query."""
