"""Warnings that are for users to read."""

from __future__ import annotations


class AuditWarning(UserWarning):
    """An implementation of a plug-in is not quite fit to be measured: its name, the finding, and a remedy."""


class ResumeWarning(UserWarning):
    """A run is gone on with by another measuring code than the one that it was begun with."""
