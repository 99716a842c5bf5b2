"""The Triton kernels: their checks in the interpreter, what the compiler makes of them, and how tiles are chosen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from attn_impls import sources
from attn_impls.kernels import on_cuda, triton_tiles
from attn_impls.kernels.building import BuildError
from attn_impls.kernels.triton_tiles import ALONG, INNER, NOWHERE, OUTER, Tile, alignment, laid_out, narrow, tile


def run_checks(*options: str, limit_s: float, **environment: str) -> None:
    """Run triton_checks.py in a process of its own, which shows what failed."""
    pytest.importorskip("triton")
    checks = Path(__file__).with_name("triton_checks.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(checks)],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_in_tritons_interpreter() -> None:
    """All checks pass on the CPU, where Triton's interpreter computes what the kernels say."""
    # Without what needs a GPU also where there is one.
    run_checks("-m", "not gpu", limit_s=900, TRITON_INTERPRET="1", TRITON_CHECKS_ON="cpu")


@pytest.mark.gpu(capability=on_cuda.LEAST_CAPABILITY, memory_gib=1)
def test_on_a_gpu() -> None:
    """All checks pass on a GPU, but those for which its memory is too small."""
    # Some thousand kernels are compiled, in about a second each.
    run_checks(limit_s=7200, TRITON_INTERPRET="0", TRITON_CHECKS_ON="cuda")


def compiled(kernel: Any, dtype: str, warps: int, constants: dict[str, Any]) -> Any:
    """Compile a kernel for compute capability 9.0, which needs no GPU, as on_cuda would launch it."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    pointers = {"x": dtype, "dy": dtype, "y": dtype, "dx": dtype}
    names = kernel.arg_names
    signature = {
        name: "constexpr" if name in constants else f"*{pointers[name]}" if name in pointers else "i32"
        for name in names
    }
    # What Triton finds out of the tensors: their memory begins at a multiple of 16 bytes.
    aligned = {(place,): [["tt.divisibility", 16]] for place, name in enumerate(names) if name in pointers}
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants, attrs=aligned)
    options = {"num_warps": warps, "enable_fp_fusion": on_cuda.FUSION}
    return triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)


@pytest.mark.parametrize(
    ("dtype", "rows", "n", "directions"),
    [
        ("fp16", True, 1000, ("forward", "backward")),
        ("bf16", True, 8192, ("forward",)),
        ("fp32", True, 1000, ("forward", "backward")),
        ("fp64", True, 1000, ("forward",)),
        ("bf16", False, 2, ("forward", "backward")),
        ("fp32", False, 64, ("forward",)),
        ("fp16", True, 20000, ("forward", "backward")),
    ],
)
def test_memory_is_read_and_written_16_bytes_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, *, rows: bool, n: int, directions: tuple[str, ...]
) -> None:
    """The kernels compile for a GPU; where lines are aligned, all elements are moved in the widest pieces there are."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    tl = pytest.importorskip("triton.language")

    from attn_impls.kernels import triton_kernels, triton_pieces

    unit = ALONG if rows else INNER
    for direction in directions:
        operands = 1 if direction == "forward" else 2
        size = {"fp16": 2, "bf16": 2, "fp32": 4, "fp64": 8}[dtype]
        cut = tile(lines=10**6, n=n, in_rows=rows, bytes_each=size, operands=operands)
        kernel = getattr(triton_kernels, direction) if cut.whole else getattr(triton_pieces, f"{direction}_in_pieces")
        constants = {"hard": True, "rule": "pair" if n == 2 else "soft", "x_unit": unit}
        constants |= {"dy_unit": unit, "rows": rows, "aligned": 8, "index": tl.int32, "lines": cut.lines}
        constants |= {"wide": tl.float64 if dtype == "fp64" else tl.float32, "columns": cut.columns}
        used = {name: value for name, value in constants.items() if name in kernel.arg_names}
        made = compiled(kernel, dtype, cut.warps, used).asm["ptx"]
        moved = re.findall(r"\b((?:ld|st)\.global\S*)", made)
        assert {piece.split(".", 2)[2] for piece in moved} == {"v2.b64" if dtype == "fp64" else "v4.b32"}
        assert {piece[:2] for piece in moved} == {"ld", "st"}


