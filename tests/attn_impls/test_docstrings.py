"""What stands in the docstrings of implementations: their sources."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from attn_impls import Family, builtin
from attn_impls.spec import resolve

if TYPE_CHECKING:
    from attn_impls import Spec

ATTENTIONS = [spec for spec in builtin().specs.values() if spec.family in {Family.GATE, Family.BRANCH}]
#: Where the authors' code is that an implementation is compared with in its docstring.
OFFICIAL = {
    "se": "hujie-frank/SENet",
    "cbam": "Jongchan/attention-module",
    "bam": "Jongchan/attention-module",
    "eca": "BangguWu/ECANet",
    "nam/channel": "Christian-lyc/NAM",
    "triplet": "landskape-ai/triplet-attention",
    "coordinate": "houqb/CoordAttention",
    "gct": "z-x-yang/GCT",
    "ge/theta": "hujie-frank/GENet",
    "global_context": "xvjiarui/GCNet",
    "simam": "ZjjConan/SimAM",
    "srm": "hyunjaelee410/style-based-recalibration-module",
    "sk/official": "implus/SKNet",
    "split/official": "zhanghang1989/ResNeSt",
    "psk": "mengzhu0308/PSK-Attention",
}


def docstrings(spec: Spec) -> str:
    """Return the docstrings of an implementation and of the file that it stands in."""
    factory = resolve(spec.factory)
    return f"{sys.modules[factory.__module__].__doc__} {factory.__doc__}"


@pytest.mark.parametrize("spec", ATTENTIONS, ids=lambda spec: spec.name)
def test_a_docstring_names_the_paper(spec: Spec) -> None:
    """What the table of implementations has as the paper stands in the source, too."""
    assert spec.paper
    assert spec.paper in docstrings(spec)


@pytest.mark.parametrize(("name", "code"), OFFICIAL.items())
def test_a_docstring_names_the_official_code(name: str, code: str) -> None:
    """Whoever wants to compare finds the repository."""
    assert code in " ".join(docstrings(builtin().specs[name]).split())


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("bam", "The official code pools windows of H x H"),
        ("bam", "The official code multiplies"),
        ("nam/channel", "the official code gives NaN there"),
        ("simam", "where the code gives NaN"),
        ("srm", "where the code gives NaN"),
        ("gct", "which the official code does not do"),
        ("eca", "has k = 3 for all channels"),
        ("psk", "takes k x k and (k + 2) x (k + 2)"),
    ],
)
def test_a_docstring_says_where_it_differs(name: str, difference: str) -> None:
    """A difference from the official code is deliberate, and said."""
    assert difference in " ".join(docstrings(builtin().specs[name]).split())
