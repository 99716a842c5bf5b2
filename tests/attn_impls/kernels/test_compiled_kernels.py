"""What Triton's compiler and ptxas make of the kernels, for GPUs that need not be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls.kernels.triton_tiles import laid_out

from .compiling import compiled, layout

if TYPE_CHECKING:
    from pathlib import Path

    from attn_impls.kernels.triton_tiles import Layout

FP64, FP32, BF16, FP16 = torch.float64, torch.float32, torch.bfloat16, torch.float16


@pytest.fixture(autouse=True)
def _compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile everything anew."""
    pytest.importorskip("triton")
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("dtype", "shape", "operands"),
    [
        (FP16, (10**4, 1000), (1, 2)),
        (BF16, (10**4, 8192), (1,)),
        (FP32, (10**4, 1000), (1, 2)),
        (FP64, (10**4, 1000), (1,)),
        (BF16, (4096, 2, 3136), (1, 2)),
        (FP32, (4096, 64, 3136), (1,)),
        (FP16, (10**4, 20000), (1, 2)),
    ],
)
def test_memory_is_read_and_written_16_bytes_at_a_time(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, shape: tuple[int, ...], operands: tuple[int, ...]
) -> None:
    """The kernels compile for a GPU; where lines are aligned, all elements are moved in the widest pieces there are."""
    for count in operands:
        rule = "hard" if shape[1] == 2 else "soft"
        made = compiled(rule, dtype, *[layout(shape, 1)] * count, capability=90, monkeypatch=monkeypatch)
        moved = re.findall(r"\b((?:ld|st)\.global\S*)", made.ptx)
        assert {piece.split(".", 2)[2] for piece in moved} == {"v2.b64" if dtype is FP64 else "v4.b32"}
        assert {piece[:2] for piece in moved} == {"ld", "st"}


def apart(n: int, *, wide: bool) -> tuple[Layout, Layout]:
    """Return logits of which every other element is there, and transposed gradients; wide: 2^31 elements apart."""
    logits, gradients = torch.empty(64, 2 * n, device="meta")[:, ::2], torch.empty(n, 64, device="meta").t()
    if wide:
        logits = torch.empty(1, device="meta").as_strided((64, n), (2**31, 2))
    return laid_out(logits, 1)[1], laid_out(gradients, 1)[1]


@pytest.mark.parametrize("dtype", [FP16, FP32, FP64])
@pytest.mark.parametrize("n", [1000, 20000])
@pytest.mark.parametrize(("rule", "wide"), [("hard", False), ("soft", True)])
def test_every_rule_compiles_for_a_gpu(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, n: int, rule: str, *, wide: bool
) -> None:
    """In offsets of both widths, whole lines and lines in pieces, forward and backward, however elements lie."""
    layouts = apart(n, wide=wide)
    for operands in (1, 2):
        made = compiled(rule, dtype, *layouts[:operands], capability=90, monkeypatch=monkeypatch)
        assert made.spilled_bytes == 0
        assert made.programs(90) >= 2


#: Branches, attention over 197 tokens, and classes; channels of 7 x 7 maps; the longest lines that are held with a
#: gradient, and lines of odd length; the longest logits in half precision; long lines side by side.
SHAPES = (
    ((256, 2, 256), 1),
    ((64, 8, 197, 197), 3),
    ((4096, 1000), 1),
    ((4096, 64, 7, 7), 1),
    ((10**4, 8192), 1),
    ((10**4, 8191), 1),
    ((10**4, 16384), 1),
    ((4096, 512, 7, 7), 1),
)
#: Those of which the kernels take most registers.
CHANNELS, ODD, COLUMNS = SHAPES[3], SHAPES[5], SHAPES[7]


@pytest.mark.parametrize(
    ("capability", "dtype", "shape", "dim"),
    [
        *((90, BF16, *shape) for shape in SHAPES),
        *((90, FP32, *shape) for shape in (CHANNELS, ODD, COLUMNS)),
        (90, FP16, *CHANNELS),
        *((capability, BF16, *shape) for capability in (80, 89, 120) for shape in (CHANNELS, ODD)),
    ],
)
def test_two_programs_share_a_multiprocessor_and_spill_nothing(
    monkeypatch: pytest.MonkeyPatch, capability: int, dtype: torch.dtype, shape: tuple[int, ...], dim: int
) -> None:
    """While one program computes, another loads or stores; no register of half precision and float32 goes to memory."""
    for rule in ("hard", "soft"):
        # The gradient holds two tensors where weights hold one: it needs more registers.
        made = compiled(rule, dtype, *[layout(shape, dim)] * 2, capability=capability, monkeypatch=monkeypatch)
        what = f"{rule}: {made.registers} registers, {made.warps} warps"
        assert made.spilled_bytes == 0, what
        assert made.programs(capability) >= 2, what
