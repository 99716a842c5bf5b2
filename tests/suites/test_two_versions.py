"""Another version of attn_impls beside this one: the suites build and measure what it has, not what this one has."""

from __future__ import annotations

import ast
import importlib
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from msgspec.structs import replace
from torch import Tensor

import attn_impls
import suites
from attn_impls import Registry, audit, builtin, options, penalties, plugins
from bench.complexity.counter import count_all
from bench.prepared import Counted, Timed
from results.records import Case, Direction, FeatureMap, Images, Logits, Subject
from suites import complexity, latency, logits, overflow
from suites.build import build_module
from suites.call import build_call
from suites.catalog import SUITES
from suites.papers import rules
from suites.selection import Selection, as_it_is_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from attn_impls import HostSpec, Spec

MAP = Case(suite="latency", implementation="se", source="", input=FeatureMap(batch=2, channels=32, height=8, width=8))
ROWS = replace(MAP, input=Logits(shape=(2, 3, 8), dim=1))
NETWORK = replace(
    MAP,
    host="mobilenet_v3_small",
    slot="after_spatial",
    input=Images(batch=2, channels=3, height=32, width=32, num_classes=10),
)
CASES = {
    "gate": MAP,
    "sized gate": replace(MAP, implementation="ge/theta"),
    "branch": replace(MAP, implementation="psk"),
    "branch with a normaliser": replace(MAP, implementation="sk/official:normalizer=softmax/log_n:scale=2"),
    "normaliser": replace(ROWS, implementation="softmax_one"),
    "activation": replace(ROWS, implementation="plu"),
    "fused kernel": replace(ROWS, implementation="hard_softmax/fused"),
    "network": NETWORK,
    "network with a branch": replace(NETWORK, implementation="sk/hard_softmax", slot="spatial_conv"),
    "plain network": replace(NETWORK, implementation="none", slot=None),
}
SELECTION = Selection(
    implementations=("se", "ge/theta", "psk", "sk/softmax:normalizer=sparsemax", "softmax", "softmax_one", "plu"),
    hosts=("resnext50_16x4d", "sknet26", "felu_net", "none"),
    batch_sizes=(2,),
    dtypes=("float16",),
    shapes=(((4, 10), 1),),
)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Return a copy of the package, imported under another name; its files may be changed by the last test alone."""
    folder = tmp_path_factory.mktemp("versions")
    name = "attn_impls_of_another_version"
    shutil.copytree(Path(attn_impls.__file__).parent, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        for module in ("audit", "penalties", "gates.nam", "kernels.modules"):
            importlib.import_module(f"{name}.{module}")
        yield sys.modules[name]


@pytest.fixture
def both(other: ModuleType) -> tuple[Registry, Registry]:
    """Return the registry of this version, and of the other."""
    return builtin(), other.builtin()


def module_of(part: object) -> str:
    return type(part).__module__.partition(".")[0]


@pytest.mark.parametrize("name", CASES)
def test_modules_are_its_own_and_the_same(other: ModuleType, both: tuple[Registry, Registry], name: str) -> None:
    """Of every family and in networks: parameters and outputs are equal, and no class is this version's."""
    case = CASES[name]
    ours, theirs = (build_module(case, registry) for registry in both)
    assert theirs.state_dict().keys() == ours.state_dict().keys()
    assert all(torch.equal(value, ours.state_dict()[key]) for key, value in theirs.state_dict().items())
    assert [type(part).__name__ for part in theirs.modules()] == [type(part).__name__ for part in ours.modules()]
    assert "attn_impls" not in {module_of(part) for part in theirs.modules()}
    assert other.__name__ not in {module_of(part) for part in ours.modules()}
    (x,) = case.input.draw(case.dtype, case.device)
    assert torch.equal(theirs.eval()(x), ours.eval()(x))


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.FORWARD_BACKWARD], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_what_is_timed_gives_the_same(both: tuple[Registry, Registry], name: str, direction: Direction) -> None:
    """The calls of both give equal outputs, and equal gradients."""
    results = []
    for registry in both:
        prepared = latency.prepare(replace(CASES[name], direction=direction), registry)
        assert isinstance(prepared, Timed)
        results.append(prepared.call())
    ours, theirs = ((each,) if isinstance(each, Tensor) else each for each in results)
    assert isinstance(ours, tuple)
    assert isinstance(theirs, tuple)
    assert len(ours) == len(theirs) > 0
    for mine, its in zip(ours, theirs, strict=True):
        assert (mine is None and its is None) or torch.equal(mine, its)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.subject is not Subject.OP])
