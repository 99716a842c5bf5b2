"""Names that users write -> names that exist, or one line that says what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls import Family, Spec, builtin
from bench.errors import UsageError
from results.records import Direction, Timing
from suites import choices
from suites.catalog import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KNOWN = builtin()
ALL_SUITES = ", ".join(QUESTIONS)
MINE = Spec(name="mine", family=Family.GATE, summary="passes through", factory="torch.nn:Identity")


@pytest.fixture
def has_gpus(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return what makes torch see so many CUDA devices, on a machine with any number of them."""

    def see(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return see


def test_without_a_pattern_the_papers_variants_are_chosen() -> None:
    """A newcomer sees the paper's attentions, PSK as its text has it, and no logit functions."""
    assert choices.implementations([], KNOWN) == (
        "se:reduction=4",
        "se/hard_sigmoid:reduction=4",
        "sk/softmax",
        "sk/hard_softmax",
        "split/softmax",
        "split/hard_softmax",
        "psk",
        "psk/standard_1x1",
    )


def test_without_a_pattern_plugins_are_chosen_too() -> None:
    """Whoever names a plug-in wants to see it."""
    chosen = choices.implementations([], KNOWN.with_specs([MINE]))
    assert chosen == (*choices.implementations([], KNOWN), "mine")


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        (["se"], ("se",)),
        (["sk/*"], ("sk/softmax", "sk/hard_softmax", "sk/official")),
        (["psk", "se"], ("se", "psk")),
        (["se*", "se"], ("se", "se/hard_sigmoid")),
        (["s[ek]"], ("se",)),
        (["none"], ()),
        (["none", "se"], ("se",)),
        (["psk", "se:reduction=4", "se"], ("se:reduction=4", "se", "psk")),
        (["se:reduction=4,excitation=tanh"], ("se:excitation=tanh,reduction=4",)),
        (
            ["s[kp]*/softmax:normalizer=sparsemax"],
            ("sk/softmax:normalizer=sparsemax", "split/softmax:normalizer=sparsemax"),
        ),
    ],
)
def test_implementations(patterns: list[str], chosen: tuple[str, ...]) -> None:
    """Names and globs, with options or without, in the registry's order, none twice; ``none`` adds nothing."""
    assert choices.implementations(patterns, KNOWN) == chosen


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], ("complexity", "latency")),
        (["latency"], ("latency",)),
        (["latency", "complexity"], ("complexity", "latency")),
    ],
)
def test_suites(names: list[str], chosen: tuple[str, ...]) -> None:
    """Those named, in the catalog's order; complexity and latency by default."""
    assert choices.suites(names) == chosen


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], ("resnext50_16x4d", "mobilenet_v3_small")),
        (["mobilenet_v3_small", "resnext50_16x4d"], ("mobilenet_v3_small", "resnext50_16x4d")),
        (["none"], ("none",)),
        (["none", "none"], ("none",)),
    ],
)
def test_hosts(names: list[str], chosen: tuple[str, ...]) -> None:
    """Those named, in the order given, none twice; the PSK paper's by default; ``none`` is the attention alone."""
    assert choices.hosts(names, KNOWN) == chosen


@pytest.mark.parametrize(
    ("names", "chosen"),
    [([], ("float32",)), (["bfloat16", "float64"], ("bfloat16", "float64")), (["float16"] * 2, ("float16",))],
)
def test_dtypes(names: list[str], chosen: tuple[str, ...]) -> None:
    """Those named, in the order given, none twice; float32 by default."""
    assert choices.dtypes(names) == chosen


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], (Direction.FORWARD, Direction.BACKWARD, Direction.FORWARD_BACKWARD)),
        (["backward"], (Direction.BACKWARD,)),
        (["both"], (Direction.FORWARD_BACKWARD,)),
        (["forward+backward", "both", "forward"], (Direction.FORWARD_BACKWARD, Direction.FORWARD)),
    ],
)
def test_directions(names: list[str], chosen: tuple[Direction, ...]) -> None:
    """Those named, in the order given; all by default; ``both`` is what tables call forward+backward."""
    assert choices.directions(names) == chosen


