"""Promises of the epoch suite: which cases, on which data, and what a step does."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from attn_impls import builtin
from bench.errors import UsageError
from results.blocks import blocks_of
from results.records import Batches, Case, Direction, Mode, Part, Phase
from suites import epoch
from suites.prepare import Preparer
from suites.selection import Selection
from suites.steps import pipeline_of
from training.finding import FakeDataWarning, find

if TYPE_CHECKING:
    from pathlib import Path

    from attn_impls import Registry

#: Images in the made files.
IMAGES = {"train": 10, "t10k": 6}


@pytest.fixture(scope="module")
def known() -> Registry:
    """Return what comes with attnbench."""
    return builtin()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with a few images in the files of MNIST."""
    generator = np.random.default_rng(0)
    for part, count in IMAGES.items():
        for name, sizes in (("images-idx3", (0x0803, count, 28, 28)), ("labels-idx1", (0x0801, count))):
            content = generator.integers(10, size=sizes[1:], dtype=np.uint8)
            head = np.array(sizes, dtype=">u4").tobytes()
            (tmp_path / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(head + content.tobytes()))
    return tmp_path


def selection(data: Path | None, **chosen: object) -> Selection:
    """Return FeLU's network with SE on MNIST, two images a step."""
    known: dict[str, object] = {
        "implementations": ("se",),
        "hosts": ("felu_net",),
        "datasets": ("mnist",),
        "data": None if data is None else str(data),
        "recipe": "felu",
        "batch_sizes": (2,),
        "threads": 1,
    }
    return Selection(**(known | chosen))  # type: ignore[arg-type] # as the tests give them


def batches(case: Case) -> Batches:
    """Return what a case works on."""
    assert isinstance(case.input, Batches)
    return case.input


def test_each_network_has_three_parts_and_two_phases(known: Registry, data: Path) -> None:
    """A block a phase; its loader is one for all networks, and its first case the plain network's whole step."""
    cases = epoch.cases(selection(data), known)
    training, evaluation = blocks_of(cases)
    found = [(case.implementation, batches(case).part) for case in training.cases]
    assert found == [
        ("none", Part.BOTH),
        ("none", Part.COMPUTING),
        ("se", Part.BOTH),
        ("se", Part.COMPUTING),
        ("none", Part.LOADER),
    ]
    assert training.baseline == evaluation.baseline == 0
    first, second = batches(training.shared), batches(evaluation.shared)
    assert (first.phase, first.images, first.steps) == (Phase.TRAINING, 10, 5.0)
    assert (second.phase, second.images, second.steps) == (Phase.EVALUATION, 6, 3.0)
    assert (training.shared.direction, evaluation.shared.direction) == (Direction.FORWARD_BACKWARD, Direction.FORWARD)
    assert (first.shape, first.num_classes, first.recipe) == ((2, 1, 28, 28), 10, "felu")
    found_data = find("mnist", data)
    assert found_data is not None
    assert first.digest == found_data.digest()


def test_what_is_asked_for(known: Registry, data: Path) -> None:
    """One part of one phase, compiled; the batch is the recipe's where nobody chose it."""
    chosen = selection(
        data, phases=(Phase.EVALUATION,), parts=(Part.COMPUTING,), modes=(Mode.COMPILED,), batch_sizes=()
    )
    cases = epoch.cases(chosen, known)
    assert [(case.implementation, case.mode, case.input.batch) for case in cases] == [
        ("none", Mode.COMPILED, 128),
        ("se", Mode.COMPILED, 128),
    ]


def test_made_up_images_are_said(known: Registry, tmp_path: Path) -> None:
    """By a warning with the command that gets the real ones, and by every case."""
    with pytest.warns(FakeDataWarning) as caught:
        cases = epoch.cases(selection(tmp_path), known)
    (warned,) = caught
    get = f"attnbench data mnist --data {tmp_path} --download"
    assert str(warned.message) == f"mnist is not here: made-up images stand in for it; to get it: {get}"
    assert {batches(case).digest for case in cases} == {None}
    assert {batches(case).images for case in cases} == {60_000, 10_000}


def test_what_cannot_be(known: Registry, data: Path) -> None:
    """Classes that the data set does not have, and a download to nowhere."""
    with pytest.raises(UsageError) as caught:
        epoch.cases(selection(data, num_classes=12), known)
    assert str(caught.value) == "--num-classes 12: mnist has 10 classes; leave it out"
    with pytest.raises(UsageError) as caught:
        epoch.cases(selection(None, download=True), known)
    assert str(caught.value) == "--download needs a folder: --data DIR"


def steps_of(cases: list[Case], phase: Phase, part: Part, data: Path) -> list[torch.Tensor]:
    """Return what three steps of the plain network give."""
    (case,) = (
        each
        for each in cases
        if each.implementation == "none" and (batches(each).phase, batches(each).part) == (phase, part)
    )
    prepared = Preparer(data=str(data))(case)
    return [prepared.call() for _ in range(3)]  # type: ignore[union-attr,misc] # it is timed


def test_a_training_step_trains(known: Registry, data: Path) -> None:
    """On a batch that stays the loss changes with the weights; the same seeds give the same losses."""
    cases = epoch.cases(selection(data, recipe="psk"), known)
    losses = [float(loss) for loss in steps_of(cases, Phase.TRAINING, Part.COMPUTING, data)]
    assert len(set(losses)) == 3
    assert losses == [float(loss) for loss in steps_of(cases, Phase.TRAINING, Part.COMPUTING, data)]
    both = [float(loss) for loss in steps_of(cases, Phase.TRAINING, Part.BOTH, data)]
    assert both[0] == losses[0]
    assert both[1] != losses[1]


def test_an_evaluation_step_counts_what_is_right(known: Registry, data: Path) -> None:
    """Of two images, without a gradient."""
    cases = epoch.cases(selection(data), known)
    counts = steps_of(cases, Phase.EVALUATION, Part.BOTH, data)
    assert all(0 <= int(count) <= 2 and not count.requires_grad for count in counts)


def test_the_loader_gives_the_pipelines_batches(known: Registry, data: Path) -> None:
    """One after the other, and those of the next epoch after an epoch's last whole one."""
    cases = epoch.cases(selection(data, batch_sizes=(4,)), known)
    loaded = steps_of(cases, Phase.EVALUATION, Part.LOADER, data)
    pipeline = pipeline_of(batches(cases[-1]), data)
    assert (pipeline.steps, pipeline.full_steps) == (2, 1)
    for images, labels in loaded:
        assert torch.equal(images, pipeline.batch(0, 0)[0])
        assert torch.equal(labels, pipeline.batch(0, 0)[1])


def test_other_data_than_planned_are_refused(known: Registry, data: Path) -> None:
    """In the process that measures too."""
    case = epoch.cases(selection(data), known)[0]
    other = replace(case, input=replace(batches(case), digest="0123"))
    with pytest.raises(UsageError, match=r"^mnist had the digest 0123 when the run was planned, and here is "):
        Preparer(data=str(data))(other)


def test_channels_last(known: Registry, data: Path) -> None:
    """Images come in the layout that was chosen."""
    cases = epoch.cases(selection(data, memory_format="channels_last", hosts=("mobilenet_v3_small",)), known)
    (images, _), *_ = steps_of(cases, Phase.TRAINING, Part.LOADER, data)
    assert images.shape == (2, 3, 32, 32)
    assert images.is_contiguous(memory_format=torch.channels_last)
