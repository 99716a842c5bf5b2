"""One supervisor of a Ray cluster, what it is at, and why it was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from results.text import message

from .ray_nodes import SLOT
from .supervisor import Supervisor

if TYPE_CHECKING:
    from .desk import Admission, Greeted
    from .leases import Lease
    from .ray_nodes import Node

#: Columns of the reason for a loss.
WHY_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Greeting:
    """It has been asked who it is."""

    ref: Any


@dataclass(frozen=True, slots=True)
class Waiting:
    """It has answered, and is not decided about."""

    greeted: Greeted
    ref: None = None


@dataclass(frozen=True, slots=True)
class Settling:
    """It gets ready."""

    ref: Any
    admission: Admission


@dataclass(frozen=True, slots=True)
class Idle:
    """It has no block."""

    ref: None = None


@dataclass(frozen=True, slots=True)
class AtWork:
    """It measures."""

    ref: Any
    lease: Lease


@dataclass(frozen=True, slots=True)
class Refused:
    """It takes no part."""

    ref: None = None


Stage = Refused | Greeting | Waiting | Settling | Idle | AtWork


@dataclass(slots=True)
class Member:
    """A supervisor."""

    name: str
    node: Node
    actor: Any
    stage: Stage
    since_s: float
    """When the stage began, on the crew's clock."""


def start_supervisor(ray: Any, node: Node) -> Any:
    """Start a supervisor on a machine. It has the slot, the cores and the GPUs for itself, as far as Ray gives them.

    Returns at once; what becomes of it, its answers tell. Ray starts nothing of it again.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    actor = ray.remote(Supervisor).options(
        num_cpus=node.cpus,
        num_gpus=node.gpus,
        resources={SLOT: 1},
        max_restarts=0,
        max_task_retries=0,
        scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False),
    )
    return actor.remote(node.cpus)


def why_lost(ray: Any, error: Exception) -> str:
    """Return in a few words how a supervisor came to be lost."""
    if isinstance(error, ray.exceptions.RayTaskError):
        return message(str(getattr(error, "cause", None) or error), WHY_WIDTH)
    text = str(error)
    if isinstance(error, ray.exceptions.OutOfMemoryError) or "running low on memory" in text:
        return "Ray ended its process because the memory of the machine ran out"
    if isinstance(error, ray.exceptions.ActorUnschedulableError):
        return "Ray has no room on it for a supervisor"
    # The first lines name the actor, which tells nobody anything.
    told = [line.strip() for line in text.splitlines() if line.strip() and ":" not in line.partition(" ")[0]]
    return message(f"it does not answer ({type(error).__name__}: {told[0] if told else text})", WHY_WIDTH)