@pytest.mark.parametrize(
    ("gpus", "names", "chosen"),
    [
        (0, [], ("cpu",)),
        (1, [], ("cuda:0",)),
        (2, ["cpu", "cuda", "cuda:1"], ("cpu", "cuda:0", "cuda:1")),
        (1, ["cuda", "cuda:0"], ("cuda:0",)),
    ],
)
def test_devices(has_gpus: Callable[[int], None], gpus: int, names: list[str], chosen: tuple[str, ...]) -> None:
    """Those named, ``cuda`` as ``cuda:0``; by default a GPU if there is one."""
    has_gpus(gpus)
    assert choices.devices(names) == chosen


@pytest.mark.parametrize(
    ("sizes", "on", "chosen"),
    [
        ([32, 1, 8, 8], ["cpu"], (1, 8, 32)),
        ([], ["cpu"], (4,)),
        ([], ["cuda:0"], (32,)),
        ([], ["cuda:0", "cpu"], (4,)),
    ],
)
def test_batch_sizes(sizes: list[int], on: list[str], chosen: tuple[int, ...]) -> None:
    """Those named, smallest first; by default as many images as the slowest device can bear."""
    assert choices.batch_sizes(sizes, on) == chosen


def refusal(choose: Callable[[], object]) -> str:
    """Return the message of the usage error, which must be one line."""
    with pytest.raises(UsageError) as caught:
        choose()
    message = str(caught.value)
    assert "\n" not in message
    return message


