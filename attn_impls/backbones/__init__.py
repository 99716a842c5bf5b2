"""Backbones: networks with named slots for attention."""
