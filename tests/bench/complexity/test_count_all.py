from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from bench.complexity.counter import count_all
from bench.complexity.fvcore_counter import FvcoreCounter
from bench.complexity.ptflops_counter import PtflopsCounter
from bench.complexity.torch_counter import TorchCounter
from bench.complexity.torchstat import TorchstatCounter
from results.records import Complexity, Count, OperatorCount, Unit

if TYPE_CHECKING:
    from bench.complexity.counter import Counter

COUNTERS: tuple[Counter, ...] = (TorchstatCounter(), FvcoreCounter(), PtflopsCounter(), TorchCounter())


class Watching:
    """A counter that notes in which state it is given the module."""

    rule = "watching"
    unit = Unit.MAC

    def __init__(self) -> None:
        self.training: list[bool] = []
        self.gradients: list[bool] = []

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Run the module once."""
        self.training.append(module.training)
        self.gradients.append(module(*inputs).requires_grad)
        return Count(rule=self.rule, unit=Unit.MAC, total=0, by_operator=())


class Failing(nn.Module):
    """Raises when it is called; what stands before it has been counted by then."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Raise ValueError."""
        msg = f"cannot take {self.before(x).shape[1]} channels"
        raise ValueError(msg)


class FailingOnce(Failing):
    """Runs when it is called for the first time, and never again."""

    def __init__(self) -> None:
        super().__init__()
        self.called = False

    def forward(self, x: Tensor) -> Tensor:
        """Raise ValueError from the second call on."""
        if self.called:
            return super().forward(x)
        self.called = True
        result: Tensor = self.before(x)
        return result


def network() -> nn.Module:
    """Build a convolution, a norm and an activation."""
    return nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), nn.ReLU())


def inputs() -> tuple[Tensor]:
    """Return one feature map."""
    return (torch.randn(1, 8, 4, 4),)


def hooks(module: nn.Module) -> int:
    """Count the hooks that a module and its parts call."""
    return sum(
        len(each._forward_hooks) + len(each._forward_pre_hooks) + len(each._backward_hooks) for each in module.modules()
    )


def test_parameters_and_every_rule() -> None:
    """One record a module: its parameters, one count a rule in the order of the counters, and what none counts."""
    assert count_all(network(), inputs(), (TorchCounter(), TorchstatCounter())) == Complexity(
        parameters=88,
        counts=(
            Count(rule="torch", unit=Unit.FLOP, total=2048, by_operator=(OperatorCount("conv", 2048),)),
            Count(
                rule="torchstat",
                unit=Unit.MADD,
                total=2688,
                by_operator=(OperatorCount("conv", 2048), OperatorCount("batch_norm", 512), OperatorCount("relu", 128)),
            ),
        ),
    )


def test_parameters_without_gradients_count() -> None:
    """A frozen weight takes as much memory as any other."""
    assert count_all(network().requires_grad_(requires_grad=False), inputs(), ()).parameters == 88


def test_a_shared_parameter_counts_once() -> None:
    """Two layers that share a weight have one."""
    first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    second.weight = first.weight
    assert count_all(nn.Sequential(first, second), (torch.ones(1, 4),), ()).parameters == 16


def test_counters_see_inference() -> None:
    """A counter gets the module in evaluation mode, and no graph is recorded."""
    watching = Watching()
    count_all(network().train(), inputs(), (watching,))
    assert (watching.training, watching.gradients) == ([False], [False])


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_restored(training: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """A module that was in training is so afterwards, in all its parts, and one that was not is not."""
    module = network().train(training)
    count_all(module, inputs(), COUNTERS)
    assert [each.training for each in module.modules()] == [training] * 4


def test_a_module_that_does_not_run_is_an_error_and_keeps_its_mode() -> None:
    """What the module raises is no failure of a rule; afterwards it can still be trained."""
    module = Failing().train()
    with pytest.raises(ValueError, match="cannot take 8 channels"):
        count_all(module, inputs(), (TorchCounter(),))
    assert module.training


def test_no_hook_is_left() -> None:
    """A module that has been counted runs as fast as before."""
    module = network()
    count_all(module, inputs(), COUNTERS)
    assert hooks(module) == 0


@pytest.mark.parametrize("counter", COUNTERS, ids=lambda counter: counter.rule)
def test_no_hook_is_left_after_an_error(counter: Counter) -> None:
    """Nor do hooks stay behind where a rule failed: each gets the module as the others do."""
    module = FailingOnce()
    assert [failure.rule for failure in count_all(module, inputs(), (counter,)).failures] == [counter.rule]
    assert hooks(module) == 0


def test_weights_and_statistics_are_untouched() -> None:
    """Counting changes nothing that training would see."""
    module = network()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    count_all(module.train(), inputs(), COUNTERS)
    torch.testing.assert_close(dict(module.state_dict()), before, rtol=0, atol=0)


def test_counting_twice_gives_the_same() -> None:
    """No counter remembers an earlier call."""
    module = network()
    assert count_all(module, inputs(), COUNTERS) == count_all(module, inputs(), COUNTERS)


def test_a_failure_inside_ptflops_is_an_error_with_its_message() -> None:
    """Where ptflops would print a traceback and go on without a figure, the reason reaches the caller."""
    with pytest.raises(RuntimeError, match=r"^ptflops could not count: ValueError: cannot take 8 channels$"):
        PtflopsCounter().count(Failing(), inputs())


def test_ptflops_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Its warnings and tracebacks do not get between the lines of a table."""
    PtflopsCounter().count(network(), inputs())
    with pytest.raises(RuntimeError):
        PtflopsCounter().count(Failing(), inputs())
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