def test_counts_are_the_same(both: tuple[Registry, Registry], name: str) -> None:
    """By every rule of the complexity suite, and by the papers' rule that counts every normaliser as a softmax."""
    case = replace(CASES[name], input=CASES[name].input.with_batch(1))
    counted, judged = [], []
    for registry in both:
        prepared = complexity.prepare(case, registry)
        assert isinstance(prepared, Counted)
        found = count_all(prepared.module, prepared.inputs, prepared.counters)
        counted.append((found.parameters, [(count.rule, count.total) for count in found.counts]))
        with torch.no_grad():
            judged.append(rules.operations(prepared.module, prepared.inputs[0], registry))
    assert counted[0] == counted[1]
    assert judged[0] == judged[1]
    assert judged[0][rules.MACS] > 0


@pytest.mark.parametrize("suite", SUITES)
def test_its_cases_are_the_same(both: tuple[Registry, Registry], suite: str) -> None:
    """Of every suite: families, slots, options and digests of sources are equal where the sources are."""
    ours, theirs = (SUITES[suite].cases(SELECTION, registry) for registry in both)
    assert ours
    assert theirs == ours
    defaults = [SUITES[suite].defaults(registry) for registry in both]
    assert defaults[0] == defaults[1]


@pytest.mark.parametrize("name", ["normaliser", "activation"])
def test_its_weights_are_judged_by_their_family(both: tuple[Registry, Registry], name: str) -> None:
    """A normaliser's are held to their sum, an activation's to none."""
    ours, theirs = (
        overflow.prepare(replace(CASES[name], input=Logits(shape=(1, 2), dim=1)), registry) for registry in both
    )
    assert theirs.sums == ours.sums


