"""How tensors are cut into tiles for the Triton kernels: strides, alignment and sizes, all by rule.

Tensors are seen as [outer, n, inner], normalised along n. A *line* is what is normalised together: n elements. A tile
is a number of lines side by side, each in full, or a piece of each where they are too long to be held in registers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

#: Which of outer, n and inner neighbours in memory lie along.
OUTER, ALONG, INNER, NOWHERE = 0, 1, 2, -1
#: Elements beyond which alignment has no use: 16 bytes, the widest load, are at most 8 of the smallest elements.
MOST_ALIGNED = 16
#: Offsets up to here are computed in 32 bits; the rest of the 2^31 is room for the ends of tiles.
LARGEST_NARROW = 2**31 - 2**20

#: Bytes of the widest load.
VECTOR_BYTES = 16
#: Bytes that a thread has under way at a time: four loads of 16. With 1,000 threads on each multiprocessor these are
#: 64 KiB, more than the 30 KiB that it takes to keep up with 4.8 TB/s at a latency of 800 ns.
BYTES_PER_THREAD = 64
#: 256 threads of 128 registers are half of the 65,536 that a multiprocessor has: while one program computes, another
#: loads or stores.
LEAST_WARPS, MOST_WARPS = 4, 8
REGISTER_BYTES = 4
#: A double takes two, and what divides by one as many again.
DOUBLE_REGISTERS = 4
#: Bytes that are fetched from memory together.
SECTOR_BYTES = 32
#: Programs that keep a large GPU busy, four for each of 132 multiprocessors; with fewer, tiles are made smaller.
BUSY = 512


class Access(Enum):
    """How a program reads the elements of its lines."""

    VECTORS = "rows, 16 bytes at a time"
    ROWS = "rows, element by element"
    COLUMNS = "lines side by side"


#: Registers of a thread that what it has read may take. With those for addresses, masks and results it then has 128 at
#: most. ptxas spills none in the shapes that a test compiles; docs/figures.md names the tiles of others where it does.
HELD = {Access.VECTORS: 64, Access.ROWS: 32, Access.COLUMNS: 16}
#: Softmax raises e to float32 powers in several steps, which take 185 registers where 64 elements are read.
HELD_OF_FLOAT32_LOGITS = 32
#: The same of lines in pieces, for which sums are kept too: one to four of each element.
HELD_OF_PIECES = {Access.VECTORS: 16, Access.ROWS: 8, Access.COLUMNS: 8}


class Layout(NamedTuple):
    """How a tensor lies in memory as [outer, n, inner]."""

    sizes: tuple[int, int, int]
    strides: tuple[int, int, int]
    """0 for what has one element."""

    @property
    def neighbours(self) -> int:
        """Where elements lie side by side in memory: the innermost such axis, or NOWHERE."""
        return max((axis for axis, stride in enumerate(self.strides) if stride == 1), default=NOWHERE)

    @property
    def extent(self) -> int:
        """Elements from the first to the last."""
        return 1 + sum((size - 1) * stride for size, stride in zip(self.sizes, self.strides, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What one program works on."""

    lines: int
    columns: int
    """Elements of each line, at a time."""
    warps: int
    whole: bool
    """Whether a line fits: then it is read once."""


def laid_out(tensor: Tensor, dim: int) -> tuple[Tensor, Layout]:
    """Return a tensor and how it lies, or a contiguous copy where it lies unevenly.

    Raises:
        IndexError: there is no such dimension.

    """
    dims = max(tensor.dim(), 1)
    if not -dims <= dim < dims:
        msg = f"Dimension out of range (expected to be in range of [{-dims}, {dims - 1}], but got {dim})"
        raise IndexError(msg)
    axis = dim % dims
    layout = None if tensor.is_contiguous() else _evenly(tensor.shape, tensor.stride(), axis)
    return (tensor.contiguous(), _contiguous(tensor.shape, axis)) if layout is None else (tensor, layout)


def _contiguous(shape: tuple[int, ...], axis: int) -> Layout:
    outer, n, inner = math.prod(shape[:axis]), shape[axis] if shape else 1, math.prod(shape[axis + 1 :])
    return Layout((outer, n, inner), (n * inner if outer > 1 else 0, inner if n > 1 else 0, 1 if inner > 1 else 0))


