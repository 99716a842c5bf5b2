"""ViT and Swin of torchvision with a slot for token mixers (arXiv:2010.11929, 2103.14030, 2111.09883)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torchvision import models

from ..arguments import require_known
from ..site import TokenSite
from .sites import strided
from .token_slots import OnGrids, mixer_at

if TYPE_CHECKING:
    from ..host import Placement

VITS = ("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14")
SWINS = ("swin_t", "swin_s", "swin_b", "swin_v2_t", "swin_v2_s", "swin_v2_b")
#: Pixels a side of the first stage's tokens; each later stage merges 2 x 2 of them.
PATCH, MERGED = 4, 2


class InPlaceOfTorchs(nn.Module):
    """Stands where torch's multi-head attention does, which gets its tokens as queries, keys and values."""

    def __init__(self, mixer: nn.Module) -> None:
        super().__init__()
        self.mixer = mixer

    def forward(self, tokens: Tensor, keys: Tensor, values: Tensor, *, need_weights: bool) -> tuple[Tensor, None]:
        del keys, values, need_weights
        return self.mixer(tokens), None


def vit(placement: Placement, *, num_classes: int, image_size: int, model: str) -> nn.Module:
    """Build torchvision's ViT, plain or with a token mixer in the slot ``attention`` of every block.

    Args:
        placement: what goes into which slot.
        num_classes: width of the classifier.
        image_size: height and width of the images, which patches tile.
        model: torchvision's name of it.

    Raises:
        ValueError: the model is unknown, or patches do not tile the images.

    """
    require_known("ViT", model, VITS)
    patch = int(model.rpartition("_")[2])
    if image_size % patch:
        msg = f"images of {image_size} pixels are not whole patches of {patch}; choose a multiple of {patch}"
        raise ValueError(msg)
    network: Any = getattr(models, model)(num_classes=num_classes, image_size=image_size)
    side = image_size // patch
    for block in network.encoder.layers:
        torchs = block.self_attention
        site = TokenSite(dim=torchs.embed_dim, heads=torchs.num_heads, height=side, width=side, class_tokens=1)
        mixer = placement.at("attention", site)
        if mixer is not None:
            block.self_attention = InPlaceOfTorchs(mixer)
    built: nn.Module = network
    return built


def swin(placement: Placement, *, num_classes: int, image_size: int, model: str) -> nn.Module:
    """Build torchvision's Swin, plain or with a token mixer in the slot ``attention`` of every block.

    The slots ``attention_even`` and ``attention_odd`` are those of the blocks whose windows are plain, and shifted.

    Args:
        placement: what goes into which slot.
        num_classes: width of the classifier.
        image_size: height and width of the images.
        model: torchvision's name of it.

    Raises:
        ValueError: the model is unknown.

    """
    require_known("Swin", model, SWINS)
    network: Any = getattr(models, model)(num_classes=num_classes)
    # Patches are cut without padding; those that are merged are padded.
    side = image_size // PATCH
    for index, blocks in enumerate(network.features[1::2]):
        for number, block in enumerate(blocks):
            theirs = block.attn
            site = TokenSite(
                dim=theirs.qkv.in_features, heads=theirs.num_heads, height=side, width=side, stage=str(index + 1)
            )
            mixer = mixer_at(placement, site, number)
            if mixer is not None:
                block.attn = OnGrids(mixer)
        side = strided(side, MERGED)
    built: nn.Module = network
    return built
