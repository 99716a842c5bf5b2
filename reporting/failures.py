"""Why a case has no figure, in two or three words for a cell, and with its remedy for a footnote."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from results.records import Failed, FailureKind
from results.text import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results.records import Skipped

#: An error in a footnote; the record has all of it.
CAUSE_WIDTH = 200


class Known(NamedTuple):
    """An error that many modules raise, with sizes that differ from one to the next."""

    pattern: re.Pattern[str]
    words: str
    remedy: str


#: The first whose pattern is found counts.
KNOWN = (
    Known(
        re.compile(r"Expected more than 1 value per channel when training"),
        "ValueError: Expected more than 1 value per channel when training",
        "Batch norm over pooled features cannot be trained on one image: use --batch-size 2.",
    ),
    Known(
        re.compile(r"not implemented for '?(?:Half|BFloat16)"),
        "An operator of it has no kernel for this dtype",
        "Use --dtype float32.",
    ),
    Known(
        re.compile(r"[Kk]ernel size can't be greater than actual input size"),
        "The image is too small for a kernel",
        "Use a larger --image-size.",
    ),
)
#: What to do where the error itself is not known.
REMEDIES: Mapping[FailureKind, str] = MappingProxyType(
    {
        FailureKind.EXCEPTION: "The traceback is in records.jsonl.",
        FailureKind.OUT_OF_MEMORY: "Use a smaller --batch-size or --image-size, or another --device.",
        FailureKind.NAN: "See where it overflows: attnbench run overflow.",
        FailureKind.CRASH: "The worker process died of a signal; the case alone: attnbench run --impl and --host.",
        FailureKind.EXIT: "The module ended the worker process itself.",
        FailureKind.HANG: "If it is only slow, give it a larger --time-limit.",
        FailureKind.FOLDER: "Mend the run's folder, then: attnbench run --resume.",
        FailureKind.MACHINE_LOST: "It may take machines down; the case alone: attnbench run --impl and --host.",
    }
)


def short_words(outcome: Skipped | Failed) -> str:
    """Return what stands in a cell: ``failed``, ``failed: out of memory``, ``skipped``."""
    if not isinstance(outcome, Failed):
        return "skipped"
    return "failed" if outcome.kind in {FailureKind.EXCEPTION, FailureKind.FOLDER} else f"failed: {outcome.kind}"


def cause(outcome: Skipped | Failed) -> str:
    """Return the cause and what to do, in a sentence or two. Errors that differ in sizes alone have one cause."""
    if not isinstance(outcome, Failed):
        return f"Skipped: {message(outcome.reason, CAUSE_WIDTH)}"
    if outcome.kind is FailureKind.EXCEPTION:
        for known in KNOWN:
            if known.pattern.search(outcome.error):
                return f"{known.words}. {known.remedy}"
    error = message(outcome.error, CAUSE_WIDTH).rstrip(".")
    return f"{error or outcome.kind}. {REMEDIES[outcome.kind]}"
