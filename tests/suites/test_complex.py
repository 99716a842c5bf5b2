"""Complex parameters keep their imaginary part in every dtype that has complex numbers, and are refused in others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from attn_impls import builtin, plugins
from attn_impls.casting import CastError, in_channels_last, in_dtype
from results.records import Case, FeatureMap
from suites.build import build_module

HONEST = str(Path(__file__).parents[1] / "attn_impls" / "audit" / "planted_honest.py")


@pytest.mark.parametrize(("dtype", "expected"), [("float32", torch.complex64), ("float64", torch.complex128)])
def test_a_complex_filter_stays_complex(dtype: str, expected: torch.dtype) -> None:
    """It has 2 x 4 x 6 x 4 real numbers; real and imaginary parts have the width that was asked for."""
    registry = plugins.load(builtin(), (HONEST,))
    case = Case(
        suite="latency",
        implementation="fourier",
        source="",
        input=FeatureMap(batch=1, channels=4, height=6, width=6),
        dtype=dtype,
    )
    (filtering,) = build_module(case, registry).parameters()
    assert filtering.dtype == expected
    assert torch.view_as_real(filtering).numel() == 2 * 4 * 6 * 4
    assert bool(filtering.imag.any())


def test_a_dtype_without_complex_numbers_is_refused_in_one_line() -> None:
    """The line names the parameter and the dtypes that there are."""
    module = nn.Module()
    module.register_parameter("filter", nn.Parameter(torch.ones(3, dtype=torch.complex64)))
    with pytest.raises(CastError) as refused:
        in_dtype(module, torch.bfloat16)
    assert str(refused.value) == (
        "filter is complex, and there are no complex numbers of bfloat16; measure it in float32 or float64"
    )


def test_five_dimensions_are_left_as_they_are_in_channels_last() -> None:
    """A bank of kernels has no such format; a convolution beside it is laid out."""
    module = nn.Sequential(nn.Conv2d(4, 4, 3))
    module.register_parameter("bank", nn.Parameter(torch.ones(2, 4, 4, 3, 3)))
    laid = dict(in_channels_last(module).named_parameters())
    assert laid["0.weight"].is_contiguous(memory_format=torch.channels_last)
    assert laid["bank"].is_contiguous()
