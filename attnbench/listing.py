"""What can be measured, as facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites import choices
from suites.catalog import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


def list(plugins: Sequence[str] = ()) -> dict[str, Any]:  # noqa: A001 - attnbench.list, as the command
    """Return implementations, backbones and suites with all that is known of them, as ``attnbench list --json`` prints.

    Args:
        plugins: implementations of one's own: Python files, modules, or ``timm``.

    Raises:
        UsageError: a plug-in cannot be used.

    """
    registry = choices.registry(plugins)
    return {
        "implementations": [
            {
                "name": spec.name,
                "family": spec.family.value,
                "summary": spec.summary,
                "paper": spec.paper or None,
                "options": dict(spec.options),
            }
            for spec in registry.specs.values()
        ],
        "hosts": [
            {
                "name": host.name,
                "summary": host.summary,
                "paper": host.paper or None,
                "slots": {slot: family.value for slot, family in host.slots.items()},
                "stages": [*host.stages],
                "image_size": host.image_size,
                "num_classes": host.num_classes,
            }
            for host in registry.hosts.values()
        ],
        "suites": [{"name": suite.name, "question": suite.question} for suite in QUESTIONS.values()],
    }
