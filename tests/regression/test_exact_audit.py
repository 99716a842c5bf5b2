"""Findings of two audits, and dynamo's graphs: what differs."""

from __future__ import annotations

from attn_impls.audit.findings import Name, fault, note
from attn_impls.audit.graphs import Graphs, Untraced
from regression.exact_audit import audit_differences, graph_differences
from results.checks import Difference

PICKLE = fault(Name.PICKLE, "cannot be pickled (gate.py, line 12)", "use no lambda")
BREAKS = note(Name.GRAPH_BREAKS, "1 graph break(s)", "no print")


def traced(breaks: int) -> Graphs:
    return Graphs(graphs=breaks + 1, breaks=breaks, reasons=())


def test_a_fault_that_only_head_has_is_worse() -> None:
    """The difference quotes what was seen."""
    words = "cannot be pickled (gate.py, line 12)"
    assert audit_differences((), (PICKLE,)) == (
        Difference(quantity="audit: pickle", base=None, head=words, worse=True),
    )
    assert audit_differences((PICKLE,), ()) == (
        Difference(quantity="audit: pickle", base=words, head=None, worse=False),
    )


def test_the_same_fault_in_other_words_is_the_same() -> None:
    """Words have line numbers, which change with any edit."""
    moved = fault(Name.PICKLE, "cannot be pickled (gate.py, line 99)", "use no lambda")
    assert audit_differences((PICKLE,), (moved,)) == ()


def test_one_more_fault_of_a_name_is_worse() -> None:
    """Two dtypes that are not kept are worse than one."""
    half, brain = (fault(Name.OUTPUT_DTYPE, f"{dtype} becomes float32", "") for dtype in ("float16", "bfloat16"))
    (found,) = audit_differences((half,), (half, brain))
    assert (found.base, found.head, found.worse) == (
        "float16 becomes float32",
        "float16 becomes float32; bfloat16 becomes float32",
        True,
    )


def test_a_note_is_no_difference_until_it_is_a_fault() -> None:
    """Figures stay valid after a note."""
    assert audit_differences((), (BREAKS,)) == ()
    (found,) = audit_differences((BREAKS,), (fault(Name.GRAPH_BREAKS, "1 graph break(s)", ""),))
    assert (found.quantity, found.base, found.worse) == ("audit: graph breaks", None, True)


def test_more_graph_breaks_are_worse() -> None:
    """Each costs a return to Python."""
    assert graph_differences(traced(0), traced(0)) == ()
    assert graph_differences(traced(0), traced(2)) == (Difference(quantity="graph breaks", base=0, head=2, worse=True),)
    assert graph_differences(traced(2), traced(1)) == (
        Difference(quantity="graph breaks", base=2, head=1, worse=False),
    )


def test_what_cannot_be_traced_any_more_is_worse_and_says_why() -> None:
    """It is a failure of this quantity alone; two failures are equal."""
    lost = Untraced(reason="RuntimeError: no")
    assert graph_differences(traced(3), lost) == (
        Difference(quantity="graph breaks", base=3, head="RuntimeError: no", worse=True),
    )
    assert graph_differences(lost, traced(3)) == (
        Difference(quantity="graph breaks", base="RuntimeError: no", head=3, worse=False),
    )
    assert graph_differences(lost, Untraced(reason="another")) == ()
