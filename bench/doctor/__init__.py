"""Is this machine fit to measure on? One check a file, each a pure function of what the system says of itself."""

from __future__ import annotations

from .checks import examine
from .finding import Finding, Verdict
from .system import Machine, System

__all__ = ["Finding", "Machine", "System", "Verdict", "examine"]