def _evenly(shape: tuple[int, ...], strides: tuple[int, ...], axis: int) -> Layout | None:
    """Return the layout, or None where dimensions cannot be taken as one."""
    parts = (slice(axis), slice(axis, axis + 1), slice(axis + 1, None))
    outer, along, inner = (_merged(shape[part], strides[part]) for part in parts)
    if outer is None or along is None or inner is None:
        return None
    return Layout((outer[0], along[0], inner[0]), (outer[1], along[1], inner[1]))


def _merged(sizes: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, int] | None:
    """Return the size and the stride of dimensions taken as one, or None where their elements are unevenly spaced."""
    size, stride = 1, 0
    for each, step in zip(reversed(sizes), reversed(strides), strict=True):
        if each == 1:
            continue
        if size == 1:
            stride = step
        elif step != size * stride:
            return None
        size *= each
    return size, stride


def alignment(*layouts: Layout) -> int:
    """Return the elements, a power of two, that can be loaded at once wherever neighbours are: they share a line's end.

    Triton sees alignment to 16 elements alone by itself; for rows of 1,000 half-precision numbers 8 are just as good.
    """
    _, n, inner = layouts[0].sizes
    found = math.gcd(MOST_ALIGNED, n if inner == 1 else inner)
    for each in layouts:
        if each.neighbours != NOWHERE:
            found = math.gcd(found, *(stride for axis, stride in enumerate(each.strides) if axis != each.neighbours))
    return found


def narrow(*layouts: Layout) -> bool:
    """Return whether 32 bits are enough for every offset in these and in a contiguous tensor of their shape."""
    return max(math.prod(layouts[0].sizes), *(each.extent for each in layouts)) <= LARGEST_NARROW


def power_of_two(number: int) -> int:
    """Return the least power of two that is not below the number, which is at least 1."""
    return 1 << (number - 1).bit_length()


def access_of(bytes_each: int, *layouts: Layout) -> Access:
    """Return how elements of this many bytes are read: logits, gradients."""
    neighbours = {each.neighbours for each in layouts}
    if layouts[0].sizes[2] > 1 or OUTER in neighbours:
        return Access.COLUMNS
    whole = neighbours == {ALONG} and alignment(*layouts) * bytes_each >= VECTOR_BYTES
    return Access.VECTORS if whole else Access.ROWS


def tile(*, lines: int, n: int, access: Access, bytes_each: int, operands: int) -> Tile:
    """Choose the tile of a kernel.

    A thread has BYTES_PER_THREAD under way, of all operands together; a program has four warps. Its tile is as many
    lines as this makes, or one line and the warps, up to 8, that it needs. But for rows that are read in vectors, an
    element counts as a register, however small it is.

    Args:
        lines: how many there are.
        n: elements of a line.
        access: where lines lie side by side, a tile takes at least as many as are fetched together.
        bytes_each: of an element.
        operands: tensors that are read.

    """
    together = min(SECTOR_BYTES // bytes_each, power_of_two(lines)) if access is Access.COLUMNS else 1
    columns = power_of_two(n)
    registers = operands * (1 if bytes_each <= REGISTER_BYTES else DOUBLE_REGISTERS)
    is_float32_logits = bytes_each == REGISTER_BYTES and operands == 1
    held = min(HELD[access], HELD_OF_FLOAT32_LOGITS) if is_float32_logits else HELD[access]
    if columns * together * registers > held * MOST_WARPS * 32:
        piece = HELD_OF_PIECES[access] * MOST_WARPS * 32 // registers
        return Tile(lines=together, columns=piece // together, warps=MOST_WARPS, whole=False)
    under_way = operands * (bytes_each if access is Access.VECTORS else max(bytes_each, REGISTER_BYTES))
    usual = LEAST_WARPS * 32 * BYTES_PER_THREAD // under_way
    at_once = min(max(together, usual // columns), power_of_two(lines))
    while at_once > together and lines < BUSY * at_once:
        at_once //= 2
    threads = at_once * columns * under_way // BYTES_PER_THREAD
    warps = min(max(power_of_two(max(threads // 32, 1)), LEAST_WARPS), MOST_WARPS)
    return Tile(lines=at_once, columns=columns, warps=warps, whole=True)
