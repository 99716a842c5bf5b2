"""Does inference mode before training change anything, or training before inference mode?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .findings import Finding, Name, fault
from .origin import Raised, attempt
from .subject import agree, build, draw, evaluate, largest_difference, train_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from .places import Place

#: How torch refuses to train with what was made in inference mode.
_OF_INFERENCE = "nference tensor"
REMEDY = (
    "make what is kept when the module is built, as a buffer; or make it in a call under torch.inference_mode(False) "
    "and torch.no_grad()"
)


def of_inference(raised: Raised) -> bool:
    """Return whether torch complains of tensors that were made in inference mode."""
    return _OF_INFERENCE in str(raised.error)


def shared_inference(raised: Raised, home: Place) -> Finding:
    """Return what a new module is called that trains with what another one made in inference mode."""
    words = f"{raised.words(home.spec)}, in training of one module after a call of another in inference mode"
    return fault(Name.ORDER, words, REMEDY)


def check_order(home: Place) -> Iterator[Finding]:
    """Call one module in inference mode and then train it, and train another one first; compare with one that did not.

    What a module keeps from a call, such as a grid of positions, is of the mode in which it was made.
    """
    words = _trained_after(home) or _evaluated_after(home)
    if words:
        yield fault(Name.ORDER, words, REMEDY)


def _trained_after(home: Place) -> str:
    alone = attempt(train_step, build(home), draw(home))
    module = build(home)
    evaluated = attempt(evaluate, module, draw(home))
    if isinstance(evaluated, Raised):
        return f"{evaluated.words(home.spec)}, in inference mode"
    trained = attempt(train_step, module, draw(home))
    if isinstance(alone, Raised):
        return f"{alone.words(home.spec)}, in a training step"
    if isinstance(trained, Raised):
        return f"{trained.words(home.spec)}, in training after a call in inference mode"
    differing = _difference(trained, alone)
    return f"training after a call in inference mode gives another result: it differs by {differing}" * bool(differing)


def _evaluated_after(home: Place) -> str:
    module = build(home)
    for _ in range(2):
        trained = attempt(train_step, module, draw(home))
        if isinstance(trained, Raised):
            return f"{trained.words(home.spec)}, in a second training step"
    # Of the same seed: what is drawn and not saved is for the check of state dicts.
    other = build(home)
    if isinstance(attempt(other.load_state_dict, module.state_dict()), Raised):
        return ""
    evaluated, alone = attempt(evaluate, module, draw(home)), attempt(evaluate, other, draw(home))
    if isinstance(evaluated, Raised):
        return f"{evaluated.words(home.spec)}, in inference mode after training"
    if isinstance(alone, Raised):
        return f"{alone.words(home.spec)}, in inference mode"
    differing = _difference((evaluated,), (alone,))
    return f"inference after training differs from that of a copy with the same state_dict by {differing}" * bool(
        differing
    )


def _difference(ours: tuple[Tensor | None, ...], theirs: tuple[Tensor | None, ...]) -> str:
    """Return by how much two results differ; empty if they agree."""
    for mine, other in zip(ours, theirs, strict=True):
        if mine is None or other is None:
            if mine is not other:
                return "a gradient that one of them has not"
        elif not agree(mine, other):
            return f"{largest_difference(mine, other):.3g}"
    return ""
