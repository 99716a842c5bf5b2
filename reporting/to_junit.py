"""A regression check -> JUnit XML, as Jenkins, GitLab and readers on GitHub take it: a suite a tier, a test a case.

GitLab shows the text of an element and not its attributes, and tells tests apart by ``classname`` and ``name``; Jenkins
shows both. So the text says everything, and the names do not change from check to check. There are no durations: a case
is measured by a budget, and how long it took says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from results.checks import BAD, Verdict

from .check_document import side_words
from .check_names import exact, stable_name, timed
from .check_words import detail_lines, headline
from .units import format_chosen_share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.checks import Check, Judged

NAME = "attnbench"
#: Nothing is known of these, or there is nothing to compare them with: the job does not fail.
SKIPPED = frozenset({Verdict.UNDECIDED, Verdict.INCOMPARABLE, Verdict.NEW, Verdict.GONE})


def junit_xml(check: Check) -> str:
    """Return the XML of a check. Whatever characters names and messages have, it is well-formed."""
    root = ET.Element("testsuites", {"name": NAME, **_counts(check.judged, skipped=False)})
    for tier, judged in (("timed cases", timed(check)), ("exact cases", exact(check))):
        if judged:
            root.append(_suite(check, tier, judged))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(check: Check, tier: str, judged: Sequence[Judged]) -> ET.Element:
    counts = _counts(judged, skipped=True)
    suite = ET.Element("testsuite", {"name": f"{NAME}: {tier}", **counts, "timestamp": check.started_at})
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(check):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    suite.extend(map(_case, judged))
    return suite


def _properties(check: Check) -> Iterator[tuple[str, str]]:
    if check.base is not None:
        yield "base", side_words(check.base)
    yield "head", side_words(check.head)
    yield "threshold", format_chosen_share(check.threshold)


def _case(judged: Judged) -> ET.Element:
    case = ET.Element("testcase", {"classname": f"{NAME}.{judged.case.suite}", "name": stable_name(judged.case)})
    lines = "\n".join(detail_lines(judged))
    message = ": ".join(filter(None, (judged.verdict.value, headline(judged))))
    if judged.verdict in BAD:
        ET.SubElement(case, "failure", {"type": judged.verdict.value, "message": message}).text = lines
    elif judged.verdict in SKIPPED:
        ET.SubElement(case, "skipped", {"message": message}).text = lines
    else:
        ET.SubElement(case, "system-out").text = lines
    return case


def _counts(judged: Sequence[Judged], *, skipped: bool) -> dict[str, str]:
    failures = sum(each.verdict in BAD for each in judged)
    counts = {"tests": len(judged), "failures": failures, "errors": 0}
    if skipped:
        counts["skipped"] = sum(each.verdict in SKIPPED for each in judged)
    return {name: str(number) for name, number in counts.items()}
