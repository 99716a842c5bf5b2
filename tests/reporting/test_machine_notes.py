from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.details import latency_details
from reporting.machine_notes import machine_notes, precision_notes
from reporting.marginal_tables import marginal_tables
from results.records import Direction, Logits, NoiseFloor, Subject, Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Environment, Measured, Run

FLOOR = NoiseFloor(
    relative=0.0137,
    pairs=40,
    seconds_per_call=0.002,
    builds=6,
    device="cpu",
    timing=Timing.HOT,
    subject=Subject.NETWORK,
    equals="convolutions",
)
ON_CPU = (
    "Noise floor of cpu before the run: ± 1.4% (A/A: 95% of the ratios of 6 equal convolutions, each built on its own, "
    "2.00 ms a call, 40 rounds)."
)


def test_the_noise_floor_stands_under_its_own_tables(
    host: Case, make_run: Callable[..., Run], make_measured: Callable[..., Measured]
) -> None:
    """Once under those of its device and timing, whatever their direction; a run without one says nothing."""
    forward, backward = (replace(host, direction=each) for each in (Direction.FORWARD, Direction.BACKWARD))
    on_gpu = replace(host, device="cuda:0", threads=None)
    for cases, notes in (
        ((forward,), (ON_CPU,)),
        ((backward,), (ON_CPU,)),
        ((forward, backward, on_gpu), (ON_CPU,)),
        ((on_gpu,), ()),
    ):
        run = make_run(*(make_measured(case, 1.0) for case in cases))
        (table,) = latency_details(replace(run, noise_floors=(FLOOR,)))
        assert table.document_notes == notes
        (without,) = latency_details(run)
        assert without.document_notes == ()


def test_a_timing_has_its_own_floor(
    host: Case, make_run: Callable[..., Run], make_measured: Callable[..., Measured]
) -> None:
    """A cold cache is noisier or quieter than a hot one; the note says which it is of."""
    hot, cold = (replace(host, device="cuda:0", timing=timing) for timing in (Timing.HOT, Timing.COLD))
    floors = (replace(FLOOR, device="cuda:0"), replace(FLOOR, device="cuda:0", timing=Timing.COLD, relative=0.05))
    run = replace(make_run(make_measured(hot, 1.0), make_measured(cold, 1.0)), noise_floors=floors)
    (of_hot,), (of_cold,) = machine_notes(run, hot), machine_notes(run, cold)
    assert of_hot.startswith("Noise floor of cuda:0 before the run: ± 1.4%")
    assert of_cold.startswith("Noise floor of cuda:0, cold L2 cache before the run: ± 5.0%")


@pytest.mark.parametrize(
    ("convolutions", "products", "note"),
    [
        ("tf32", "ieee", "float32 convolutions in TF32, products in full float32, as PyTorch's default."),
        ("ieee", "ieee", "float32 convolutions in full float32, products in full float32."),
        ("tf32", "tf32", "float32 convolutions in TF32, products in TF32."),
    ],
)
def test_how_float32_is_computed_is_said(
    gpu_environment: Environment, host: Case, convolutions: str, products: str, note: str
) -> None:
    """TF32 is PyTorch's default and no float32: who compares GPUs, or dtypes, must know."""
    here = replace(gpu_environment, float32_convolutions=convolutions, float32_products=products)
    assert precision_notes(here, replace(host, device="cuda:0")) == (note,)


def test_nothing_is_said_where_it_does_not_matter(gpu_environment: Environment, host: Case) -> None:
    """The CPU, other dtypes, functions that have neither; and runs that did not record it."""
    here = replace(gpu_environment, float32_convolutions="tf32", float32_products="ieee")
    cuda = replace(host, device="cuda:0")
    others = (host, replace(cuda, dtype="float16"), replace(cuda, input=Logits(shape=(1, 2), dim=1)))
    assert [precision_notes(here, case) for case in others] == [(), (), ()]
    assert precision_notes(gpu_environment, cuda) == ()


def test_tables_of_costs_have_the_notes_too(
    host: Case,
    gpu_environment: Environment,
    make_run: Callable[..., Run],
    make_measured: Callable[..., Measured],
) -> None:
    """Differences of times are as noisy as times, and as precise."""
    plain = replace(host, device="cuda:0", threads=None)
    attended = replace(plain, implementation="se", slot="block_output")
    here = replace(gpu_environment, float32_convolutions="tf32", float32_products="ieee")
    run = replace(
        make_run(make_measured(plain, 1.0), make_measured(attended, 1.1)),
        environment=here,
        noise_floors=(replace(FLOOR, device="cuda:0"),),
    )
    (table,) = marginal_tables(run)
    assert table.document_notes == (
        "float32 convolutions in TF32, products in full float32, as PyTorch's default.",
        ON_CPU.replace("cpu", "cuda:0"),
    )
