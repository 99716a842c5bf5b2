"""Our modules' latency over timm's, with the same weights and equal results: paired, interleaved, in one process.

Run it with ``python benchmarks/against_timm.py [--threads 1] [--rounds 40] [--only se]``; it needs timm. For each
of eight modules, three maps (of ResNet-50's stages) and three directions it prints the median of the paired ratios
with its 95% interval; then the geometric mean over forward and backward, and the largest ratio.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from timm.layers.cbam import CbamModule
from timm.layers.coord_attn import CoordAttn
from timm.layers.eca import EcaModule
from timm.layers.gather_excite import GatherExcite
from timm.layers.global_context import GlobalContext
from timm.layers.selective_kernel import SelectiveKernel
from timm.layers.split_attn import SplitAttn
from timm.layers.squeeze_excite import SEModule
from torch import Tensor, nn

from attn_impls import Site, builtin
from bench.clocks import clock_for
from bench.sampling import calls_per_sample, warm_up
from results.intervals import median_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Batch norm over pooled features cannot be trained on one sample.
SHAPES = ((2, 64, 56, 56), (4, 256, 14, 14), (4, 512, 7, 7))
#: Of the 3x3 convolutions of SK, as in SKNet, and of split attention, as in ResNeSt.
SK_GROUPS = 32
SPLIT_GROUPS = 1
#: Results are equal if they differ by no more, relative to the largest magnitude, in float64.
TOLERANCE = 1e-10
WARM_UP_S = 0.1
DIRECTIONS = ("forward", "backward", "forward+backward")
#: Those over which the mean is taken: each measured alone.
JUDGED = DIRECTIONS[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One mechanism, by our name and by timm's class, and the names of timm's parts by ours."""

    name: str
    theirs: Callable[[int], nn.Module]
    parts: Mapping[str, str]
    groups: int = 1


