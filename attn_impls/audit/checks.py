"""All checks, in the order in which they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .as_built import check_as_built
from .compiled import check_compiled
from .copies import check_copies, check_state_dict
from .findings import Name
from .gradients import check_gradients, check_zero_parameters
from .images import check_images
from .kept import check_kept_output
from .lengths import check_lengths, check_poisoned_padding
from .memory_format import check_channels_last
from .mixers import check_later_tokens
from .modes import check_random, check_training
from .mutation import check_mutation
from .orders import check_order
from .precision import check_dtypes
from .process import check_process
from .registered import check_registered
from .shapes import check_contract, check_first_call
from .sized import check_other_size
from .timed_gradient import check_timed_gradient
from .tokens import check_inputs_used, check_poisoned, check_visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .findings import Finding
    from .places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question. It is not asked after a fault whose consequences would be all that it finds."""

    name: Name
    """Of the finding, if the check itself ends in an exception."""
    look: Callable[[Place], Iterable[Finding]]
    not_after: frozenset[Name] = frozenset()
    compiles: bool = False


#: What is not registered is neither cast nor saved.
_STATE = frozenset({Name.UNREGISTERED})
#: Where two calls differ, or do not work on what they are given, nothing can be compared.
_COMPARED = frozenset({Name.RANDOM, Name.KEPT_OUTPUT})
#: Where training fails, or leaves behind what the next call trips over, there is nothing to train.
_TRAINED = frozenset({Name.TRAINING, Name.ORDER})
_BACKWARD = _TRAINED | {Name.INPUT_CHANGED}

CHECKS = (
    Check(name=Name.PROCESS, look=check_process),
    Check(name=Name.UNREGISTERED, look=check_registered),
    Check(name=Name.FIRST_CALL, look=check_first_call),
    Check(name=Name.FORWARD, look=check_contract),
    Check(name=Name.OTHER_SIZE, look=check_other_size),
    Check(name=Name.OUTPUT_NOT_FINITE, look=check_as_built, not_after=frozenset({Name.OUTPUT_NOT_FINITE})),
    Check(name=Name.TRAINING, look=check_training),
    Check(name=Name.INPUT_CHANGED, look=check_mutation, not_after=_TRAINED),
    Check(name=Name.RANDOM, look=check_random, not_after=_TRAINED),
    Check(name=Name.TIMED_GRADIENT, look=check_timed_gradient, not_after=_BACKWARD | {Name.OUTPUT_SHAPE}),
    Check(
        name=Name.ORDER,
        look=check_order,
        not_after=_STATE | _COMPARED | _BACKWARD | {Name.TIMED_GRADIENT, Name.STATE_CHANGED, Name.OUTPUT_NOT_FINITE},
    ),
    Check(name=Name.KEPT_OUTPUT, look=check_kept_output, not_after=_COMPARED | _BACKWARD | {Name.OUTPUT_SHAPE}),
    Check(name=Name.MIXES_IMAGES, look=check_images, not_after=_COMPARED | {Name.OUTPUT_SHAPE}),
    Check(name=Name.NO_GRADIENT, look=check_gradients, not_after=_BACKWARD | {Name.KEPT_OUTPUT}),
    Check(name=Name.SEES_HIDDEN, look=check_visible, not_after=_COMPARED | {Name.OUTPUT_SHAPE}),
    Check(name=Name.SEES_HIDDEN, look=check_later_tokens, not_after=_COMPARED | {Name.OUTPUT_SHAPE}),
    Check(name=Name.HIDDEN_NAN, look=check_poisoned, not_after=_COMPARED | {Name.OUTPUT_SHAPE, Name.SEES_HIDDEN}),
    Check(name=Name.PADDING, look=check_lengths, not_after=_COMPARED | {Name.OUTPUT_SHAPE}),
    Check(
        name=Name.PADDED_NAN,
        look=check_poisoned_padding,
        not_after=_COMPARED | {Name.OUTPUT_SHAPE, Name.PADDING},
    ),
    Check(name=Name.NO_GRADIENT, look=check_inputs_used, not_after=_BACKWARD | {Name.KEPT_OUTPUT}),
    Check(name=Name.ZERO_PARAMETER, look=check_zero_parameters, not_after=_TRAINED | {Name.KEPT_OUTPUT}),
    Check(name=Name.DTYPE, look=check_dtypes, not_after=_STATE | _COMPARED),
    Check(name=Name.CHANNELS_LAST, look=check_channels_last, not_after=_STATE | _COMPARED),
    Check(name=Name.STATE_DICT, look=check_state_dict, not_after=_STATE | _COMPARED),
    Check(name=Name.DEEPCOPY, look=check_copies, not_after=_COMPARED),
    Check(name=Name.COMPILE, look=check_compiled, not_after=_STATE | _COMPARED, compiles=True),
)
