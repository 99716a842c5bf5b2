"""Backbones: networks with named slots, and the one way to put an attention into them."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from .spec import Family, Option, Origin, Spec, resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from contextlib import AbstractContextManager

    from torch import nn

    from .site import Site, TokenSite
    from .spec import Factory


#: What the names of timm's networks begin with.
TIMM = "timm:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What goes where while a backbone is built: the backbone asks at every one of its slots, block by block."""

    spec: Spec | None = None
    """What is attached, or None: the plain backbone."""
    slot: str | None = None
    """Where it goes."""
    stages: Collection[str] | None = None
    """In which stages; None: in all."""
    occupants: Mapping[str, Spec] = field(default_factory=lambda: MappingProxyType({}))
    """What stands in the slots of the plain backbone, as SK in those of SKNet; by ``slot`` or ``slot@stage``."""
    places: list[Site | TokenSite] = field(default_factory=list)
    """Where what is attached has been put so far."""

    def at(self, slot: str, site: Site | TokenSite) -> nn.Module | None:
        """Build what goes to this slot at this site, or return None: nothing does."""
        chosen = self.slot == slot and (self.stages is None or site.stage in self.stages)
        occupant = self.occupants.get(f"{slot}@{site.stage}", self.occupants.get(slot))
        spec = self.spec if chosen else occupant
        if chosen and spec is not None:
            self.places.append(site)
        return None if spec is None else spec.build(site)

    def gate_at(self, slot: str, site: Site) -> nn.Module:
        """Build what goes to this slot at this site; where nothing does, the identity."""
        from torch import nn

        return self.at(slot, site) or nn.Identity()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """A network with named slots, and the family that fits each; the first slot of a family is its default.

    ``factory(placement, num_classes=, image_size=, **options)`` returns the network, [B, in_channels, S, S] ->
    logits [B, num_classes].
    """

    attnbench_row: ClassVar[Literal["host"]] = "host"
    """As in Spec."""
    name: str
    summary: str
    factory: str | Factory
    slots: Mapping[str, Family]
    stages: tuple[str, ...] = ()
    """Names of the groups of blocks that can be filled alone, as the paper numbers them."""
    paper: str = ""
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))
    occupants: Mapping[str, Spec] = field(default_factory=lambda: MappingProxyType({}))
    """What stands in a slot of the plain network: by ``slot``, or by ``slot@stage`` in one stage."""
    image_size: int = 224
    """Of the data it is made for: height and width."""
    in_channels: int = 3
    num_classes: int = 1000
    origin: Origin = Origin.PLUGIN

    @property
    def arguments(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of what every factory of a backbone is given: by position, and by name."""
        return ("placement",), ("num_classes", "image_size")

    def default_slot(self, family: Family) -> str | None:
        """Return the slot that an implementation of this family takes when none is named, or None if none fits."""
        return next(iter(self.fitting(family)), None)

    def fitting(self, family: Family) -> tuple[str, ...]:
        """Return the slots that fit this family."""
        return tuple(slot for slot, fits in self.slots.items() if fits == family)

    def split_slot(self, text: str) -> tuple[str, tuple[str, ...] | None]:
        """Return the slot and the stages of ``slot`` or ``slot@stage,stage``; None stands for all stages.

        Raises:
            ValueError: the backbone has no such slot or stage, or a stage is named twice.

        """
        slot, at, rest = text.partition("@")
        stages = tuple(rest.split(",")) if at else None
        if slot not in self.slots:
            msg = f"unknown slot {slot!r} of {self.name!r}; choose from {', '.join(self.slots)}"
            raise ValueError(msg)
        unknown = [stage for stage in stages or () if stage not in self.stages]
        if unknown:
            known = ", ".join(self.stages) or "none"
            msg = f"unknown stage {unknown[0]!r} of {self.name!r}; its stages: {known}"
            raise ValueError(msg)
        repeated = next((stage for stage in stages or () if rest.split(",").count(stage) > 1), None)
        if repeated is not None:
            # Each spelling would be another case, of the same network.
            msg = f"the stage {repeated!r} is named twice in {text!r}; name each once"
            raise ValueError(msg)
        return slot, stages

    def _guard(self) -> AbstractContextManager[None]:
        """Return what puts back whatever somebody else's backbone changes of the process while it is built."""
        if self.origin == Origin.OURS:
            return nullcontext()
        from .process import guarded

        return guarded(self.name, "building it")

    def build(
        self,
        spec: Spec | None,
        *,
        slot: str | None = None,
        num_classes: int | None = None,
        image_size: int | None = None,
    ) -> nn.Module:
        """Build the network, plain (``spec=None``) or with an attention in one slot.

        Args:
            spec: what to attach.
            slot: where: ``slot`` for every block, ``slot@stage,stage`` for those of these stages alone; by default the
                first slot that fits the spec's family.
            num_classes: width of the classifier; by default the backbone's own.
            image_size: height and width of the images; by default the backbone's own. Only what is sized by the map
                depends on it.

        Raises:
            ValueError: the backbone has no such slot or stage, or none that fits, or no such slot in these stages.

        """
        chosen = slot if slot is not None or spec is None else self.default_slot(spec.family)
        where, stages = (None, None) if chosen is None else self.split_slot(chosen)
        if spec is not None and (where is None or self.slots[where] != spec.family):
            msg = (
                f"{spec.name!r} ({spec.family}) does not fit slot {chosen!r} of {self.name!r}; "
                f"slots that fit: {', '.join(self.fitting(spec.family)) or 'none'}"
            )
            raise ValueError(msg)
        placement = Placement(spec=spec, slot=None if spec is None else where, stages=stages, occupants=self.occupants)
        with self._guard():
            network = resolve(self.factory)(
                placement,
                num_classes=self.num_classes if num_classes is None else num_classes,
                image_size=self.image_size if image_size is None else image_size,
                **self.options,
            )
        if spec is not None and not placement.places:
            # The plain network would be measured under the attention's name.
            msg = f"{self.name!r} has nothing at {chosen!r}: no block there has this slot; choose other stages"
            raise ValueError(msg)
        return network
