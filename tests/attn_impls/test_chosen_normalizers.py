"""The normaliser of SK, Split, PSK and global context is an option, and can be a plug-in's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from attn_impls import Family, Spec, builtin, options, sources
from attn_impls.normalizers import LogNSoftmax

from .setups import SITES


class Sharpened(nn.Module):
    """Softmax of so many times the logits."""

    def __init__(self, dim: int, beta: float = 1.0) -> None:
        super().__init__()
        self.dim = dim
        self.beta = beta

    def forward(self, logits: Tensor) -> Tensor:
        return (self.beta * logits).softmax(self.dim)


class Doubled(Sharpened):
    """The same class by another name."""


def own(factory: type[nn.Module]) -> Spec:
    return Spec(name="mine", family=Family.NORMALIZER, summary="sharpened softmax", factory=factory)


SITE = SITES["grouped"]
KNOWN = builtin().with_specs([own(Sharpened)])
TAKING_ONE = ("sk/softmax", "sk/official", "split/softmax", "split/official", "psk", "global_context")


@pytest.mark.parametrize("name", TAKING_ONE)
def test_a_plugins_normaliser_stands_in_the_module(name: str) -> None:
    """It is built over the dimension of the branches or positions, with the option that its name brings."""
    spec = KNOWN.find(f"{name}:normalizer=mine:beta=3")
    assert spec.name == f"{name}:normalizer=mine:beta=3"
    module = spec.build(SITE)
    (found,) = (part for part in module.modules() if isinstance(part, Sharpened))
    assert (found.dim, found.beta) == (1, 3)
    out = module(torch.randn(2, SITE.in_channels, 8, 8))
    assert out.isfinite().all()


def test_other_options_stay() -> None:
    """They are the spec's options as before."""
    spec = KNOWN.find("global_context:normalizer=mine,reduction=4")
    assert spec.options == {"normalizer": "mine", "reduction": 4}
    assert spec.name == "global_context:normalizer=mine,reduction=4"
    assert spec.build(SITE).reduce.out_channels == SITE.out_channels // 4  # type: ignore[union-attr]


def test_one_of_ours_with_an_option() -> None:
    """It is built and checked like any other, and may have an option of its own."""
    assert KNOWN.find("sk/softmax:normalizer=softmax/log_n").options == {"normalizer": "softmax/log_n"}
    assert isinstance(KNOWN.find("sk/softmax:normalizer=softmax/log_n").build(SITE).normalizer, LogNSoftmax)
    module = KNOWN.find("sk/softmax:normalizer=entmax:alpha=1.25").parts["normalizer"]
    assert (module.name, module.options) == ("entmax:alpha=1.25", {"alpha": 1.25})


def test_its_source_counts() -> None:
    """Another normaliser, or another option of it, is another case; the same one is the same."""
    names = ("sk/softmax", "sk/softmax:normalizer=mine", "sk/softmax:normalizer=mine:beta=2")
    digests = [sources.digest(*KNOWN.find(name).factories) for name in names]
    other = builtin().with_specs([own(Doubled)]).find(names[1])
    assert len({*digests, sources.digest(*other.factories)}) == len(names) + 1
    assert digests[1] == sources.digest(*KNOWN.find(names[1]).factories)


@pytest.mark.parametrize(
    "name",
    [
        "se:normalizer=mine",
        "softmax:normalizer=mine",
        "sk/softmax:normalizer=mine:bogus=2",
        "sk/softmax:normalizer=mine:beta=x",
        "sk/softmax:normalizer=mine:dim=2",
        "sk/softmax:normalizer=softmax/log_n:bogus=1",
    ],
)
def test_options_are_checked_all_the_same(name: str) -> None:
    """Those of the module, and those of its normaliser."""
    with pytest.raises(ValueError, match=r"unknown option|takes a number there"):
        options.check(KNOWN.find(name))
    options.check(KNOWN.find("sk/softmax:normalizer=mine:beta=2"))


@pytest.mark.parametrize(("name", "hint"), [("sofmax", "; did you mean 'softmax'?"), ("se", ";"), ("min", "; did you")])
def test_no_such_normaliser(name: str, hint: str) -> None:
    """It is refused before anything is built, with the closest name and all of them."""
    with pytest.raises(ValueError, match=rf"^unknown normaliser '{name}'{hint}") as refused:
        KNOWN.find(f"sk/softmax:normalizer={name}")
    names = str(refused.value).partition("all: ")[2].split(", ")
    assert names == [spec.name for spec in KNOWN.specs.values() if spec.family is Family.NORMALIZER]


def test_a_plugins_own_option_of_that_name_is_its_own() -> None:
    """What a plug-in's module calls its normaliser is none of ours."""

    class Norm(nn.Module):
        """Takes "layer" or "batch"."""

        def __init__(self, channels: int, normalizer: str = "layer") -> None:
            super().__init__()
            self.chosen = (channels, normalizer)

    added = Spec(name="other", family=Family.GATE, summary="has a norm", factory=Norm)
    spec = KNOWN.with_specs([added]).find("other:normalizer=batch")
    assert spec.build(SITE).chosen == (SITE.out_channels, "batch")