@pytest.mark.parametrize("dtype", ["fp16", "fp32", "fp64"])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("hard", "index"), [(True, "int32"), (False, "int64")])
def test_every_rule_compiles_for_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, *, whole: bool, hard: bool, index: str
) -> None:
    """In offsets of both widths, whole lines and lines in pieces, forward and backward."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    tl = pytest.importorskip("triton.language")

    from attn_impls.kernels import triton_kernels, triton_pieces

    kernels = (
        (triton_kernels.forward, triton_kernels.backward)
        if whole
        else (triton_pieces.forward_in_pieces, triton_pieces.backward_in_pieces)
    )
    constants = {"hard": hard, "rule": "hard" if hard else "soft", "index": getattr(tl, index)}
    # Elements far apart, as of a transposed tensor: one at a time.
    constants |= {"x_unit": NOWHERE, "dy_unit": OUTER, "rows": True, "aligned": 1, "lines": 1, "columns": 1024}
    constants |= {"wide": tl.float64 if dtype == "fp64" else tl.float32}
    for kernel in kernels:
        used = {name: value for name, value in constants.items() if name in kernel.arg_names}
        assert compiled(kernel, dtype, 4, used).asm["ptx"]


@pytest.mark.parametrize(
    ("triton", "message"),
    [
        (None, r"^Triton is not installed: "),
        (SimpleNamespace(__version__="3.5.1"), r"^Triton 3\.5\.1 is too old; install 3\.6 or later$"),
        (SimpleNamespace(__version__="3.6.0", TritonError=ValueError), r"^Triton compiles nothing here: no compiler$"),
    ],
)
def test_where_there_is_no_triton(monkeypatch: pytest.MonkeyPatch, triton: object, message: str) -> None:
    """Without Triton, with one too old or with one that does not compile, it is said why."""

    def fail(*_: object) -> None:
        msg = "no compiler"
        raise RuntimeError(msg)

    monkeypatch.setitem(sys.modules, "triton", triton)
    monkeypatch.setattr(on_cuda, "hard_softmax", fail)
    with pytest.raises(BuildError, match=message):
        on_cuda.require(torch.device("cpu"))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("no room"),
        RuntimeError("Triton Error [CUDA]: out of memory"),
        torch.AcceleratorError("CUDA error: out of memory\nCompile with TORCH_USE_CUDA_DSA"),
    ],
)
def test_a_full_device_says_nothing_about_triton(monkeypatch: pytest.MonkeyPatch, error: RuntimeError) -> None:
    """Where memory ran out, whoever asked for it, the error is not remembered: the next call tries again."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setitem(sys.modules, "triton", SimpleNamespace(__version__="3.6.0", TritonError=ValueError))
    monkeypatch.setattr(on_cuda, "hard_softmax", fail)
    with pytest.raises(RuntimeError) as caught:
        on_cuda.require(torch.device("cpu"))
    assert caught.value is error


