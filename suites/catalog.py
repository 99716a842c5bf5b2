"""The explicit table of suites, and of the views of what they measure."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from results.records import Mode

from . import accuracy, complexity, epoch, latency, memory, operators, overflow, pareto, train
from .selection import Defaults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attn_impls import Registry
    from bench.prepared import Prepared
    from results.records import Case

    from .selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What ``attnbench run`` can be asked by name."""

    name: str
    question: str
    defaults: Callable[[Registry], Defaults] = lambda _: Defaults()
    """What it measures where the user does not choose."""
    modes: tuple[Mode, ...] = (Mode.EAGER,)
    """How its cases can be executed."""
    in_networks: bool = True
    """Whether backbones make a difference to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite(Question):
    """A question, the cases that answer it, and how one of them is prepared."""

    cases: Callable[[Selection, Registry], list[Case]]
    """In the order in which reports show them."""
    prepare: Callable[[Case, Registry], Prepared]
    """Builds what one of them counts, times or watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Question):
    """A question that results of suites answer when networks are compared; ``reporting/kinds.py`` has its tables."""

    suites: tuple[str, ...]
    selected: Callable[[Selection, str], Selection] = lambda selection, _: selection
    """What of the user's choice a suite is given."""

    def cases(self, selection: Selection, registry: Registry) -> list[Case]:
        """Return the networks' cases of its suites: nothing else has a plain network to be compared with."""
        drawn_on = (
            case for name in self.suites for case in SUITES[name].cases(self.selected(selection, name), registry)
        )
        return [case for case in drawn_on if case.host is not None]


#: Of logit functions, which are all normaliser.
EAGER_OR_COMPILED = (Mode.EAGER, Mode.COMPILED)

_ROWS: tuple[Suite | View, ...] = (
    Suite(
        name=complexity.NAME,
        question="parameters, and multiply-adds by several rules",
        cases=complexity.cases,
        prepare=complexity.prepare,
    ),
    Suite(
        name=latency.NAME,
        question="forward and backward latency",
        cases=latency.cases,
        prepare=latency.prepare,
    ),
    Suite(
        name=memory.NAME,
        question="activations saved, peak of live bytes, bytes read and written",
        cases=memory.cases,
        prepare=memory.prepare,
    ),
    View(
        name="marginal",
        question="what attaching costs: parameters, multiply-adds, latency, against the plain network",
        suites=(complexity.NAME, latency.NAME),
    ),
    Suite(
        name=epoch.NAME,
        question="seconds of an epoch of training and of evaluation on real images, and what loading them takes",
        cases=epoch.cases,
        prepare=epoch.prepare,
        defaults=epoch.defaults,
        modes=tuple(Mode),
    ),
    Suite(
        name=train.NAME,
        question="what a network learns: loss and accuracy by epoch, over several seeds",
        cases=train.cases,
        prepare=train.prepare,
        defaults=train.defaults,
        modes=tuple(Mode),
    ),
    View(
        name=pareto.NAME,
        question="which networks no other one beats: accuracy, latency, memory, parameters, multiply-adds together",
        suites=pareto.SUITES,
        selected=pareto.selected,
        defaults=train.defaults_of_views,
    ),
    Suite(
        name=operators.NAME,
        question="logit functions, eager, compiled and fused: latency, and GB/s against a copy",
        cases=operators.cases,
        prepare=operators.prepare,
        defaults=operators.defaults,
        modes=EAGER_OR_COMPILED,
        in_networks=False,
    ),
    Suite(
        name=overflow.NAME,
        question="the smallest inputs at which output or gradient fail, exact to the dtype's neighbouring number",
        cases=overflow.cases,
        prepare=overflow.prepare,
        defaults=overflow.defaults,
        modes=EAGER_OR_COMPILED,
        in_networks=False,
    ),
    Suite(
        name=accuracy.NAME,
        question="errors against float64, over the scale of the inputs",
        cases=accuracy.cases,
        prepare=accuracy.prepare,
        defaults=accuracy.defaults,
        in_networks=False,
    ),
)
#: What ``attnbench run`` can be asked, in the order of lists and reports.
QUESTIONS: Mapping[str, Suite | View] = MappingProxyType({row.name: row for row in _ROWS})
#: Those that are measured.
SUITES: Mapping[str, Suite] = MappingProxyType({row.name: row for row in _ROWS if isinstance(row, Suite)})

#: What runs when nothing is named: a first answer within three minutes on two CPU cores.
DEFAULT = (complexity.NAME, latency.NAME)
