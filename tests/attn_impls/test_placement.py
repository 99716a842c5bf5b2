"""Where attentions go: slots, stages, occupants, and options in a name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
from torch import nn

from attn_impls import Family, HostSpec, Placement, Site, Spec, builtin

if TYPE_CHECKING:
    from torch import Tensor

SITE = Site(in_channels=8, out_channels=8, kernel_size=3, stride=1, groups=1, height=6, width=5, stage="2")


class Sized(nn.Module):
    """Keeps what it was built with."""

    def __init__(self, channels: int, *, height: int, width: int, gain: float = 1.0) -> None:
        super().__init__()
        self.built_with = (channels, height, width, gain)

    def forward(self, x: Tensor) -> Tensor:
        return x


class Occupant(nn.Identity):
    """Stands in the slot of the plain backbone."""


class Attached(nn.Identity):
    """Is put there instead."""


def spec(factory: type[nn.Module], *, sized: bool = False, family: Family = Family.GATE) -> Spec:
    """Describe a class."""
    return Spec(name=factory.__name__.lower(), family=family, summary="for tests", factory=factory, sized=sized)


def chain(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build a backbone with one slot in each of two stages; nothing stands where nothing is put."""
    del num_classes, image_size
    sites = {
        "2": SITE,
        "3": Site(in_channels=8, out_channels=8, kernel_size=3, stride=1, groups=1, height=3, width=3, stage="3"),
    }
    return nn.ModuleDict({stage: placement.gate_at("here", site) for stage, site in sites.items()})


HOST = HostSpec(
    name="chain",
    summary="for tests",
    factory=chain,
    slots=MappingProxyType({"here": Family.GATE, "there": Family.BRANCH}),
    stages=("2", "3"),
)


def test_a_sized_gate_is_built_for_the_map_of_its_place() -> None:
    """Height and width are the site's; options come with them."""
    built = spec(Sized, sized=True).with_options({"gain": 0.5}).build(SITE)
    assert built.built_with == (8, 6, 5, 0.5)


def test_a_slot_without_stages_is_filled_everywhere() -> None:
    """Every block of the backbone gets the attention."""
    built = HOST.build(spec(Attached), slot="here")
    assert [type(each) for each in built.children()] == [Attached, Attached]


def test_a_stage_is_filled_alone() -> None:
    """``slot@stage`` leaves the other stages as they are."""
    built = HOST.build(spec(Attached), slot="here@3")
    assert [type(each) for each in built.children()] == [nn.Identity, Attached]


def test_an_occupant_stands_where_nothing_else_is_put() -> None:
    """A backbone such as SKNet is plain with SK in its slots; what is attached takes their place, stage by stage."""
    host = HostSpec(
        name="occupied",
        summary="for tests",
        factory=chain,
        slots=HOST.slots,
        stages=HOST.stages,
        occupants=MappingProxyType({"here": spec(Occupant)}),
    )
    assert [type(each) for each in host.build(None).children()] == [Occupant, Occupant]
    assert [type(each) for each in host.build(spec(Attached), slot="here@2").children()] == [Attached, Occupant]


@pytest.mark.parametrize(
    ("slot", "message"),
    [
        ("inside", "unknown slot 'inside' of 'chain'; choose from here, there"),
        ("here@4", "unknown stage '4' of 'chain'; its stages: 2, 3"),
        ("there", r"'attached' \(gate\) does not fit slot 'there' of 'chain'; slots that fit: here"),
    ],
)
def test_a_place_that_does_not_exist_is_refused(slot: str, message: str) -> None:
    """The message names what there is."""
    with pytest.raises(ValueError, match=f"^{message}$"):
        HOST.build(spec(Attached), slot=slot)


def test_options_come_with_a_name() -> None:
    """They override those of the row, are typed, and stand in the name in alphabetical order."""
    found = builtin().find("se/hard_sigmoid:reduction=8,bias=false")
    assert found.name == "se/hard_sigmoid:bias=false,reduction=8"
    assert dict(found.options) == {**builtin().specs["se/hard_sigmoid"].options, "reduction": 8, "bias": False}


def test_a_name_with_options_is_found_again() -> None:
    """What a case has on record builds the same thing."""
    found = builtin().find("se:reduction=8,excitation=tanh")
    assert builtin().find(found.name) == found


@pytest.mark.parametrize("text", ["se:reduction", "se:=4", "se:reduction=", "se:re duction=4"])
def test_what_is_no_option_is_refused(text: str) -> None:
    """An option is a name, an equals sign and a value."""
    with pytest.raises(ValueError, match=r"is not an option; write name=value$"):
        builtin().find(text)


def test_a_name_with_a_colon_is_refused() -> None:
    """A colon begins the options."""
    with pytest.raises(ValueError, match="has a colon, which is kept for options"):
        builtin().with_specs([Spec(name="a:b", family=Family.GATE, summary="", factory="torch.nn:Identity")])


def test_an_option_given_twice_is_refused() -> None:
    """Which of the two would count is nothing to guess."""
    with pytest.raises(ValueError, match=r"^the option 'reduction' is given twice$"):
        builtin().find("se:reduction=4,reduction=8")
