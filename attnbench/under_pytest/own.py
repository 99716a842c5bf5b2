"""Benchmarks of a user's own, beside attnbench's."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from torch import nn

from bench.errors import UsageError
from bench.failures import NanOutputError
from bench.modes import modes_restored
from results.benchmark_names import group
from results.pytest_benchmark import extra_info
from results.records import FeatureMap, Input, Logits
from suites import choices
from suites.selection import ALONE_CHANNELS, ALONE_SIZE

from .environment import environment
from .options import asked
from .subjects import Wish, subject_of
from .timing import noted, time_call

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture


@dataclass(frozen=True, slots=True)
class AttentionBenchmark:
    """What the fixture ``attention_benchmark`` gives to a test."""

    benchmark: BenchmarkFixture
    """pytest-benchmark's: for its group, its name and more ``extra_info``."""
    config: pytest.Config

    def __call__(
        self,
        attention: nn.Module | str,
        *,
        batch: int = choices.BATCH_SIZE_CPU,
        channels: int = ALONE_CHANNELS,
        size: int | None = None,
        logits: tuple[int, ...] | None = None,
        dim: int = -1,
        host: str | None = None,
        slot: str | None = None,
        direction: str = "forward",
        dtype: str | None = None,
        device: str | None = None,
        channels_last: bool = False,
    ) -> Any:
        """Time one call, and return what it returned last: the output, or the gradients of input and parameters.

        Args:
            attention: a module, whose mode is restored, or a name of ``attnbench list``, such as ``se:reduction=8``.
            batch: images a call.
            channels: of the feature map that an attention alone works on.
            size: height and width; by default 32, or those of the network.
            logits: the shape of logits to work on in place of a feature map.
            dim: the dimension of the logits that is normalised.
            host: a network that a named attention is put into.
            slot: where in the network; by default the first that fits.
            direction: ``forward``, ``backward`` or ``both``.
            dtype: by default the module's own, or float32. The module is converted.
            device: by default the module's own, or cpu. The module is moved.
            channels_last: whether the module and its input lie in memory channels last.

        """
        # A failure shows the line of the test.
        __tracebackhide__ = True
        modes = modes_restored(attention) if isinstance(attention, nn.Module) else nullcontext()
        try:
            with noted(self.benchmark):
                side = size or ALONE_SIZE
                feature_map = FeatureMap(batch=batch, channels=channels, height=side, width=side)
                wish = Wish(
                    alone=feature_map if logits is None else _logits(logits, dim),
                    batch=batch,
                    host=host,
                    slot=slot,
                    size=size,
                    direction=direction,
                    dtype=dtype,
                    device=device,
                    channels_last=channels_last,
                )
                subject = subject_of(attention, wish, asked(self.config).plugins)
            self.benchmark.group = group(subject.case)
            with modes:
                result = time_call(self.benchmark, subject.case, subject.call)
        except (UsageError, NanOutputError) as error:
            pytest.fail(str(error))
        if self.benchmark.enabled:
            where = environment(subject.case.threads)
            self.benchmark.extra_info |= extra_info(subject.case, where, size=subject.size())
        return result


def _logits(shape: tuple[int, ...], dim: int) -> Input:
    if not -len(shape) <= dim < len(shape):
        msg = f"logits of {len(shape)} dimensions have no dimension {dim}"
        raise UsageError(msg)
    return Logits(shape=tuple(shape), dim=dim % len(shape))
