from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.to_junit import junit_xml
from results.checks import Difference, Verdict
from results.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.checks import Check, Judged
    from results.records import Case

#: What Jenkins' schema of JUnit files knows of each element: the attributes that it must have, and those that it may.
ATTRIBUTES = {
    "testsuites": ((), ("name", "time", "tests", "failures", "errors")),
    "testsuite": (
        ("name", "tests", "failures", "errors"),
        ("skipped", "time", "timestamp", "hostname", "id", "package"),
    ),
    "properties": ((), ()),
    "property": (("name", "value"), ()),
    "testcase": (("name",), ("classname", "time", "group")),
    "failure": ((), ("type", "message")),
    "skipped": ((), ("type", "message")),
    "system-out": ((), ()),
}
INSIDE = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "skipped", "system-out"},
}


def parsed(check: Check) -> ET.Element:
    return ET.fromstring(junit_xml(check).encode())  # noqa: S314 - our own


def test_the_structure_is_what_readers_know(made_up_check: Check) -> None:
    """No element or attribute is one that Jenkins would refuse; none that it needs is missing."""
    for element in parsed(made_up_check).iter():
        needed, known = ATTRIBUTES[element.tag]
        assert set(needed) <= set(element.attrib) <= {*needed, *known}
        assert {child.tag for child in element} <= INSIDE.get(element.tag, set())


def test_a_suite_a_tier(made_up_check: Check) -> None:
    """Their counts are those of their cases, and the whole's are theirs."""
    root = parsed(made_up_check)
    counts = [[suite.get(name) for name in ("name", "tests", "failures", "errors", "skipped")] for suite in root]
    assert counts == [
        ["attnbench: timed cases", "24", "2", "0", "2"],
        ["attnbench: exact cases", "12", "3", "0", "1"],
    ]
    assert [root.get(name) for name in ("tests", "failures", "errors")] == ["36", "5", "0"]
    for suite in root:
        assert len(suite.findall("testcase")) == int(suite.attrib["tests"])
        assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"])
        assert len(suite.findall("testcase/skipped")) == int(suite.attrib["skipped"])


@pytest.mark.parametrize(
    ("verdict", "tag"),
    [
        *((verdict, "failure") for verdict in (Verdict.SLOWER, Verdict.WORSE, Verdict.FAILED)),
        *((verdict, "skipped") for verdict in (Verdict.UNDECIDED, Verdict.INCOMPARABLE, Verdict.NEW, Verdict.GONE)),
        *((verdict, "system-out") for verdict in (Verdict.SAME, Verdict.FASTER, Verdict.BETTER)),
    ],
)
def test_every_verdict_has_its_element(
    make_check: Callable[..., Check], make_timed: Callable[..., Judged], verdict: Verdict, tag: str
) -> None:
    """Only what fails a job is a failure."""
    (case,) = parsed(make_check(make_timed("se", verdict, 1.05, 0.01))).iter("testcase")
    assert [child.tag for child in case] == [tag]


def test_the_text_says_everything(made_up_check: Check) -> None:
    """A reader that drops attributes, as GitLab does, still shows the figures; the message has the first of them."""
    root = parsed(made_up_check)
    slower, _ = root.findall("testsuite[1]//failure")
    assert slower.attrib == {"type": "slower", "message": "slower: 1.052 [1.041, 1.063]"}
    assert (slower.text or "").splitlines() == [
        "slower: se in attention alone, 2×64×32×32, forward, float32, cpu, input 2×64×32×32",
        "head / base: 1.052 [1.041, 1.063]",
        "base's twin / base: 1.001 [0.990, 1.012]",
        "24 pairs of builds in one process",
        "smallest slowdown that could have been found: 1.011",
    ]
    saved = root.find("testsuite[2]//failure")
    assert saved is not None
    assert saved.attrib["message"] == "worse: saved bytes 1.20 MiB -> 1.50 MiB"
    assert (saved.text or "").splitlines()[1:] == [
        "worse: saved bytes 1.20 MiB -> 1.50 MiB",
        "better: operators launched 12 -> 11",
    ]


def test_classname_and_name_find_a_case_again(made_up_check: Check) -> None:
    """GitLab tells tests apart by the two together: no two cases share them, and nothing of a version is in them."""
    keys = [(case.get("classname"), case.get("name")) for case in parsed(made_up_check).iter("testcase")]
    assert keys[0] == (
        "attnbench.latency",
        "se in attention alone, 2×64×32×32, forward, float32, cpu, input 2×64×32×32",
    )
    assert len(set(keys)) == len(keys) == 36


@given(st.text(st.characters(), max_size=20))
def test_no_character_breaks_the_xml(text: str) -> None:
    """What XML has no place for, such as a zero, is replaced wherever it stands."""
    element = ET.Element("testcase", {"name": printable(text)})
    element.text = printable(text)
    again = ET.fromstring(ET.tostring(element))  # noqa: S314 - our own
    assert (again.get("name"), again.text or "") == (printable(text), printable(text))


def test_names_and_reasons_cannot_break_it(
    make_check: Callable[..., Check], make_timed: Callable[..., Judged], case_alone: Callable[..., Case]
) -> None:
    """A plug-in's name with control characters, and a message with markup, are text."""
    hostile = "a\x00\x1b[31m<failure>]]>&amp;\ud800\nb"
    judged = make_timed(
        "x",
        Verdict.FAILED,
        1.0,
        0.1,
        case=case_alone(hostile),
        pace=None,
        reason=hostile,
        differences=(Difference(quantity=hostile, base=hostile, worse=True),),
    )
    (case,) = parsed(make_check(judged, plugins=(hostile,))).iter("testcase")
    assert case.attrib["name"].startswith("a\ufffd\ufffd[31m<failure>]]>&amp;\ufffd b in attention alone")
    assert case[0].attrib["message"] == "failed: a\ufffd\ufffd[31m<failure>]]>&amp;\ufffd b"
