"""What networks whose blocks mix tokens have in common: which slots a block has, and how its grid becomes tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from ..host import Placement
    from ..site import TokenSite


def mixer_at(placement: Placement, site: TokenSite, number: int) -> nn.Module | None:
    """Return what stands in a block of a network whose blocks take turns; None: the network's own attention.

    Args:
        placement: what goes into which slot.
        site: of the block.
        number: of the block in its stage, from 0.

    """
    return placement.at("attention", site) or placement.at(f"attention_{'odd' if number % 2 else 'even'}", site)


class OnGrids(nn.Module):
    """Gives a mixer the tokens of grids [B, h, w, C], and returns them as such."""

    def __init__(self, mixer: nn.Module) -> None:
        super().__init__()
        self.mixer = mixer

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.mixer(x.flatten(1, 2))
        return mixed.view_as(x)
