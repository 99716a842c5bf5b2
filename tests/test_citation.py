"""CITATION.cff: valid, and of this version."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
#: What the Citation File Format 1.2.0 demands, and of what else there is what this file has.
REQUIRED = {"cff-version", "message", "title", "authors"}
OPTIONAL = {"type", "abstract", "version", "license", "keywords"}


def citation() -> dict[str, Any]:
    """Return what the file says."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return found


def test_it_has_what_the_format_demands_and_no_other_field() -> None:
    """Every field is one of format 1.2.0, and a text where it is to be one: YAML makes numbers of some."""
    found = citation()
    assert REQUIRED <= found.keys() <= REQUIRED | OPTIONAL
    assert found["cff-version"] == "1.2.0"
    assert all(isinstance(found[name], str) for name in found.keys() - {"authors", "keywords"})
    # An author without a given name is an entity, which has a name alone.
    assert [author.keys() for author in found["authors"]] == [{"name"}]
    assert all(isinstance(word, str) for word in found["keywords"])


def test_it_is_of_this_version_and_license() -> None:
    """What is cited is what is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = citation()
    assert {name: found[name] for name in ("version", "license", "keywords")} == {
        name: project[name] for name in ("version", "license", "keywords")
    }
