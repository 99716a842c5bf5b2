"""Papers that several rows name."""

from __future__ import annotations

PSK_PAPER = "doi:10.3778/j.issn.1002-8331.2010-0085"
