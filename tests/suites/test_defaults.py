"""Which implementations a suite measures where the user does not choose: one rule for all suites."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from attn_impls import Origin, builtin, plugins
from suites import choices
from suites.catalog import QUESTIONS
from suites.request import Request, plan
from suites.selection import added

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attn_impls import Registry

SOURCE = '''
    import torch
    from attn_impls import gate, normalizer

    @gate("{0}/gate")
    class Gate(torch.nn.Identity):
        """Passes through."""

    @normalizer("{0}/normalizer")
    class Normalizer(torch.nn.Softmax):
        """Is a softmax."""
'''
BROUGHT = ("installed/gate", "installed/normalizer", "plugin/gate", "plugin/normalizer")
PLUGIN_GATE, PLUGIN_NORMALIZER = BROUGHT[2:]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Return the registry of a user who has a package with a gate and a normaliser, and names a plug-in with two."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "package_with_defaults.py").write_text(dedent(SOURCE.format("installed")))
    (folder / "plugin.py").write_text(dedent(SOURCE.format("plugin")))
    metadata = folder / "package_with_defaults-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: package_with_defaults\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{plugins.GROUP}]\nmine = package_with_defaults\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield plugins.load(plugins.with_installed(builtin()), (str(folder / "plugin.py"),))


@pytest.mark.parametrize(
    ("suite", "measured"),
    [
        ("complexity", {PLUGIN_GATE}),
        ("latency", {PLUGIN_GATE, PLUGIN_NORMALIZER}),
        ("memory", {PLUGIN_GATE, PLUGIN_NORMALIZER}),
        ("marginal", {PLUGIN_GATE}),
        ("epoch", {PLUGIN_GATE}),
        ("train", {PLUGIN_GATE}),
        ("pareto", {PLUGIN_GATE}),
        ("operators", {PLUGIN_NORMALIZER}),
        ("overflow", {PLUGIN_GATE, PLUGIN_NORMALIZER}),
        ("accuracy", {PLUGIN_GATE, PLUGIN_NORMALIZER}),
    ],
)
def test_what_plugins_bring_joins_and_what_is_installed_does_not(
    known: Registry, monkeypatch: pytest.MonkeyPatch, suite: str, measured: set[str]
) -> None:
    """A suite measures by default what a plug-in brings of the families that it can measure; by name, all of these."""
    monkeypatch.setattr(choices, "registry", lambda _: known)
    request = Request(suites=(suite,), devices=("cpu",), logits=("4x10",) if suite == "operators" else ())
    _, cases, _ = plan(request)
    assert {case.implementation for case in cases}.intersection(BROUGHT) == measured
    _, chosen, _ = plan(Request(suites=(suite,), devices=("cpu",), impls=BROUGHT, logits=request.logits))
    families = {name.partition("/")[2] for name in measured}
    expected = {name for name in BROUGHT if name.partition("/")[2] in families}
    assert {case.implementation for case in chosen}.intersection(BROUGHT) == expected


def test_every_suite_is_asked_above() -> None:
    """A new suite needs a line there."""
    (marker,) = (each for each in vars(test_what_plugins_bring_joins_and_what_is_installed_does_not)["pytestmark"])
    assert {suite for suite, _ in marker.args[1]} == set(QUESTIONS)


def test_rows_say_where_they_come_from(known: Registry) -> None:
    """Ours, what is installed, and what a plug-in brings are told apart without a look at names."""
    assert {spec.origin for spec in builtin().specs.values()} == {Origin.OURS}
    assert {host.origin for host in builtin().hosts.values()} == {Origin.OURS}
    assert [known.specs[name].origin for name in BROUGHT] == [Origin.INSTALLED] * 2 + [Origin.PLUGIN] * 2


def test_a_package_that_is_named_is_a_plugin(known: Registry) -> None:
    """Who names an installed package with --plugin wants to see it; its place in the registry stays."""
    named = plugins.load(known, ("package_with_defaults",))
    assert added(known) == BROUGHT[2:]
    assert added(named) == BROUGHT
    assert list(named.specs) == list(known.specs)


def test_what_an_adapter_brings_is_asked_for_too() -> None:
    """It joins the defaults as a plug-in does, and is told apart from one."""
    pytest.importorskip("timm")
    known = plugins.load(builtin(), ("timm",))
    assert {known.specs[name].origin for name in added(known)} == {Origin.ADAPTER}
    assert "timm/se" in added(known)
    assert known.host("timm:resnet18").origin == Origin.ADAPTER
