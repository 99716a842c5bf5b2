"""The words of the records: what there is to choose from, and what can come of it."""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    """What a case runs."""

    OP = "op"
    """A logit function: a normaliser or an activation."""
    MODULE = "module"
    """An attention module alone, on one feature map."""
    TOKENS = "tokens"
    """An attention between tokens alone, on queries, keys and values."""
    MIXER = "mixer"
    """A token mixer alone, on sequences of tokens."""
    NETWORK = "network"
    """A backbone with the attention in one slot of every block."""


class Direction(StrEnum):
    """Which part of a training step a call runs."""

    FORWARD = "forward"
    """Inference: evaluation mode, no graph."""
    BACKWARD = "backward"
    """Gradients of all parameters, and of the input but for a network's images, from a graph made once and retained."""
    FORWARD_BACKWARD = "forward+backward"
    """Both, in training mode, as one call."""


class Mode(StrEnum):
    """How the module is executed."""

    EAGER = "eager"
    COMPILED = "compiled"
    """All of it, by ``torch.compile``."""
    COMPILED_NORMALIZER = "compiled-normalizer"
    """Of a network: its attentions' normalisers alone by ``torch.compile``, all else eager."""


class Phase(StrEnum):
    """What an epoch is of."""

    TRAINING = "training"
    """Forward, loss, backward and the optimiser's step, of every training image."""
    EVALUATION = "evaluation"
    """Forward alone, without a graph, of every test image."""


class Part(StrEnum):
    """What of an epoch's step is timed."""

    BOTH = "both"
    """A batch is loaded, and computed with: what an epoch takes."""
    COMPUTING = "computing alone"
    """With a batch that stays in memory."""
    LOADER = "loader alone"
    """A batch is loaded, and nothing is computed."""


class Timing(StrEnum):
    """In which state of the caches, and how launched, a call is timed. On the CPU there is only hot."""

    HOT = "hot"
    """Call after call: what fits into the caches stays there."""
    COLD = "cold"
    """The device's L2 cache is flushed before every call."""
    GRAPH = "graph"
    """Replayed from a CUDA graph, caches hot: kernels without the CPU's launches."""


class StopReason(StrEnum):
    """Why sampling ended."""

    PRECISION = "precision"
    """The intervals of the median, and of the ratio to what the case is divided by, are as narrow as asked for."""
    BUDGET = "budget"
    """The time allowed for the case is spent; an interval may be wider than asked for."""


class When(StrEnum):
    """On which side of a run something was measured."""

    BEFORE = "before"
    AFTER = "after"


class FailureKind(StrEnum):
    """What went wrong, in one word that tables can show."""

    EXCEPTION = "exception"
    OUT_OF_MEMORY = "out of memory"
    NAN = "NaN output"
    CRASH = "crash"
    """A signal ended the process: a segmentation fault, an abort."""
    EXIT = "exit"
    """The process ended itself."""
    HANG = "hang"
    """A step took longer than the time limit; the process was killed."""
    FOLDER = "run's folder"
    """What lies in the folder of the run cannot be used or written: the run ends there, and can be resumed."""
    MACHINE_LOST = "machine lost"
    """Each machine that was to measure it died or did not answer any more, several in turn."""


class Unit(StrEnum):
    """What one count of a complexity rule stands for."""

    MADD = "MAdd"
    """One operation by torchstat's rule: a multiplication and an addition are two."""
    MAC = "MAC"
    """One multiplication with its addition."""
    FLOP = "FLOP"
    """One floating-point operation: a multiply-accumulate is two."""
