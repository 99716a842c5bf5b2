"""The state of the process, kept while strangers' modules are measured."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

# At the top, although they import torch: in a regression check, another version may stand under these names later.
from attn_impls.audit.process import finding_of
from attn_impls.process import EACH_CALL, EACH_SAMPLE, Deed, ProcessState, listening
from results.records import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Case


class Kept:
    """Puts back the state of the process as it was when the block began; see ``bench.surroundings``.

    Args:
        each_sample: what is compared after a sample of a case that has changed nothing so far.
        each_call: what is compared after everything else.
        heard: gets what builds and imports have changed and put back by themselves.

    """

    def __init__(self, each_sample: ProcessState, each_call: ProcessState, heard: list[Deed]) -> None:
        self._each_sample = each_sample
        self._each_call = each_call
        self._heard = heard
        self._told: set[str] = set()
        self._suspects: set[Case] = set()

    def put_back(self, case: Case, *, sampled: bool = False) -> None:
        """Put back what a case's calls have changed."""
        # Who has changed anything so far, as while it warmed up, is looked at closely.
        quick = sampled and case not in self._suspects
        for change in (self._each_sample if quick else self._each_call).put_back():
            self._suspects.add(case)
            self._heard.append(Deed(who=_who(case), doing="a call", change=change))

    def news(self) -> tuple[str, ...]:
        """Return one line a change, in the words of the audit."""
        if not self._heard:
            return ()
        lines = []
        for deed in self._heard:
            found = finding_of(deed)
            lines.append(f"{found.severity}: {deed.who}: {found.name}: {found.words}; {found.remedy}")
        self._heard.clear()
        new = tuple(line for line in dict.fromkeys(lines) if line not in self._told)
        self._told.update(new)
        return new


@contextmanager
def kept() -> Iterator[Kept]:
    """Keep the state of the process inside the ``with`` block."""
    with listening() as heard:
        yield Kept(ProcessState.take(EACH_SAMPLE), ProcessState.take(EACH_CALL), heard)


def _who(case: Case) -> str:
    """Return whose calls a case makes: a plain network's are its backbone's."""
    return case.host or case.implementation if case.implementation == PLAIN else case.implementation
