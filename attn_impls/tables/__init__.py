"""The explicit tables of what comes with attnbench, one line a row: reading them imports no torch.

``implementations.csv``: ``traits`` is empty, ``sized`` or ``sums_below_1``. Ablations need no row: every option can be
given with the name, as in ``se:reduction=4``.
``hosts.csv``: ``slots`` and ``images`` are names of sets in ``reading.py``; ``occupants`` are ``slot=name:options``,
parted by blanks.
"""

from __future__ import annotations

from .reading import hosts, implementations, read

SPECS = implementations(read("implementations.csv"))
HOSTS = hosts(read("hosts.csv"), SPECS)
