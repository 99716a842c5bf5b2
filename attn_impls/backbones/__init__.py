"""Hosts: networks with named slots for attention."""
