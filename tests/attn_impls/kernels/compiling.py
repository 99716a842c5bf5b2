"""Compiles the Triton kernels for GPUs that need not be there, and says what they take of a multiprocessor."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from attn_impls.kernels import on_cuda
from attn_impls.kernels.triton_tiles import laid_out

if TYPE_CHECKING:
    import pytest

    from attn_impls.kernels.triton_tiles import Layout

POINTERS = ("x", "dy", "y", "dx")
NAMES = {torch.float64: "fp64", torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
#: Of a multiprocessor: registers, which a warp takes by 256, and bytes of shared memory that a program takes beside its
#: own (CUDA C++ Programming Guide, technical specifications per compute capability).
REGISTERS, REGISTERS_AT_ONCE, SHARED_BYTES_EACH = 65536, 256, 1024
#: Compute capability -> threads, programs and bytes of shared memory of a multiprocessor, from the same table.
LIMITS = {
    80: (2048, 32, 164 * 1024),
    89: (1536, 24, 100 * 1024),
    90: (2048, 32, 228 * 1024),
    120: (1536, 24, 100 * 1024),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What ptxas made of a kernel."""

    ptx: str
    registers: int
    """Of each thread."""
    spilled_bytes: int
    """Stores and loads of registers that were not enough, together."""
    shared_bytes: int
    warps: int

    def programs(self, capability: int) -> int:
        """Return how many fit on a multiprocessor at a time."""
        threads, programs, shared_bytes = LIMITS[capability]
        of_a_warp = -(-self.registers * 32 // REGISTERS_AT_ONCE) * REGISTERS_AT_ONCE
        return min(
            REGISTERS // (of_a_warp * self.warps),
            threads // (32 * self.warps),
            programs,
            shared_bytes // (self.shared_bytes + SHARED_BYTES_EACH),
        )


def layout(shape: tuple[int, ...], dim: int) -> Layout:
    """Return how a contiguous tensor lies."""
    return laid_out(torch.empty(shape, device="meta"), dim)[1]


def compiled(
    rule: str, dtype: torch.dtype, *layouts: Layout, capability: int, monkeypatch: pytest.MonkeyPatch
) -> Compiled:
    """Compile the kernel that on_cuda would launch, as it would: forward of one layout, backward of two.

    Args:
        rule: ``hard`` or ``soft``.
        dtype: of logits and gradients.
        layouts: of what is read: logits, gradients.
        capability: compute capability, such as 90 for 9.0.
        monkeypatch: has the compiler print what ptxas says. The cache of what is compiled must be empty.

    """
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    launch = on_cuda._launch(dtype, *layouts)
    pair = rule == "hard" and layouts[0].sizes[1] == 2
    names = launch.kernel.arg_names
    known: dict[str, Any] = {**launch.options, "hard": rule == "hard", "rule": "pair" if pair else rule}
    constants = {name: value for name, value in known.items() if name in names}
    signature = dict.fromkeys(constants, "constexpr") | dict.fromkeys(POINTERS, f"*{NAMES[dtype]}")
    integers = (name for name in names if name not in signature)
    signature |= {
        name: "i64" if value >= 2**31 else "i32" for name, value in zip(integers, launch.integers, strict=True)
    }
    # What Triton finds out of the tensors: their memory begins at a multiple of 16 bytes.
    aligned = {(place,): [["tt.divisibility", 16]] for place, name in enumerate(names) if name in POINTERS}
    source = ASTSource(
        fn=launch.kernel, signature={name: signature[name] for name in names}, constexprs=constants, attrs=aligned
    )
    options = {name: value for name, value in launch.options.items() if name not in names}
    monkeypatch.setattr(triton.knobs.nvidia, "dump_ptxas_log", True)
    with redirect_stdout(io.StringIO()) as log:
        made = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    registers = re.search(r"Used (\d+) registers", log.getvalue())
    assert registers is not None, log.getvalue()
    return Compiled(
        ptx=made.asm["ptx"],
        registers=int(registers[1]),
        spilled_bytes=sum(map(int, re.findall(r"(\d+) bytes spill", log.getvalue()))),
        shared_bytes=made.metadata.shared,
        warps=launch.options["num_warps"],
    )
