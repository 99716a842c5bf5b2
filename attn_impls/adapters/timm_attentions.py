"""timm's attentions under the names by which ``timm.layers.create_attn`` knows them, and torchvision's.

``--plugin timm`` imports this module, which needs timm: ``pip install 'attnbench[timm]'``. Parameters
of timm's classes that take a number or a word are options: ``timm/se:rd_ratio=0.25``.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass, field
from functools import partial
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import TYPE_CHECKING

from timm.layers.create_attn import get_attn

from ..spec import Family, Spec
from ..tables import SPECS as OWN
from . import timm_builders as build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torch import nn

    from ..spec import Factory, Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an attention beyond its class."""

    summary: str
    paper: str = ""
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))


#: Of what this package has too.
PAPERS = {spec.name: spec.paper for spec in OWN}

#: Gates, which are built from a number of channels.
GATES = {
    "se": Known(summary="squeeze-and-excitation", paper=PAPERS["se"]),
    "ese": Known(summary="effective squeeze-and-excitation: one 1x1, hard sigmoid", paper="arXiv:1911.06667"),
    "eca": Known(summary="efficient channel attention, kernel 3", paper=PAPERS["eca"]),
    "ecam": Known(summary="efficient channel attention with an MLP", paper=PAPERS["eca"]),
    "ceca": Known(summary="efficient channel attention, circular padding", paper=PAPERS["eca"]),
    # Without parameters: building the MLP of timm 1.0.31 raises TypeError.
    "ge": Known(
        summary="gather-excite without parameters",
        paper=PAPERS["ge/theta_minus"],
        options=MappingProxyType({"use_mlp": False}),
    ),
    "gc": Known(summary="global context, multiplied", paper=PAPERS["global_context"]),
    "gca": Known(summary="global context, added", paper=PAPERS["global_context"]),
    "cbam": Known(summary="convolutional block attention", paper=PAPERS["cbam"]),
    "lcbam": Known(summary="convolutional block attention, pools added before its MLP", paper=PAPERS["cbam"]),
    "coord": Known(summary="coordinate attention", paper=PAPERS["coordinate"]),
    "scoord": Known(summary="coordinate attention, simplified", paper=PAPERS["coordinate"]),
    "ela": Known(summary="efficient local attention", paper="arXiv:2403.01123"),
    "strip": Known(summary="strip attention"),
    "nl": Known(summary="non-local block", paper="arXiv:1711.07971"),
}


def names() -> tuple[str, ...]:
    """Return the names that ``get_attn`` compares with, which timm has no list of."""
    compared = [node for node in ast.walk(ast.parse(inspect.getsource(get_attn))) if isinstance(node, ast.Compare)]
    constants = [node.comparators[0] for node in compared if isinstance(node.ops[0], ast.Eq)]
    return tuple(each.value for each in constants if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _gates(known_names: Iterable[str]) -> Iterable[Spec]:
    """Describe what is built from channels alone: what we know of, and what this timm has besides."""
    for name in known_names:
        layer = get_attn(name)
        known = GATES.get(name)
        if known is None and name not in SPECIAL and _takes_channels_alone(layer):
            known = Known(summary=(layer.__doc__ or "").strip().partition("\n")[0] or f"timm's {name}")
        if known is not None:
            yield Spec(
                name=f"timm/{name}",
                family=Family.GATE,
                summary=f"timm: {known.summary}",
                paper=known.paper,
                factory=layer,
                options=known.options,
            )


def _takes_channels_alone(layer: Factory) -> bool:
    first, *others = inspect.signature(layer).parameters.values()
    replaces_a_convolution = {"out_channels", "dim_out", "stride", "feat_size"}
    return first.name in {"channels", "in_channels", "dim"} and not any(
        other.name in replaces_a_convolution
        or (
            other.default is Parameter.empty and other.kind in {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
        )
        for other in others
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Special(Known):
    """An attention that needs more than its channels."""

    family: Family
    build: Callable[..., nn.Module]
    given: tuple[str, ...]
    """Parameters of timm's class that ``build`` gives: they are no options."""


IN_PLACE_OF = (
    "in_channels",
    "out_channels",
    "dim",
    "dim_out",
    "kernel_size",
    "stride",
    "padding",
    "groups",
    "norm_layer",
)

#: What stands in place of a convolution, or is built for maps of one size.
SPECIAL = {
    "sk": Special(
        summary="selective kernel",
        paper=PAPERS["sk/official"],
        family=Family.BRANCH,
        build=build.selective_kernel,
        given=IN_PLACE_OF,
        # As in the paper, and for any number of groups: timm would give each path a half of the channels.
        options=MappingProxyType({"split_input": False}),
    ),
    "splat": Special(
        summary="split attention",
        paper=PAPERS["split/official"],
        family=Family.BRANCH,
        build=build.split_attention,
        given=IN_PLACE_OF,
    ),
    "lambda": Special(
        summary="lambda layer",
        paper="arXiv:2102.08602",
        family=Family.BRANCH,
        build=build.lambda_layer,
        given=(*IN_PLACE_OF, "feat_size"),
    ),
    "halo": Special(
        summary="halo self-attention, 4 x 4 blocks, which must tile the map",
        paper="arXiv:2103.12731",
        family=Family.BRANCH,
        build=build.self_attention,
        given=(*IN_PLACE_OF, "feat_size"),
        options=MappingProxyType({"block_size": 4}),
    ),
    "bottleneck": Special(
        summary="self-attention with relative positions",
        paper="arXiv:2101.11605",
        family=Family.GATE,
        build=build.bottleneck,
        given=("dim", "dim_out", "feat_size", "stride"),
    ),
    "bat": Special(
        summary="bilinear attention, blocks of at most 7 x 7",
        family=Family.GATE,
        build=build.bilinear,
        given=("in_channels", "block_size"),
    ),
}


def _special(name: str, known: Special) -> Spec:
    return Spec(
        name=f"timm/{name}",
        family=known.family,
        summary=f"timm: {known.summary}",
        paper=known.paper,
        factory=_adapted(known, get_attn(name)),
        options=known.options,
        sized=known.family == Family.GATE,
    )


def _adapted(known: Special, layer: Factory) -> Factory:
    """Return a factory with the signature of its family and the options of timm's class, so that they are checked."""
    made: Factory = partial(known.build, layer)
    ours = [each for each in list(inspect.signature(known.build).parameters.values())[1:] if each.name != "options"]
    theirs = [
        each.replace(kind=Parameter.KEYWORD_ONLY)
        for each in inspect.signature(layer).parameters.values()
        if each.name not in known.given and each.kind is not Parameter.VAR_KEYWORD
    ]
    made.__signature__ = Signature([*ours, *theirs])  # type: ignore[attr-defined]
    return made


KNOWN_HERE = names()

SPECS = (
    *_gates(KNOWN_HERE),
    *(_special(name, known) for name, known in SPECIAL.items() if name in KNOWN_HERE),
    Spec(
        name="torchvision/se",
        family=Family.GATE,
        summary="torchvision: squeeze-and-excitation",
        paper=PAPERS["se"],
        factory=build.squeeze_excitation,
    ),
)
