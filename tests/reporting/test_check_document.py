from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from reporting.check_document import check_document, check_markdown
from results.checks import Difference, Judged, Side, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporting.document import Document, Section
    from results.checks import Check, Pace
    from results.records import Case

COULD = "a slowdown of {} or more could have been found."


def section(document: Document, title: str) -> Section:
    return next(each for each in document.sections if each.title == title)


def test_the_sentence_stands_first(made_up_check: Check) -> None:
    """Who sees only the top of a summary knows what came of the check."""
    lines = check_markdown(made_up_check).splitlines()
    assert lines[0] == "# working tree against main"
    assert lines[2].startswith("**1 of 24 timed cases is slower: se, forward, 1.052 [1.041, 1.063]; 1 failed: split")


def test_both_sides_are_named(made_up_check: Check) -> None:
    """With their commits, and with what the commit does not say."""
    facts = check_document(made_up_check).paragraphs[1].splitlines()
    assert facts[:3] == [
        "- Base: main (commit 0123456789ab).",
        "- Head: working tree (commit ba9876543210, with changes that are not committed).",
        "- Plug-ins: my_attention.py.",
    ]
    assert facts[3].startswith("- Looked for slowdowns of 3%; the chance is at most 1% ")
    assert "Example CPU, 2 cores" in facts[-1]


def test_the_chart_has_every_ratio(made_up_check: Check) -> None:
    """Bad verdicts first; only what was not timed is missing."""
    chart = section(check_document(made_up_check), "Times").paragraphs[1].splitlines()
    assert chart[:5] == [
        "```text",
        "verdict     0.971 1 1.030   head ÷ base           case",
        "slower        :   |   :--o- 1.052 [1.041, 1.063]  se, forward",
        "undecided     :  ---o----   1.018 [0.993, 1.043]  bam, forward",
        "faster    <   :   |   :     0.880 [0.860, 0.900]  sk/softmax, forward",
    ]
    assert len(chart) == 22 + 3


def test_the_table_says_what_a_ratio_rests_on(
    make_check: Callable[..., Check], make_timed: Callable[..., Judged], make_pace: Callable[..., Pace]
) -> None:
    """Builds, the twin's interval, and what could have been found; processes only where there were several."""
    first = make_timed("se", Verdict.SAME, 1.0, 0.01)
    second = make_timed("eca", Verdict.SAME, 1.0, 0.01, pace=make_pace(1.0, 0.02, builds=8, twin=None, processes=4))
    (one,) = section(check_document(make_check(first)), "Times").tables
    assert [column.title for column in one.columns] == ["case", "builds", "twin ÷ base", "finds"]
    assert one.texts == (("se", "24", "1.001 [0.991, 1.011]", "1.010"),)
    (two,) = section(check_document(make_check(first, second)), "Times").tables
    assert two.columns[-1].title == "processes"
    assert two.texts[1] == ("eca", "8", "-", "1.020", "4")


def test_only_differences_stand_in_the_table(made_up_check: Check) -> None:
    """Equal quantities are counted in the sentence; columns in which nothing would stand are left out."""
    (table,) = section(check_document(made_up_check), "Exact quantities").tables
    assert [column.title for column in table.columns] == ["", "case", "quantity", "base", "head"]
    assert table.texts == (
        ("worse", "se", "saved bytes", "1.20 MiB", "1.50 MiB"),
        ("worse", "cbam", "parameters", "6220548", "6220612"),
        ("worse", "eca", "overflow threshold (one large)", "never", "11.0938"),
        ("better", "se", "operators launched", "12", "11"),
    )


