"""Executors: where a block of cases is measured."""
