"""Slots for token mixers in timm's ViTs (DeiT among them), Swin, PVTv2 and Twins."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from ..backbones.sites import strided
from ..backbones.token_slots import OnGrids, mixer_at
from ..site import TokenSite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..host import Placement

#: Pixels a side of the first stage's tokens in a network of stages; each later stage has half as many a side.
PATCH, MERGED = 4, 2


class InPlaceOfTimms(nn.Module):
    """Stands where timm's attention does, which may be told the grid, and masks of which there is none."""

    def __init__(self, mixer: nn.Module) -> None:
        super().__init__()
        self.mixer = mixer

    def forward(
        self, x: Tensor, grid: object = None, *, attn_mask: Tensor | None = None, is_causal: bool = False
    ) -> Tensor:
        """Return the mixed tokens.

        Raises:
            ValueError: there is a mask.

        """
        del grid
        if attn_mask is not None or is_causal:
            msg = "a token mixer takes no mask; call the network without one"
            raise ValueError(msg)
        mixed: Tensor = self.mixer(x)
        return mixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Networks of one construction."""

    slots: tuple[str, ...]
    stages: tuple[str, ...]
    sized: bool
    """Whether the network is built for images of one size."""
    blocks: Callable[[Any, int], Iterator[tuple[nn.Module, TokenSite, int]]]
    """The blocks of a network for images of a size: each with its place, and its number in its stage."""
    put: Callable[[Any, nn.Module], None]
    """Gives a block a mixer in place of its own attention."""


def _of_vit(network: Any, image_size: int) -> Iterator[tuple[nn.Module, TokenSite, int]]:
    del image_size
    height, width = network.patch_embed.grid_size
    for number, block in enumerate(network.blocks):
        site = TokenSite(
            dim=network.embed_dim,
            heads=block.attn.num_heads,
            height=height,
            width=width,
            class_tokens=network.num_prefix_tokens,
        )
        yield block, site, number


def _of_stages(stages: Any, image_size: int) -> Iterator[tuple[nn.Module, TokenSite, int]]:
    side = strided(image_size, PATCH)
    for index, blocks in enumerate(stages):
        for number, block in enumerate(blocks):
            theirs = block.attn
            site = TokenSite(dim=theirs.dim, heads=theirs.num_heads, height=side, width=side, stage=str(index + 1))
            yield block, site, number
        side = strided(side, MERGED)


def _of_swin(network: Any, image_size: int) -> Iterator[tuple[nn.Module, TokenSite, int]]:
    del image_size
    for index, stage in enumerate(network.layers):
        for number, block in enumerate(stage.blocks):
            height, width = block.input_resolution
            site = TokenSite(
                dim=block.dim, heads=block.attn.num_heads, height=height, width=width, stage=str(index + 1)
            )
            yield block, site, number


def _for_tokens(block: Any, mixer: nn.Module) -> None:
    block.attn = InPlaceOfTimms(mixer)


def _for_grids(block: Any, mixer: nn.Module) -> None:
    """Replace the attention and what cuts its windows: a method, which an attribute of the same name comes before."""
    block.attn = OnGrids(mixer)
    block.__dict__["_attn"] = block.attn


STAGES = ("1", "2", "3", "4")
_VIT = Blocks(slots=("attention",), stages=(), sized=True, blocks=_of_vit, put=_for_tokens)
# Windows are plain in even blocks, shifted in odd ones.
_SWIN = Blocks(
    slots=("attention", "attention_even", "attention_odd"), stages=STAGES, sized=True, blocks=_of_swin, put=_for_grids
)
#: timm's module -> how its networks are built.
CONSTRUCTIONS: Mapping[str, Blocks] = MappingProxyType(
    {
        "timm.models.vision_transformer": _VIT,
        "timm.models.deit": _VIT,
        "timm.models.swin_transformer": _SWIN,
        "timm.models.swin_transformer_v2": _SWIN,
        "timm.models.pvt_v2": Blocks(
            slots=("attention",),
            stages=STAGES,
            sized=False,
            blocks=lambda network, size: _of_stages([stage.blocks for stage in network.stages], size),
            put=_for_tokens,
        ),
        # LSA in even blocks, GSA in odd ones.
        "timm.models.twins": Blocks(
            slots=("attention", "attention_even", "attention_odd"),
            stages=STAGES,
            sized=True,
            blocks=lambda network, size: _of_stages(network.blocks, size),
            put=_for_tokens,
        ),
    }
)


def place_mixers(network: nn.Module, construction: Blocks, placement: Placement, image_size: int) -> None:
    """Replace the attention of the blocks in whose slots something stands."""
    for block, site, number in list(construction.blocks(network, image_size)):
        mixer = mixer_at(placement, site, number)
        if mixer is not None:
            construction.put(block, mixer)