def test_without_a_base_there_is_none_in_the_table(
    make_check: Callable[..., Check], make_exact: Callable[..., Judged]
) -> None:
    """Head stands beside the limit that it is beyond."""
    beyond = Difference(quantity="saved bytes", head=2048.0, limit=1024.0, worse=True)
    document = check_document(make_check(make_exact("se", beyond), base=None))
    (table,) = section(document, "Exact quantities").tables
    assert [column.title for column in table.columns] == ["", "case", "quantity", "head", "limit"]
    assert table.texts == (("worse", "se", "saved bytes", "2.00 KiB", "1.00 KiB"),)
    assert document.title == "working tree against limits"
    assert not any("Base" in paragraph for paragraph in document.paragraphs)


def test_every_reason_stands_once(made_up_check: Check) -> None:
    """With all cases that have it, and of undecided ones the smallest slowdown that could have been found."""
    assert section(check_document(made_up_check), "Reasons").paragraphs[0].splitlines() == [
        "- **failed**: split, forward+backward. Out of memory: tried 2.00 GiB.",
        f"- **undecided**: bam, forward. 1.018 [0.993, 1.043] after 24 builds; {COULD.format('1.025')}",
        "- **incomparable**: gct, forward+backward. Base failed: no kernel for float32.",
        "- **new**: mine (memory).",
    ]


def test_cases_with_one_reason_share_a_line(make_check: Callable[..., Check], case_alone: Callable[..., Case]) -> None:
    """A reason that a hundred cases have is read once."""
    judged = [
        Judged(case=case_alone(name, suite="memory"), verdict=Verdict.INCOMPARABLE, reason="both fail: NaN.")
        for name in ("se", "cbam")
    ]
    document = check_document(make_check(*judged))
    assert section(document, "Reasons").paragraphs == (
        "- **incomparable**: se (memory); cbam (memory). Both fail: NaN.",
    )


def test_what_was_not_confirmed_says_so(make_check: Callable[..., Check], make_timed: Callable[..., Judged]) -> None:
    """A single process may be odd: the reader knows whether a second one agreed."""
    alone = make_timed("se", Verdict.SLOWER, 1.05, 0.01, confirmed=None)
    contradicted = make_timed("cbam", Verdict.UNDECIDED, 1.05, 0.01, confirmed=False)
    confirmed = make_timed("eca", Verdict.SLOWER, 1.05, 0.01, confirmed=True)
    document = check_document(make_check(alone, contradicted, confirmed))
    ratio = "1.050 [1.040, 1.060] after 24 builds"
    assert section(document, "Reasons").paragraphs[0].splitlines() == [
        "- **slower**: se. No second process looked at it.",
        f"- **undecided**: cbam. A second, fresh process did not confirm it; {ratio}; {COULD.format('1.010')}",
    ]
    assert (
        "- A second, fresh process saw it too: 1 case of those that are worse." in document.paragraphs[1].splitlines()
    )


def test_a_check_without_findings_is_short(make_check: Callable[..., Check], make_exact: Callable[..., Judged]) -> None:
    """No heading stands over nothing."""
    assert check_document(make_check(make_exact("se"))).sections == ()


def test_hostile_names_break_nothing(
    make_check: Callable[..., Check], make_timed: Callable[..., Judged], case_alone: Callable[..., Case]
) -> None:
    """Fences, pipes and line breaks in names and reasons stay text: no heading, table or link comes of them."""
    name = "a|b\n```\n# title\n[x](y)<b>"
    judged = (
        make_timed("x", Verdict.SLOWER, 1.1, 0.01, case=case_alone(name)),
        Judged(case=case_alone(name, suite="memory"), verdict=Verdict.INCOMPARABLE, reason=name),
    )
    check = make_check(*judged, base=Side(name=name), plugins=(name,))
    tokens = MarkdownIt("commonmark").enable("table").parse(check_markdown(check))
    headings = [tokens[index + 1].content for index, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings[1:] == ["Times", "What the ratios rest on", "Reasons"]
    inside = [child.type for token in tokens for child in token.children or ()]
    assert not {"link_open", "html_inline"} & set(inside)
    assert sum(token.type == "fence" for token in tokens) == 1