def test_a_fused_kernel_of_its_that_cannot_be_had_is_refused(
    other: ModuleType, both: tuple[Registry, Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in for it is not measured under its name."""
    monkeypatch.setattr(other.kernels.modules, "implementation", lambda _: "plain PyTorch: no compiler")
    case = CASES["fused kernel"]
    with pytest.raises(other.kernels.building.BuildError, match="no fused kernels on cpu"):
        build_call(case, both[1])
    with pytest.raises(other.kernels.building.BuildError, match="no fused kernels on cpu"):
        logits.function(case, both[1], "float32")
    build_call(case, both[0])


@pytest.mark.parametrize("attention", ["se", "psk", "plu", None])
def test_a_host_takes_what_the_other_version_brings(both: tuple[Registry, Registry], attention: str | None) -> None:
    """In the slot of its family, in either direction; what does not fit is refused."""
    name = "felu_net" if attention == "plu" else "mobilenet_v3_small"
    ours, theirs = both

    def output(host: HostSpec, spec: Spec | None) -> Tensor:
        torch.manual_seed(0)
        network = host.build(spec, num_classes=10).eval()
        return network(torch.ones(1, host.in_channels, host.image_size, host.image_size))  # type: ignore[no-any-return]

    def found(registry: Registry) -> Spec | None:
        return None if attention is None else registry.find(attention)

    expected = output(ours.host(name), found(ours))
    assert torch.equal(output(ours.host(name), found(theirs)), expected)
    assert torch.equal(output(theirs.host(name), found(ours)), expected)
    with pytest.raises(ValueError, match="does not fit slot"):
        ours.host(name).build(theirs.find("softmax"))


@pytest.mark.parametrize("name", ["softmax_one", "plu", "se", "ge/theta", "sk/softmax"])
def test_it_is_audited_as_ours_is(both: tuple[Registry, Registry], name: str) -> None:
    """The same places, the same findings; an unknown option is refused in the same words."""
    ours, theirs = (registry.find(name) for registry in both)
    assert audit.audit(theirs, compile=False) == audit.audit(ours, compile=False)
    refusals = []
    for spec in (ours, theirs):
        with pytest.raises(ValueError, match="unknown option 'colour'") as caught:
            options.check(spec.with_options({"colour": "red"}))
        refusals.append(str(caught.value))
    assert refusals[0] == refusals[1]


def test_findings_of_its_audit_are_understood(other: ModuleType) -> None:
    """A fault that it finds is a fault to this version."""
    fault = other.audit.findings.fault(other.audit.Name.BUILD, "seen", "mend")
    missing = other.audit.findings.note(other.audit.Name.NOT_INSTALLED, "seen", "install")
    assert audit.verdict([fault]) == "not fit"
    assert audit.verdict([missing]) == "not installed"


def test_what_is_described_by_its_decorators_is_found(other: ModuleType, tmp_path: Path) -> None:
    """A plug-in may be written against either version: a gate is a gate and a backbone is a backbone to both."""
    plugin = tmp_path / "described.py"
    plugin.write_text(
        f"import torch\nfrom {other.__name__} import Family, HostSpec, Spec, gate\n"
        "@gate('theirs/gate')\nclass Gate(torch.nn.Identity): ...\n"
        "SPEC = Spec(name='theirs/softmax', family=Family.NORMALIZER, summary='', factory='torch.nn:Softmax')\n"
        "def build(placement, num_classes, image_size): return torch.nn.Identity()\n"
        "HOST = HostSpec(name='theirs', summary='', factory=build, slots={'here': Family.GATE})\n"
    )
    known = plugins.load(builtin(), (str(plugin),))
    assert list(known.specs)[-2:] == ["theirs/gate", "theirs/softmax"]
    assert list(known.hosts)[-1] == "theirs"
    assert known.hosts["theirs"].default_slot(known.specs["theirs/gate"].family) == "here"
    assert SUITES["overflow"].defaults(known).implementations == (
        *(SUITES["overflow"].defaults(builtin()).implementations or ()),
        "theirs/gate",
        "theirs/softmax",
    )


def test_the_penalty_finds_its_modules(other: ModuleType) -> None:
    """NAM's scales count, whichever version built them."""
    module = sys.modules[f"{other.__name__}.gates.nam"].NAM(4, height=2, width=3)
    # Four scales of the channel part, six of the spatial part; each is 1 at first.
    assert penalties.nam_penalty(module, 1.0).item() == 10


@pytest.mark.parametrize(
    "folder", [Path(attn_impls.__file__).parent, Path(suites.__file__).parent], ids=lambda f: f.name
)
def test_nothing_of_one_version_alone_is_asked_for(folder: Path) -> None:
    """Members of enumerations are compared by value, and classes of rows and of places are no question."""
    enumerations = {"Family", "Origin", "Severity", "Verdict", "Name"}
    classes = {"Spec", "HostSpec", "Site", "Placement", "Registry", "Family", "Origin", "Row"}
    found = []
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Compare(ops=ops, comparators=comparators):
                    identity = any(isinstance(op, ast.Is | ast.IsNot) for op in ops)
                    asked = {ast.unparse(each).partition(".")[0] for each in comparators} if identity else set()
                    found += [f"{file.name}:{node.lineno}"] * bool(asked & enumerations)
                case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                    asked = {each.id for each in ast.walk(kind) if isinstance(each, ast.Name)}
                    found += [f"{file.name}:{node.lineno}"] * bool(asked & classes)
                case ast.MatchClass(cls=ast.Name(id=name)):
                    found += [f"{file.name}:{node.lineno}"] * (name in classes)
    assert found == []


def test_a_change_of_it_is_seen(other: ModuleType, both: tuple[Registry, Registry]) -> None:
    """Its digest is that of its own source: a changed implementation is another case, a network with it too."""
    assert other.__file__ is not None
    before = [as_it_is_now(case, registry).source for registry in both for case in (MAP, NETWORK)]
    file = Path(other.__file__).parent / "gates" / "squeeze_excite.py"
    file.write_text(file.read_text() + "# changed\n")
    ours, in_ours, theirs, in_theirs = (
        as_it_is_now(case, registry).source for registry in both for case in (MAP, NETWORK)
    )
    assert [ours, in_ours] == before[:2] == before[2:]
    assert theirs != ours
    assert in_theirs != in_ours
