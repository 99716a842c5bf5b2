"""What an audit finds in an implementation of both versions, as a part of the exact tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_impls.audit import Finding, audit
from results.checks import Judged

from .exact import verdict_of
from .exact_audit import audit_differences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Case

    from .loading import Loaded


def findings_of(case: Case, version: Loaded) -> tuple[Finding, ...]:
    """Return what the audit finds in a version's implementation."""
    with version.active():
        return audit(version.registry.find(case.implementation), compile=False)


def judge_findings(case: Case, base: Iterable[Finding], head: Iterable[Finding]) -> Judged:
    """Judge what the audit finds in an implementation."""
    found = audit_differences(base, head)
    return Judged(case=case, verdict=verdict_of(found), differences=found)
