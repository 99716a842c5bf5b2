"""How tensors are cut into tiles for the Triton kernels."""

from __future__ import annotations

import pytest
import torch

from attn_impls.kernels.triton_tiles import (
    ALONG,
    INNER,
    NOWHERE,
    OUTER,
    Access,
    Tile,
    access_of,
    alignment,
    laid_out,
    narrow,
    tile,
)

VECTORS, ROWS, COLUMNS = Access.VECTORS, Access.ROWS, Access.COLUMNS


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
    ("tensor", "dim", "bytes_each", "access"),
    [
        (torch.zeros(4, 1000), 1, 2, VECTORS),
        (torch.zeros(4, 1000), 1, 4, VECTORS),
        # 8 bytes at a time, and 2.
        (torch.zeros(4, 1004), 1, 2, ROWS),
        (torch.zeros(4, 197), 1, 2, ROWS),
        (torch.zeros(4, 1000)[:, ::2], 1, 4, ROWS),
        (torch.zeros(1).expand(4, 1000), 1, 4, ROWS),
        (torch.zeros(2, 3, 3136), 1, 4, COLUMNS),
        (torch.zeros(48, 32).t(), 1, 4, COLUMNS),
    ],
)
def test_access(tensor: torch.Tensor, dim: int, bytes_each: int, access: Access) -> None:
    """Rows are read in vectors if all of them begin and end at 16 bytes."""
    assert access_of(bytes_each, laid_out(tensor, dim)[1]) is access


def test_access_to_logits_and_gradients() -> None:
    """A gradient that lies otherwise than its logits is read element by element, and so are they."""
    logits = laid_out(torch.zeros(4, 1024), 1)[1]
    assert access_of(4, logits, logits) is VECTORS
    assert access_of(4, logits, laid_out(torch.zeros(4, 1025)[:, :-1], 1)[1]) is ROWS
    assert access_of(4, logits, laid_out(torch.zeros(1, 1).expand(4, 1024), 1)[1]) is ROWS
    assert access_of(4, logits, laid_out(torch.zeros(1024, 4).t(), 1)[1]) is COLUMNS


@pytest.mark.parametrize(
    ("n", "access", "bytes_each", "operands", "expected"),
    [
        # 128 threads of 64 bytes each: 4096 elements of 2 bytes.
        (1000, VECTORS, 2, 1, Tile(lines=4, columns=1024, warps=4, whole=True)),
        (1000, VECTORS, 4, 1, Tile(lines=2, columns=1024, warps=4, whole=True)),
        (1000, VECTORS, 4, 2, Tile(lines=1, columns=1024, warps=4, whole=True)),
        # One by one, 2 bytes count as 4.
        (1001, ROWS, 2, 1, Tile(lines=2, columns=1024, warps=4, whole=True)),
        (8192, VECTORS, 2, 1, Tile(lines=1, columns=8192, warps=8, whole=True)),
        # The longest lines: 64 registers of each of 256 threads, 32, or 16.
        (16384, VECTORS, 2, 1, Tile(lines=1, columns=16384, warps=8, whole=True)),
        (8192, VECTORS, 4, 1, Tile(lines=1, columns=8192, warps=8, whole=True)),
        (8192, VECTORS, 2, 2, Tile(lines=1, columns=8192, warps=8, whole=True)),
        (8192, VECTORS, 4, 2, Tile(lines=1, columns=8192, warps=8, whole=True)),
        (4096, VECTORS, 8, 1, Tile(lines=1, columns=4096, warps=8, whole=True)),
        (8191, ROWS, 2, 1, Tile(lines=1, columns=8192, warps=8, whole=True)),
        (4095, ROWS, 2, 2, Tile(lines=1, columns=4096, warps=8, whole=True)),
        (512, COLUMNS, 4, 1, Tile(lines=8, columns=512, warps=8, whole=True)),
        # Longer ones in pieces.
        (16392, VECTORS, 2, 1, Tile(lines=1, columns=4096, warps=8, whole=False)),
        (8196, VECTORS, 4, 1, Tile(lines=1, columns=4096, warps=8, whole=False)),
        (8196, VECTORS, 4, 2, Tile(lines=1, columns=2048, warps=8, whole=False)),
        (4098, VECTORS, 8, 1, Tile(lines=1, columns=1024, warps=8, whole=False)),
        (8193, ROWS, 2, 1, Tile(lines=1, columns=2048, warps=8, whole=False)),
        (4097, ROWS, 2, 2, Tile(lines=1, columns=1024, warps=8, whole=False)),
        (513, COLUMNS, 4, 1, Tile(lines=8, columns=256, warps=8, whole=False)),
        # 32 bytes side by side at the least.
        (2, COLUMNS, 2, 1, Tile(lines=1024, columns=2, warps=4, whole=True)),
        (256, COLUMNS, 2, 1, Tile(lines=16, columns=256, warps=8, whole=True)),
    ],
)
def test_tiles(*, n: int, access: Access, bytes_each: int, operands: int, expected: Tile) -> None:
    """Each thread has 64 bytes under way; lines that need more than 256 threads of 128 registers are cut."""
    assert tile(lines=10**7, n=n, access=access, bytes_each=bytes_each, operands=operands) == expected


def test_few_lines_are_spread_over_more_programs() -> None:
    """512 lines of 1,000 are 512 programs, enough for each multiprocessor, rather than 128."""
    assert tile(lines=512, n=1000, access=VECTORS, bytes_each=2, operands=1).lines == 1
    assert tile(lines=1024, n=1000, access=VECTORS, bytes_each=2, operands=1).lines == 2
    # Neighbours stay together: 16 elements of 2 bytes.
    assert tile(lines=64, n=8, access=COLUMNS, bytes_each=2, operands=1).lines == 16
    assert tile(lines=3, n=8, access=COLUMNS, bytes_each=2, operands=1).lines == 4
