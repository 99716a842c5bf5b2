"""The table of axes: what can be chosen of a run.

The options of ``attnbench run`` and of ``pytest --attnbench``, the arguments of ``attnbench.run``, and the fields of
Request and Selection are made from it. Another axis is a row here, and its use in a suite.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from attn_impls import Family
from results.records import Mode, Part, Phase, Timing

from . import lists
from .option import option, options_of
from .parsers import Flag, OneOf, Text, Whole

#: More than anybody measures with; millions make the thread pool crash.
MOST_THREADS = 8 * (os.cpu_count() or 1)
#: A side of an image, and classes: with the largest batch, tensors are still small enough for a record.
MOST_PIXELS = 2**16
MOST_CLASSES = 2**20

FAMILIES = tuple(family.value for family in Family)
#: Heads, and numbers of one.
MOST_HEADS = 2**16
#: Of attention between tokens.
TOKEN_SUITES = ("complexity", "latency", "memory", "overflow", "accuracy")

#: Short words for the parts of a step.
PARTS = {"both": Part.BOTH, "computing": Part.COMPUTING, "loader": Part.LOADER}

CHANNELS_FIRST, CHANNELS_LAST = "channels_first", "channels_last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """One row an axis, with the type of what was parsed. Names are looked up when a run is planned."""

    impls: tuple[str, ...] = option(
        "--impl",
        Text(),
        metavar="GLOB",
        multiple=True,
        split=lists.implementations,
        words="Implementation, or a pattern such as 'sk/*'; several: se,cbam.",
        default_words="the PSK paper's variants, and what plug-ins bring",
    )
    families: tuple[str, ...] = option(
        "--family",
        OneOf(FAMILIES),
        metavar="FAMILY",
        multiple=True,
        words="Implementations of a family: attention (between tokens), gate, branch, normalizer or activation.",
        default_words="see --impl",
    )
    hosts: tuple[str, ...] = option(
        "--host",
        Text(),
        metavar="NAME",
        multiple=True,
        words="Network, or none: the attention alone.",
        default_words="the PSK paper's networks",
    )
    devices: tuple[str, ...] = option(
        "--device",
        Text(),
        metavar="D",
        multiple=True,
        words="cpu, cuda or cuda:N.",
        default_words="the best here",
    )
    batch_sizes: tuple[int, ...] = option(
        "--batch-size",
        Whole(),
        multiple=True,
        words="Images a call; several: 1,8,32.",
        default_words="4 (CUDA alone: 32); of epoch and train, the recipe's",
    )
    dtypes: tuple[str, ...] = option(
        "--dtype",
        Text(),
        metavar="T",
        multiple=True,
        words="float32, bfloat16, float16 or float64.",
        default_words="float32; of overflow and accuracy, all",
    )
    directions: tuple[str, ...] = option(
        "--direction",
        Text(),
        metavar="DIR",
        multiple=True,
        words="forward, backward or both.",
        default_words="all",
    )
    slots: tuple[str, ...] = option(
        "--slot",
        Text(),
        metavar="SLOT",
        multiple=True,
        split=lists.whole,
        words="Where in the network: block_output, or block_output@4 for stage 4 alone.",
        default_words="the first that fits",
    )
    image_size: int | None = option(
        "--image-size", Whole(lowest=8, highest=MOST_PIXELS), words="Height and width.", default_words="the network's"
    )
    num_classes: int | None = option(
        "--num-classes", Whole(lowest=1, highest=MOST_CLASSES), words="Classes of the network.", default_words="its own"
    )
    threads: int | None = option(
        "--threads", Whole(lowest=1, highest=MOST_THREADS), words="CPU threads.", default_words="torch's"
    )
    timing: str | None = option(
        "--timing",
        OneOf(tuple(timing.value for timing in Timing)),
        words="CUDA: caches hot or cold before each call, or a CUDA graph.",
        default_words="hot",
        # It has a clock of its own, which reads the CPU's time of calls one after the other.
        under_pytest=False,
    )
    modes: tuple[str, ...] = option(
        "--mode",
        OneOf(tuple(mode.value for mode in Mode)),
        multiple=True,
        words="eager, compiled, or of epoch compiled-normalizer: the attentions' normalisers alone.",
        default_words="eager; of operators, both where it matters",
        suites=("epoch", "train", "overflow", "operators"),
    )
    logits: tuple[str, ...] = option(
        "--logits",
        Text(),
        metavar="SHAPE",
        multiple=True,
        words="4096x1000, or 256x2x256@1 over dimension 1.",
        default_words="shapes of branches, classes, attention",
        suites=("operators",),
    )
    lengths: tuple[str, ...] = option(
        "--length",
        Text(),
        metavar="N",
        multiple=True,
        words="Tokens of sdpa and attention/*: 1024, or queries and keys, 1x1024.",
        default_words="256,1024; of overflow and accuracy, 64; with --family attention, 64 to 1024",
        suites=TOKEN_SUITES,
    )
    heads: tuple[int, ...] = option(
        "--heads",
        Whole(lowest=1, highest=MOST_HEADS),
        multiple=True,
        words="Query heads, between tokens, or heads of a token mixer.",
        default_words="8; of mixers, 12",
        suites=TOKEN_SUITES,
    )
    head_dims: tuple[int, ...] = option(
        "--head-dim",
        Whole(lowest=1, highest=MOST_HEADS),
        multiple=True,
        words="Width of a head, between tokens, or of a token mixer.",
        default_words="64",
        suites=TOKEN_SUITES,
    )
    kv_heads: tuple[int, ...] = option(
        "--kv-heads",
        Whole(lowest=1, highest=MOST_HEADS),
        multiple=True,
        words="Key and value heads, which query heads share: 8,2,1.",
        default_words="as --heads",
        suites=TOKEN_SUITES,
    )
    grids: tuple[str, ...] = option(
        "--grid",
        Text(),
        metavar="HxW",
        multiple=True,
        words="Tokens of mixers such as mha: a grid, 14x14, or one row, 1x196.",
        default_words="14x14",
        suites=TOKEN_SUITES,
    )
    memory_format: str = option(
        "--memory-format",
        OneOf((CHANNELS_FIRST, CHANNELS_LAST)),
        metavar="FORMAT",
        default=CHANNELS_FIRST,
        words="channels_first or channels_last, of networks and modules, and of their inputs.",
        default_words=CHANNELS_FIRST,
        suites=("latency", "memory", "marginal", "epoch", "train"),
    )
    datasets: tuple[str, ...] = option(
        "--dataset",
        Text(),
        metavar="NAME",
        multiple=True,
        words="fashion-mnist, mnist, cifar10, cifar100 or digits.",
        default_words="fashion-mnist",
        suites=("epoch", "train", "pareto"),
    )
    data: str | None = option(
        "--data",
        Text(),
        metavar="DIR",
        words="Where data sets are looked for first, see attnbench data.",
        suites=("epoch", "train", "pareto"),
    )
    download: bool = option(
        "--download",
        Flag(),
        default=False,
        words="Get data sets that --data lacks.",
        suites=("epoch", "train", "pareto"),
    )
    recipe: str = option(
        "--recipe",
        Text(),
        metavar="NAME",
        default="psk",
        words="How the paper of that name trained.",
        default_words="psk",
        suites=("epoch", "train", "pareto"),
    )
    epochs: int | None = option(
        "--epochs",
        Whole(lowest=1),
        words="Of a training; the recipe's rates change at the same shares of it.",
        default_words="the recipe's",
        suites=("train", "pareto"),
    )
    seeds: int = option(
        "--seeds",
        Whole(lowest=1),
        metavar="K",
        default=1,
        words="Trainings of each network, from seed 0 on.",
        default_words="1",
        suites=("train", "pareto"),
    )
    most_steps: int | None = option(
        "--steps",
        Whole(lowest=1),
        words="Of an epoch, at most.",
        default_words="all images once",
        suites=("train", "pareto"),
    )
    amp: bool = option(
        "--amp",
        Flag(),
        default=False,
        words="Mixed precision: bfloat16 where autocast has it.",
        suites=("train", "pareto"),
    )
    phases: tuple[str, ...] = option(
        "--phase",
        OneOf(tuple(phase.value for phase in Phase)),
        multiple=True,
        words="What an epoch is of.",
        default_words="both",
        suites=("epoch",),
    )
    parts: tuple[str, ...] = option(
        "--part",
        OneOf(tuple(PARTS)),
        multiple=True,
        words="What of a step is timed.",
        default_words="all",
        suites=("epoch",),
    )
    plugins: tuple[str, ...] = option(
        "--plugin",
        Text(),
        metavar="PLUGIN",
        multiple=True,
        split=lists.whole,
        words="Add implementations: FILE.py, a module (package.module), or timm, flash_attn, xformers, natten.",
    )


#: All axes, in the order of the table.
AXES = options_of(Axes)
