"""The package natten as a token mixer: each token sees its neighbourhood in the grid.

``--plugin natten`` imports this module, which needs natten: ``pip install 'attnbench[natten]'``.
"""

from __future__ import annotations

from natten.functional import na2d
from torch import Tensor, nn

from ..arguments import require_odd
from ..mixers.heads import require_tokens, require_width
from ..spec import Family, Spec


class Neighbourhood(nn.Module):
    """Neighbourhood attention (arXiv:2204.07143): tokens [B, h x w, dim] of a grid -> the same shape.

    Args:
        dim: C.
        heads: how many.
        height: of the grid, which is no smaller than the kernel.
        width: of the grid, likewise.
        kernel_size: tokens a side of a neighbourhood, an odd number.

    Raises:
        ValueError: the kernel is even, or larger than the grid.

    """

    def __init__(self, dim: int, *, heads: int, height: int, width: int, kernel_size: int = 7) -> None:
        super().__init__()
        require_odd(kernel_size=kernel_size)
        if kernel_size > min(height, width):
            msg = f"a grid of {height} x {width} has no neighbourhoods of {kernel_size}; choose a smaller kernel_size"
            raise ValueError(msg)
        self._dim, self._head_dim, self._grid = dim, require_width(dim, heads), (height, width)
        self._kernel_size = kernel_size
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        require_tokens(x, self._dim, self._grid[0] * self._grid[1])
        # [B, h, w, heads, D].
        q, k, v = self.qkv(x).unflatten(1, self._grid).unflatten(-1, (-1, self._head_dim)).chunk(3, 3)
        mixed: Tensor = self.proj(na2d(q, k, v, kernel_size=self._kernel_size).flatten(3).flatten(1, 2))
        return mixed


SPECS = (
    Spec(
        name="natten/neighbourhood",
        family=Family.MIXER,
        summary="natten: neighbourhood attention of a grid, 7 x 7",
        paper="arXiv:2204.07143",
        factory=Neighbourhood,
        sized=True,
    ),
)
