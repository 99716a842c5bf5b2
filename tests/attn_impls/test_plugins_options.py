"""Options are checked by name before anything is measured."""

# ruff: noqa: ARG002 - of these classes the signatures alone are looked at

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from torch import nn

from attn_impls import Family, Spec, builtin, options
from attn_impls.spec import parse_options
from attn_impls.tables import HOSTS, SPECS


class Base(nn.Module):
    """Takes two options."""

    def __init__(self, channels: int, *, reduction: int = 16, bias: bool = True) -> None:
        super().__init__()


class HandsOn(Base):
    """Hands what it does not know on to its base."""

    def __init__(self, channels: int, kernel: int = 3, **rest: Any) -> None:
        super().__init__(channels, **rest)


class Inherits(Base):
    """Has no constructor of its own."""


class ThrowsAway(nn.Module):
    """Takes anything, and uses none of it."""

    def __init__(self, channels: int, ratio: float = 0.5, **_: Any) -> None:
        super().__init__()


class TakesAnything(nn.Module):
    """Nobody can say what it knows."""

    def __init__(self, channels: int, **rest: Any) -> None:
        super().__init__()


class Wider(nn.Module):
    """Takes more than its defaults are."""

    def __init__(self, channels: int, scale: float = 1, size: int | str = 7) -> None:
        super().__init__()


def spec(factory: Any, family: Family = Family.GATE) -> Spec:
    return Spec(name="mine", family=family, summary="", factory=factory)


@pytest.mark.parametrize(
    ("row", "names"),
    [
        pytest.param(spec(Base), ("reduction", "bias"), id="own"),
        pytest.param(spec(Inherits), ("reduction", "bias"), id="inherited"),
        pytest.param(spec(HandsOn), ("kernel", "reduction", "bias"), id="handed-on"),
        pytest.param(spec(ThrowsAway), ("ratio",), id="thrown-away"),
        pytest.param(spec(TakesAnything), None, id="anything"),
        pytest.param(spec(partial(Base, bias=False)), ("reduction", "bias"), id="partial"),
        pytest.param(spec("torch.nn:LeakyReLU", Family.ACTIVATION), ("negative_slope", "inplace"), id="activation"),
        pytest.param(spec("torch.nn:Softmax", Family.NORMALIZER), (), id="normalizer"),
        pytest.param(spec("torch.nn:Tanh", Family.ACTIVATION), (), id="nothing"),
    ],
)
def test_the_options_of_a_factory(row: Spec, names: tuple[str, ...] | None) -> None:
    """Those of its signature beside what its family gives; a class that hands its keywords on has its bases' too."""
    assert options.known(row) == names


@pytest.mark.parametrize("row", [*SPECS, *HOSTS], ids=lambda row: row.name)
def test_every_row_of_our_own_has_options_that_its_factory_knows(row: Spec) -> None:
    """And all factories of the tables say which they know."""
    assert options.known(row) is not None
    options.check_names(row)


def test_a_known_option_is_accepted() -> None:
    """Whatever its value."""
    options.check(builtin().find("se:reduction=8"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("se:reducton=4", "unknown option 'reducton' of 'se'; did you mean 'reduction'? its options: reduction, "),
        ("se:channels=4", "unknown option 'channels' of 'se'; its options: reduction, "),
        ("softmax:scale=4", "unknown option 'scale' of 'softmax'; its options: none"),
        ("felu:a=4", "unknown option 'a' of 'felu'; its options: none"),
    ],
)
def test_an_unknown_option(name: str, message: str) -> None:
    """The message has the closest known one, and all."""
    with pytest.raises(ValueError, match="unknown option") as caught:
        options.check(builtin().find(name))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("row", "given", "message"),
    [
        (spec(Base), "reduction=abc", "reduction=abc: 'mine' takes a whole number there, such as 16"),
        (spec(Inherits), "reduction=2.5", "reduction=2.5: 'mine' takes a whole number there, such as 16"),
        (spec(HandsOn), "reduction=true", "reduction=true: 'mine' takes a whole number there, such as 16"),
        (spec(HandsOn), "bias=1", "bias=1: 'mine' takes true or false there, such as true"),
        (spec(ThrowsAway), "ratio=half", "ratio=half: 'mine' takes a number there, such as 0.5"),
        (spec(Wider), "scale=x", "scale=x: 'mine' takes a number there, such as 1"),
        (spec(lambda channels, scale=1: nn.Identity(channels, scale)), "scale=x", "scale=x: 'mine' takes a number the"),
    ],
)
def test_a_value_of_another_kind(row: Spec, given: str, message: str) -> None:
    """A word for a number is refused before anything is built."""
    with pytest.raises(ValueError, match="there, such as") as caught:
        options.check(row.with_options(parse_options(given)))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("row", "given"),
    [
        (spec(Base), "reduction=8,bias=false"),
        (spec(ThrowsAway), "ratio=1"),
        (spec(TakesAnything), "anything=goes"),
        (spec(Wider), "scale=0.5,size=auto"),
        (spec(lambda channels, scale=1: nn.Identity(channels, scale)), "scale=0.5"),
        (spec(lambda channels, size=None: nn.Identity(channels, size)), "size=abc"),
    ],
)
def test_a_value_that_may_be_right(row: Spec, given: str) -> None:
    """A whole number is a number; what has another default, or none, is the module's own affair."""
    options.check(row.with_options(parse_options(given)))


def test_a_missing_option() -> None:
    """What a factory cannot do without is named."""

    def make(channels: int, size: int) -> nn.Module:
        return nn.Identity(channels, size)

    with pytest.raises(
        ValueError, match="'mine' cannot be built: missing a required argument: 'size'; its options: size"
    ):
        options.check(spec(make))
