"""Counters of multiply-adds, one rule a file, and the walk that applies several to one module."""
