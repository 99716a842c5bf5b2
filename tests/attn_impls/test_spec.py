"""Describing an implementation with one decorator, and building from the description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from torch import Tensor, nn

from attn_impls import Family, Spec, activation, branch, builtin, gate, normalizer
from attn_impls.decorators import SPECS_ATTRIBUTE
from attn_impls.spec import resolve

from .setups import SITES

if TYPE_CHECKING:
    from collections.abc import Callable

SITE = SITES["widening"]


@pytest.mark.parametrize(
    ("decorate", "family"),
    [
        (normalizer, Family.NORMALIZER),
        (activation, Family.ACTIVATION),
        (gate, Family.GATE),
        (branch, Family.BRANCH),
    ],
)
def test_decorator_leaves_a_spec_on_the_class(
    decorate: Callable[..., Callable[[type[nn.Module]], type[nn.Module]]], family: Family
) -> None:
    """Each decorator describes its class with its family, and hands the class back."""

    class Mine(nn.Module):
        """Does nothing yet.

        Not part of the summary.
        """

    assert decorate("mine", paper="arXiv:2601.01234", reduction=8)(Mine) is Mine
    assert vars(Mine)[SPECS_ATTRIBUTE] == (
        Spec(
            name="mine",
            family=family,
            summary="Does nothing yet.",
            paper="arXiv:2601.01234",
            factory=Mine,
            options={"reduction": 8},
        ),
    )


def test_class_without_a_docstring_has_no_summary() -> None:
    """A docstring is not required."""

    @gate("mine")
    class Mine(nn.Module):
        pass

    assert vars(Mine)[SPECS_ATTRIBUTE][0].summary == ""


def test_two_decorators_give_two_implementations() -> None:
    """One class can stand in the tables under several names, each with options of its own."""

    @gate("mine/wide", reduction=2)
    @gate("mine/narrow", reduction=8)
    class Mine(nn.Module):
        pass

    assert [(spec.name, dict(spec.options)) for spec in vars(Mine)[SPECS_ATTRIBUTE]] == [
        ("mine/narrow", {"reduction": 8}),
        ("mine/wide", {"reduction": 2}),
    ]


def test_subclass_is_not_described_by_its_base() -> None:
    """A decorated subclass has its own spec alone, and leaves its base the base's."""

    @gate("base")
    class Base(nn.Module):
        pass

    @gate("derived")
    class Derived(Base):
        pass

    class Undecorated(Base):
        pass

    assert [spec.name for spec in vars(Derived)[SPECS_ATTRIBUTE]] == ["derived"]
    assert [spec.name for spec in vars(Base)[SPECS_ATTRIBUTE]] == ["base"]
    assert SPECS_ATTRIBUTE not in vars(Undecorated)


class Recorder(nn.Module):
    """Keeps what it was built with."""

    def __init__(self, *arguments: int, **options: object) -> None:
        super().__init__()
        self.built_with = (arguments, options)

    def forward(self, x: Tensor) -> Tensor:
        """Pass through."""
        return x


def recorder_spec(family: Family) -> Spec:
    """Describe the recorder as one of a family, with one option."""
    return Spec(name="mine", family=family, summary="", factory=Recorder, options={"extra": 1})


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        (Family.GATE, ((8,), {"extra": 1})),
        (Family.BRANCH, ((4, 8), {"kernel_size": 3, "stride": 1, "groups": 2, "extra": 1})),
    ],
)
def test_build_gives_the_place_and_the_options(family: Family, expected: object) -> None:
    """A gate is built for a place's output channels, a branch for all of the place; both with their options."""
    assert recorder_spec(family).build(SITE).built_with == expected


@pytest.mark.parametrize(
    ("family", "expected"), [(Family.NORMALIZER, ((1,), {"extra": 1})), (Family.ACTIVATION, ((), {"extra": 1}))]
)
def test_build_op_gives_the_dimension_and_the_options(family: Family, expected: object) -> None:
    """A normaliser is built for its dimension, an activation for none; both with their options."""
    assert recorder_spec(family).build_op(1).built_with == expected


def test_a_normaliser_has_no_place() -> None:
    """A logit function cannot be built for a place in a network."""
    with pytest.raises(TypeError, match=r"^'softmax' is a logit function \(normalizer\); it has no slot"):
        builtin().specs["softmax"].build(SITE)


def test_an_activation_is_built_for_any_place() -> None:
    """It needs nothing of the place: some networks have slots for it."""
    assert type(builtin().specs["plu"].build(SITE)).__name__ == "PLU"


@pytest.mark.parametrize(("name", "family"), [("se", "gate"), ("psk", "branch")])
def test_module_on_feature_maps_takes_no_dimension(name: str, family: str) -> None:
    """A gate or a branch cannot be built as a logit function."""
    with pytest.raises(TypeError, match=rf"^'{name}' is a {family}; it maps feature maps, not logits$"):
        builtin().specs[name].build_op(1)


def test_factory_named_as_text_is_imported() -> None:
    """``package.module:Name`` stands for the object of that name; a callable stands for itself."""
    assert resolve("torch.nn:Identity") is nn.Identity
    assert resolve(Recorder) is Recorder


def test_factory_with_a_relative_name_is_refused() -> None:
    """It would be looked up in whatever version of the package is asked."""
    with pytest.raises(TypeError, match="package"):
        resolve(".activations:PLU")