#: What is said -> what was asked for.
REFUSED: dict[str, Callable[[], object]] = {
    f"unknown suite 'latancy'; did you mean 'latency'? choose from {ALL_SUITES}": (lambda: choices.suites(["latancy"])),
    f"unknown suite 'speed'; choose from {ALL_SUITES}": lambda: choices.suites(["speed"]),
    "unknown implementation 'sk/sofmax'; did you mean 'sk/softmax'? All: attnbench list": (
        lambda: choices.implementations(["se", "sk/sofmax"], KNOWN)
    ),
    "unknown implementation 'zz*'; what attnbench does not have comes with --plugin FILE.py. All: attnbench list": (
        lambda: choices.implementations(["zz*"], KNOWN)
    ),
    "unknown implementation 'SE'; did you mean 'se'? All: attnbench list": (
        lambda: choices.implementations(["SE"], KNOWN)
    ),
    "unknown implementation 'timm/se'; add --plugin timm, which brings timm/*": (
        lambda: choices.implementations(["timm/se"], KNOWN)
    ),
    "unknown implementation 'torchvision/*'; add --plugin timm, which brings torchvision/*": (
        lambda: choices.implementations(["torchvision/*"], KNOWN)
    ),
    "unknown backbone 'resnext50_16x4'; did you mean 'resnext50_16x4d'? All: attnbench list": (
        lambda: choices.hosts(["resnext50_16x4"], KNOWN)
    ),
    "unknown backbone 'zfnet9000'; one of timm's is called timm:NAME, and others come with --plugin FILE.py. "
    "All: attnbench list": lambda: choices.hosts(["zfnet9000"], KNOWN),
    "unknown backbone 'ResNet50'; did you mean 'resnet50'? All: attnbench list": (
        lambda: choices.hosts(["ResNet50"], KNOWN)
    ),
    "se:reduction: 'reduction' is not an option; write name=value": (
        lambda: choices.implementations(["se:reduction"], KNOWN)
    ),
    "unknown slot 'inside' of 'resnet50'; choose from block_output, pre, post, identity, stage_output, spatial_conv, "
    "after_spatial": lambda: choices.slots(["inside"], ["resnet50"], KNOWN),
    "unknown stage '6' of 'resnet50'; its stages: 2, 3, 4, 5": (
        lambda: choices.slots(["block_output@6"], ["resnet50"], KNOWN)
    ),
    "unknown dtype 'fp12'; choose from float32, bfloat16, float16, float64": lambda: choices.dtypes(["fp12"]),
    "unknown direction 'sideways'; choose from forward, backward, both, forward+backward": (
        lambda: choices.directions(["forward", "sideways"])
    ),
    "unknown device 'gpu'; did you mean 'cuda'? choose from cpu, cuda, cuda:N": lambda: choices.devices(["gpu"]),
    "unknown device 'cpu:1'; did you mean 'cpu'? choose from cpu, cuda, cuda:N": lambda: choices.devices(["cpu:1"]),
    "unknown device 'tpu:first'; choose from cpu, cuda, cuda:N": lambda: choices.devices(["tpu:first"]),
    "batch size 0 is not possible; give a whole number from 1 to 1000000": lambda: choices.batch_sizes([8, 0], ["cpu"]),
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_wrong_name_is_refused(message: str) -> None:
    """The message names what was given, the closest that exists, and what could have been given."""
    assert refusal(REFUSED[message]) == message


@pytest.mark.parametrize(
    ("gpus", "name", "message"),
    [
        (0, "cuda", "device 'cuda' is not there: torch sees no CUDA device on this machine; use --device cpu"),
        (0, "cuda:1", "device 'cuda:1' is not there: torch sees no CUDA device on this machine; use --device cpu"),
        (1, "cuda:1", "device 'cuda:1' is not there: torch sees 1 CUDA device on this machine; use --device cuda:0"),
        (2, "cuda:5", "device 'cuda:5' is not there: torch sees 2 CUDA devices on this machine; use --device cuda:0"),
    ],
)
def test_a_device_that_is_not_there_is_refused(
    has_gpus: Callable[[int], None], gpus: int, name: str, message: str
) -> None:
    """The message says how many there are, and what to write instead."""
    has_gpus(gpus)
    assert refusal(lambda: choices.devices([name])) == message


def test_slots_without_a_network_are_refused() -> None:
    """They would be without effect."""
    with pytest.raises(UsageError) as caught:
        choices.slots(["block_output"], ["none"], KNOWN)
    assert str(caught.value) == (
        "--slot block_output: an attention alone has no slots; leave it out, or name a network with --host"
    )
    assert choices.slots(["block_output"], ["none", "resnet18"], KNOWN) == ("block_output",)


def test_what_a_plugin_prints_is_no_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to stderr: attnbench list --json writes JSON, whatever a plug-in prints."""
    file = tmp_path / "talks.py"
    file.write_text(
        "import torch, attn_impls\nprint('hello')\n@attn_impls.gate('talks')\nclass Talks(torch.nn.Identity): ...\n"
    )
    assert "talks" in choices.registry([str(file)]).specs
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("se:", "'se:' has no options; leave out the colon, or write se:NAME=VALUE"),
        ("se:reduction=0", "reduction=0: 'se' takes a whole number from 1 there"),
        ("cbam:reduction=-4", "reduction=-4: 'cbam' takes a whole number from 1 there"),
    ],
)
def test_options_that_mean_nothing_are_refused(name: str, words: str) -> None:
    """In one line, before anything is planned."""
    with pytest.raises(UsageError) as refused:
        choices.implementations([name], KNOWN)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_device_number_of_many_digits_is_no_device() -> None:
    """Python would not even read it."""
    with pytest.raises(UsageError, match=r"choose from cpu, cuda, cuda:N"):
        choices.devices([f"cuda:{'9' * 5000}"])


def test_cold_caches_are_for_cuda() -> None:
    """On a CPU alone nothing empties them; beside a GPU the CPU's cases stay hot."""
    with pytest.raises(UsageError, match=r"^--timing cold is for CUDA; leave it out, or choose --device cuda$"):
        choices.refuse_timing(Timing.COLD, ["cpu"])
    choices.refuse_timing(Timing.COLD, ["cuda:0", "cpu"])
    choices.refuse_timing(Timing.HOT, ["cpu"])