def _cbam(channels: int) -> nn.Module:
    return CbamModule(channels, rd_channels=channels // 16, mlp_bias=True)


def _global_context(channels: int) -> nn.Module:
    module: nn.Module = GlobalContext(channels, rd_channels=channels // 16, fuse_add=True, fuse_scale=False)
    # 1e-6 in timm; torch's 1e-5 in the official code and ours.
    norm: Any = module.get_submodule("mlp_add.norm")
    norm.eps = 1e-5
    return module


def _selective_kernel(channels: int) -> nn.Module:
    return SelectiveKernel(
        channels, channels, [3, 5], groups=SK_GROUPS, rd_channels=max(channels // 16, 32), split_input=False
    )


PAIRS = (
    Pair(
        name="se",
        theirs=lambda channels: SEModule(channels, rd_ratio=1 / 16, rd_divisor=1),
        parts={"reduce": "fc1", "expand": "fc2"},
    ),
    Pair(name="eca", theirs=EcaModule, parts={"conv": "conv"}),
    Pair(
        name="ge/theta_minus",
        theirs=lambda channels: GatherExcite(channels, extent=0, extra_params=False, use_mlp=False, add_maxpool=False),
        parts={},
    ),
    Pair(
        name="cbam",
        theirs=_cbam,
        parts={
            "channel.reduce": "channel.fc1",
            "channel.expand": "channel.fc2",
            "spatial.convolution": "spatial.conv.conv",
            "spatial.norm": "spatial.conv.bn",
        },
    ),
    Pair(
        name="coordinate",
        theirs=lambda channels: CoordAttn(channels, rd_channels=max(8, channels // 32), bias=True),
        parts={"reduce": "conv1", "norm": "bn1", "expand_height": "conv_h", "expand_width": "conv_w"},
    ),
    Pair(
        name="global_context",
        theirs=_global_context,
        parts={
            "logits": "conv_attn",
            "reduce": "mlp_add.fc1",
            "norm": "mlp_add.norm",
            "expand": "mlp_add.fc2",
        },
    ),
    Pair(
        name="sk/official",
        theirs=_selective_kernel,
        parts={
            **{f"convolutions.{m}": f"paths.{m}.conv" for m in range(2)},
            **{f"norms.{m}": f"paths.{m}.bn" for m in range(2)},
            "transform.reduce": "attn.fc_reduce",
            "transform.norm": "attn.bn",
            "transform.expand": "attn.fc_select",
        },
        groups=SK_GROUPS,
    ),
    Pair(
        name="split/official",
        theirs=lambda channels: SplitAttn(channels, channels, groups=SPLIT_GROUPS, radix=2, norm_layer=nn.BatchNorm2d),
        parts={
            "convolution": "conv",
            "norm": "bn0",
            "transform.reduce": "fc1",
            "transform.norm": "bn1",
            "transform.expand": "fc2",
        },
        groups=SPLIT_GROUPS,
    ),
)


def build(pair: Pair, shape: tuple[int, int, int, int]) -> tuple[nn.Module, nn.Module]:
    """Return ours and theirs with the same random weights.

    Raises:
        ValueError: their results differ.

    """
    _, channels, height, width = shape
    torch.manual_seed(0)
    site = Site(
        in_channels=channels,
        out_channels=channels,
        kernel_size=3,
        stride=1,
        groups=pair.groups,
        height=height,
        width=width,
    )
    ours, theirs = builtin().find(pair.name).build(site), pair.theirs(channels)
    with torch.no_grad():
        for name, value in ours.state_dict().items():
            if value.is_floating_point():
                value.uniform_(0.5, 1.5) if name.endswith("running_var") else value.normal_(0, 0.1)
    state = {
        f"{pair.parts[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}": value
        for key, value in ours.state_dict().items()
    }
    if pair.name == "cbam":
        # timm stacks the mean above the maximum, we the other way round.
        state["spatial.conv.conv.weight"] = state["spatial.conv.conv.weight"].flip(1)
    theirs.load_state_dict(state)
    _check_equal(ours.double(), theirs.double(), torch.randn(shape, dtype=torch.float64))
    return ours.float(), theirs.float()


def _check_equal(ours: nn.Module, theirs: nn.Module, x: Tensor) -> None:
    leaves = [x.clone().requires_grad_() for _ in range(2)]
    outputs = [module.eval()(leaf) for module, leaf in zip((ours, theirs), leaves, strict=True)]
    gradients = [torch.autograd.grad(y.square().sum(), leaf)[0] for y, leaf in zip(outputs, leaves, strict=True)]
    for mine, other in (outputs, gradients):
        error = float((mine - other).detach().abs().max() / other.detach().abs().max())
        if not error <= TOLERANCE:
            msg = f"{type(ours).__name__} and {type(theirs).__name__} differ by {error:.1e}"
            raise ValueError(msg)


def call_of(module: nn.Module, x: Tensor, direction: str) -> Callable[[], object]:
    """Return the call: inference, the backward pass of a graph that is kept, or a training step's both."""
    if direction == "forward":
        module.eval()

        def forward() -> object:
            with torch.inference_mode():
                return module(x)

        return forward
    module.train()
    leaf = x.clone().requires_grad_()
    wanted = [leaf, *module.parameters()]
    output = module(leaf)
    upstream = torch.ones_like(output)
    if direction == "backward":
        return lambda: torch.autograd.grad(output, wanted, upstream, retain_graph=True)
    return lambda: torch.autograd.grad(module(leaf), wanted, upstream)


def paired_ratios(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> list[float]:
    """Return ours / theirs, one ratio a round, in random order within each."""
    clock = clock_for("cpu")
    calls = max(calls_per_sample(warm_up(call, clock, WARM_UP_S).call_s, clock) for call in (ours, theirs))
    order = random.Random(0)
    ratios = []
    for _ in range(rounds):
        taken = {call: clock.time(call, calls) for call in order.sample([ours, theirs], 2)}
        ratios.append(taken[ours] / taken[theirs])
    return ratios


def main() -> None:
    """Print one line a case, the geometric mean and the largest ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", metavar="NAME", help="one module")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    judged: list[float] = []
    print(
        f"ours / timm, {options.threads} thread(s), {options.rounds} rounds; results equal to {TOLERANCE:g} in float64"
    )
    print(f"{'module':16} {'map':>14} " + " ".join(f"{direction:>24}" for direction in DIRECTIONS))
    for pair in PAIRS:
        if options.only not in {None, pair.name}:
            continue
        for shape in SHAPES:
            ours, theirs = build(pair, shape)
            x = torch.randn(shape)
            cells = []
            for direction in DIRECTIONS:
                ratios = paired_ratios(call_of(ours, x, direction), call_of(theirs, x, direction), options.rounds)
                low, high = median_interval(ratios, 0.95) or (math.nan, math.nan)
                middle = statistics.median(ratios)
                judged += [middle] if direction in JUDGED else []
                cells.append(f"{middle:.3f} [{low:.3f}, {high:.3f}]")
            print(f"{pair.name:16} {'x'.join(map(str, shape)):>14} " + " ".join(f"{c:>24}" for c in cells), flush=True)
    mean = math.exp(statistics.fmean(map(math.log, judged)))
    print(f"geometric mean over {len(judged)} cases (forward, backward): {mean:.3f}; largest: {max(judged):.3f}")


if __name__ == "__main__":
    main()
