"""The table of implementations: names, look-up, additions, and what importing it costs."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import pytest

import attn_impls
from attn_impls import Family, Spec, builtin
from attn_impls.tables import HOSTS, SPECS

from .setups import SITES


def spec_named(name: str) -> Spec:
    """Describe a gate that passes through."""
    return Spec(name=name, family=Family.GATE, summary="passes through", factory="torch.nn:Identity")


def test_names_are_unique() -> None:
    """No row of either table hides another."""
    assert list(builtin().specs) == [spec.name for spec in SPECS]
    assert list(builtin().hosts) == [host.name for host in HOSTS]


def test_no_implementation_has_the_name_of_the_plain_host() -> None:
    """``none`` stays free: it names a backbone without attention."""
    assert "none" not in builtin().specs


@pytest.mark.parametrize("row", [*SPECS, *HOSTS], ids=lambda row: row.name)
def test_every_row_says_what_it_is(row: Spec) -> None:
    """A listing shows a summary for every implementation and every backbone."""
    assert row.summary.strip()


def test_a_taken_name_is_refused() -> None:
    """A plug-in cannot replace an implementation by accident."""
    with pytest.raises(ValueError, match=r"^the implementation name 'se' is taken; choose another$"):
        builtin().with_specs([spec_named("se")])


def test_a_name_given_twice_is_refused() -> None:
    """Nor can two rows of one plug-in have one name."""
    with pytest.raises(ValueError, match=r"^the implementation name 'mine' is taken; choose another$"):
        builtin().with_specs([spec_named("mine"), spec_named("mine")])


def test_additions_stand_after_the_others() -> None:
    """A plug-in's implementation is found beside the others, last."""
    added = spec_named("mine")
    registry = builtin().with_specs([added])
    assert registry.specs["mine"] == added
    assert list(registry.specs) == [*builtin().specs, "mine"]
    assert registry.hosts == builtin().hosts


def test_additions_leave_the_original_alone() -> None:
    """A registry does not change: adding makes another one."""
    builtin().with_specs([spec_named("mine")])
    assert "mine" not in builtin().specs


def test_tables_cannot_be_written_to() -> None:
    """Code that is handed a registry cannot change it for others."""
    with pytest.raises(TypeError, match="does not support item assignment"):
        builtin().specs["mine"] = spec_named("mine")  # type: ignore[index]


def test_two_versions_load_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy under another name builds from its own code alone, so that two versions can be compared."""
    shutil.copytree(Path(attn_impls.__file__).parent, tmp_path / "attn_impls_other")
    monkeypatch.syspath_prepend(tmp_path)
    other = importlib.import_module("attn_impls_other")
    for spec in other.builtin().specs.values():
        is_module = spec.family.value in {"gate", "branch"}
        if spec.family.value == "attention":
            built = spec.build_attention(other.Heads(heads=4, head_dim=8, kv_heads=2))
        elif spec.family.value == "mixer":
            built = spec.build(other.TokenSite(dim=32, heads=4, height=4, width=4))
        else:
            built = spec.build(SITES["grouped"]) if is_module else spec.build_op(-1)
        for each in built.modules():
            assert type(each).__module__.startswith(("attn_impls_other.", "torch.nn."))
