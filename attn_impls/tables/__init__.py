"""The explicit tables of what comes with attnbench. Factories are text: reading a table imports no torch."""

from __future__ import annotations

from . import activations, branches, gates, hosts, normalizers

SPECS = (*normalizers.ROWS, *activations.ROWS, *gates.ROWS, *branches.ROWS)
HOSTS = hosts.ROWS
