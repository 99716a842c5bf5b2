"""What goes wrong with plug-ins."""

from __future__ import annotations


class PluginError(Exception):
    """A plug-in cannot be used; the message names file, line and remedy."""


class ChangedPluginError(PluginError):
    """A file is not the one that was asked for, and was not executed; the message is its path."""


class ContractError(ValueError):
    """What a plug-in describes cannot be built as its family is; the message names the remedy, and no place."""


class PluginWarning(UserWarning):
    """An installed package's implementations are left out; the message names the package and the remedy."""