def test_triton_is_imported_late() -> None:
    """The file that registers the kernels can be imported where there is no Triton."""
    program = """
import sys
sys.modules["triton"] = None
from attn_impls.kernels import on_cuda
print(sorted(on_cuda.OPERATORS)[-1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=600)
    assert done.stdout == "softmax_backward\n"


def test_layouts_of_strided_tensors() -> None:
    """Tensors are seen as [outer, n, inner] without a copy wherever their strides allow it."""
    x = torch.zeros(2, 3, 4, 5)
    assert laid_out(x, 1)[1] == ((2, 3, 20), (60, 20, 1))
    assert laid_out(x, -1)[1] == ((24, 5, 1), (5, 1, 0))
    channels_last = x.to(memory_format=torch.channels_last)
    assert laid_out(channels_last, 1)[1] == ((2, 3, 20), (60, 1, 3))
    assert laid_out(x[0, 0].t(), 1)[1] == ((5, 4, 1), (1, 5, 0))
    assert laid_out(x[0, 0, 0].expand(7, 5), 1)[1] == ((7, 5, 1), (0, 1, 0))
    assert laid_out(x[..., ::2], 3)[1] == ((24, 3, 1), (5, 2, 0))
    assert laid_out(x.sum(), 0)[1] == ((1, 1, 1), (0, 0, 0))
    uneven = x.transpose(0, 1)
    assert laid_out(uneven, 3)[0].is_contiguous()
    assert laid_out(uneven, 3)[1] == ((24, 5, 1), (5, 1, 0))
    for tensor, dim in ((x, 1), (channels_last, 1), (x[0, 0].t(), 1)):
        assert laid_out(tensor, dim)[0] is tensor


@pytest.mark.parametrize(
    ("tensor", "dim", "neighbours", "aligned"),
    [
        (torch.zeros(4, 1000), 1, ALONG, 8),
        (torch.zeros(4, 197), 1, ALONG, 1),
        (torch.zeros(4, 1024)[:, :1000], 1, ALONG, 8),
        (torch.zeros(4, 1001)[:, :1000], 1, ALONG, 1),
        (torch.zeros(2, 3, 3136), 1, INNER, 16),
        (torch.zeros(48, 32).t(), 1, OUTER, 16),
        (torch.zeros(4, 64)[:, ::2], 1, NOWHERE, 16),
    ],
)
def test_alignment(tensor: torch.Tensor, dim: int, neighbours: int, aligned: int) -> None:
    """It is the largest power of two, up to 16, at whose multiples lines begin and end."""
    assert laid_out(tensor, dim)[1].neighbours == neighbours
    assert alignment(laid_out(tensor, dim)[1]) == aligned


def test_offsets_in_64_bits_from_two_to_the_31_on() -> None:
    """Also where the elements are few, but far apart."""
    apart = torch.zeros(1, device="meta").as_strided((2, 3), (2**31, 1))
    many = torch.zeros(2**21, 1024, device="meta")
    assert not narrow(laid_out(apart, 1)[1])
    assert not narrow(laid_out(many, 1)[1])
    assert narrow(laid_out(many[: 2**20], 1)[1])


@pytest.mark.parametrize(
    ("n", "in_rows", "bytes_each", "operands", "expected"),
    [
        # 128 threads of 64 bytes each: 4096 elements of 2 bytes.
        (1000, True, 2, 1, Tile(lines=4, columns=1024, warps=4, whole=True)),
        (1000, True, 4, 1, Tile(lines=2, columns=1024, warps=4, whole=True)),
        (1000, True, 4, 2, Tile(lines=1, columns=1024, warps=4, whole=True)),
        (8192, True, 2, 1, Tile(lines=1, columns=8192, warps=8, whole=True)),
        (8192, True, 4, 1, Tile(lines=1, columns=8192, warps=16, whole=True)),
        (16384, True, 4, 2, Tile(lines=1, columns=16384, warps=16, whole=True)),
        (16385, True, 4, 1, Tile(lines=1, columns=4096, warps=8, whole=False)),
        (8193, True, 8, 1, Tile(lines=1, columns=2048, warps=8, whole=False)),
        (2, False, 2, 1, Tile(lines=2048, columns=2, warps=4, whole=True)),
        # 32 bytes side by side at the least.
        (1000, False, 4, 1, Tile(lines=8, columns=1024, warps=16, whole=True)),
        (4096, False, 4, 1, Tile(lines=8, columns=512, warps=8, whole=False)),
    ],
)
def test_tiles(*, n: int, in_rows: bool, bytes_each: int, operands: int, expected: Tile) -> None:
    """Each thread has 64 bytes under way; lines that need more than 16,384 registers are taken in pieces."""
    assert tile(lines=10**7, n=n, in_rows=in_rows, bytes_each=bytes_each, operands=operands) == expected


def test_few_lines_are_spread_over_more_programs() -> None:
    """512 lines of 1,000 are 512 programs, enough for each multiprocessor, rather than 128."""
    assert tile(lines=512, n=1000, in_rows=True, bytes_each=2, operands=1).lines == 1
    assert tile(lines=1024, n=1000, in_rows=True, bytes_each=2, operands=1).lines == 2
    # Neighbours stay together: 16 elements of 2 bytes.
    assert tile(lines=64, n=8, in_rows=False, bytes_each=2, operands=1).lines == 16
    assert tile(lines=3, n=8, in_rows=False, bytes_each=2, operands=1).lines == 4


@pytest.mark.parametrize("name", ["on_cuda", "triton_kernels", "triton_pieces", "triton_places", "triton_rules"])
def test_a_change_of_a_kernel_is_a_change_of_the_sources(name: str) -> None:
    """Measurements of the fused implementations are of these files too."""
    package = Path(triton_tiles.__file__).parent
    assert package / f"{name}.py" in sources._closure("attn_impls.kernels.on_cuda")
