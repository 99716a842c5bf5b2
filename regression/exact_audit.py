"""What an audit, and dynamo, found on both sides -> what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.checks import Difference

from .quantities import compared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attn_impls.audit.findings import Finding
    from attn_impls.audit.graphs import Graphs, Untraced

FAULT = "fault"


def audit_differences(base: Iterable[Finding], head: Iterable[Finding]) -> tuple[Difference, ...]:
    """Return faults that only head has as worse, and those that only base has as better.

    Faults are told apart by what was found, not by the words, which have figures and line numbers. Of several with one
    name, more are worse. A note is no difference, because figures stay valid; a note that became a fault is one.
    """
    before, after = _faults(base), _faults(head)
    found = []
    # In the order of the audit: that of a set would be another in every process.
    for name in dict.fromkeys((*before, *after)):
        was, is_ = before.get(name, ()), after.get(name, ())
        if len(was) != len(is_):
            sides = ("; ".join(was) or None, "; ".join(is_) or None)
            worse = len(is_) > len(was)
            found.append(Difference(quantity=f"audit: {name}", base=sides[0], head=sides[1], worse=worse))
    return tuple(found)


def graph_differences(base: Graphs | Untraced, head: Graphs | Untraced) -> tuple[Difference, ...]:
    """Return whether dynamo breaks more often, or fails where it did not; two failures are equal.

    Args:
        base: as ``attn_impls.audit.graphs.count_graphs`` gives it, as is ``head``.
        head: of the version that is judged.

    """
    from attn_impls.audit.graphs import Graphs, Untraced

    name = "graph breaks"
    match base, head:
        case Graphs(breaks=before), Graphs(breaks=after):
            return tuple(compared(name, before, after))
        case Graphs(breaks=before), Untraced(reason=reason):
            return (Difference(quantity=name, base=before, head=reason, worse=True),)
        case Untraced(reason=reason), Graphs(breaks=after):
            return (Difference(quantity=name, base=reason, head=after, worse=False),)
        case _:
            return ()


def _faults(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    faults: dict[str, tuple[str, ...]] = {}
    for each in findings:
        # By value: findings of another version of attn_impls are of other classes.
        if str(each.severity) == FAULT:
            faults[str(each.name)] = (*faults.get(str(each.name), ()), each.words)
    return faults
