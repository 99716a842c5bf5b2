"""The folder of a plan that several machines measure, and reading it.

``cluster.json`` has the whole plan and what was asked for. It is written once, before anything is measured. Each
machine has a run's folder below ``machines/``, with its own environment, noise floors and records, and beside these
``machine.json``, its kind, and ``blocks.jsonl``, how its speed changed during each block. While it measures, its
``run.json`` plans nothing: which blocks it has measured is what its records say. At the end these are its plan.

The records of a block are written in one piece. Whoever reads a machine's records takes whole blocks alone: of a block
that was cut off, or one of whose lines is gone, nothing counts, and it is measured again.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from .codec import CodecError, decode
from .drift import Drift  # noqa: TC001 - msgspec reads type hints when the program runs
from .durable import read_regular, replace_file
from .folder import StoreError, StoreWarning, read_header, read_records, read_sealed, reason, sealed_text
from .outcomes import Plan  # noqa: TC001
from .plugin_files import PluginFile  # noqa: TC001
from .ranges import FileName, Line, Moment, Whole  # noqa: TC001
from .record import Record, Versioned
from .seals import sealed, unsealed
from .shards import Shard, plan_digest
from .whole_blocks import WholeBlocks, with_threads

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from .blocks import Block
    from .outcomes import Outcome
    from .records import Run

CLUSTER = "cluster.json"
MACHINES = "machines"
MACHINE = "machine.json"
BLOCKS = "blocks.jsonl"
#: The kind of a block that any machine may measure.
ANY = ""


class Cluster(Versioned, frozen=True, kw_only=True):
    """What several machines set out to measure."""

    run_id: FileName
    started_at: Moment
    """UTC, ISO 8601."""
    plan: Plan
    """All of it."""
    kind: Line | None = None
    """The kind of machine that was asked for; None: whichever there are."""
    kinds: tuple[Line, ...] | None = None
    """Of machine, each of which measures the whole plan; None: each block is measured once."""
    plugin_files: tuple[PluginFile, ...] = ()
    audit: tuple[Line, ...] = ()
    """As of a run."""

    def part_of(self, kind: str) -> str:
        """Return what a block that a machine of this kind has measured counts for: its kind, or every one."""
        return ANY if self.kinds is None else kind


class Machine(Versioned, frozen=True, kw_only=True):
    """What a machine is, beside the environment that its run names."""

    kind: Line


class Measured(NamedTuple):
    """What one machine has measured."""

    kind: str
    run: Run
    """Its plan is the blocks that the machine has measured, with their places in the whole plan."""
    drifts: Mapping[int, Drift]
    """By place of a block; those of blocks of which it is known."""


class _Drifted(Record, frozen=True, kw_only=True):
    """One line of ``blocks.jsonl``."""

    place: Whole
    drift: Drift


def is_cluster(folder: str | PathLike[str]) -> bool:
    """Return whether a folder is that of a plan that several machines measure."""
    return (Path(folder) / CLUSTER).is_file()


def load_cluster(folder: str | PathLike[str], *, stacklevel: int = 2) -> tuple[Cluster, Mapping[str, Measured]]:
    """Read what was planned, and what each machine has measured, by its name; those that have nothing are left out.

    Another process may be writing it.

    Args:
        folder: of the whole.
        stacklevel: whom warnings blame, as of ``warnings.warn``.

    Raises:
        StoreError: not such a folder, written by a newer version, or damaged.

    """
    folder = Path(folder)
    cluster = read_cluster(folder)
    whole, taken = WholeBlocks(cluster.plan), set[tuple[int, str]]()
    read: dict[str, _Read] = {}
    for name in machine_names(folder):
        place = folder / MACHINES / name
        kind, header = read_machine(place).kind, read_header(place)
        records = read_records(place, header)
        found, part = whole.among(records.outcomes.values()).whole, cluster.part_of(kind)
        mine = {each: outcomes for each, outcomes in found.items() if (each, part) not in taken}
        notes = list(records.notes)
        if len(mine) < len(found):
            notes.append(f"{place}: blocks that another machine has too, whose count: {len(found) - len(mine)}")
        for note in notes:
            warnings.warn(note, StoreWarning, stacklevel=stacklevel)
        taken.update((each, part) for each in mine)
        if mine:
            drifts = {each: drift for each, drift in read_drifts(place).items() if each in mine}
            read[name] = _Read(kind, header, mine, drifts)
    digest = plan_digest(cluster.plan)
    parts = (Part(number, len(read), digest) for number in range(1, len(read) + 1))
    return cluster, {
        name: each.as_run(cluster.plan, part) for (name, each), part in zip(read.items(), parts, strict=True)
    }


class _Read(NamedTuple):
    """What one machine has measured, as it was read."""

    kind: str
    header: Run
    whole: Mapping[int, tuple[Outcome, ...]]
    drifts: Mapping[int, Drift]

    def as_run(self, plan: Plan, part: Part) -> Measured:
        blocks = {
            place: with_threads(plan.blocks[place], outcomes[0].case.threads) for place, outcomes in self.whole.items()
        }
        outcomes = tuple(outcome for of_block in self.whole.values() for outcome in of_block)
        run = replace(part_of_machine(self.header, blocks, part), outcomes=outcomes)
        return Measured(self.kind, run, self.drifts)


class Part(NamedTuple):
    """Which of the machines one is."""

    number: int
    """From 1."""
    of: int
    plan: str
    """The digest of the whole plan."""


def part_of_machine(header: Run, blocks: Mapping[int, Block], part: Part) -> Run:
    """Return the header of a machine's run, whose plan is what it has measured.

    Args:
        header: of its run.
        blocks: that it has measured, by their places in the whole plan.
        part: which of the machines it is.

    """
    places = tuple(sorted(blocks))
    shard = Shard(number=part.number, of=part.of, plan=part.plan, places=places)
    return replace(header, plan=replace(header.plan, blocks=tuple(blocks[each] for each in places), shard=shard))


def machine_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the machines that have begun; one that was cut off before that has nothing."""
    return tuple(sorted(path.parent.name for path in (folder / MACHINES).glob(f"*/{MACHINE}")))


def read_cluster(folder: Path) -> Cluster:
    """Read ``cluster.json`` (StoreError as of ``load_cluster``)."""
    return read_sealed(folder / CLUSTER, Cluster, "not a run on several machines", "give the folder of one")


def read_machine(folder: Path) -> Machine:
    """Read ``machine.json`` (StoreError as of ``load_cluster``)."""
    return read_sealed(folder / MACHINE, Machine, "not a machine of a run", "give the folder of the whole run")


def write_record(path: Path, record: Versioned) -> None:
    """Give a file the text of a record, with its digest.

    Raises:
        StoreError: the disk is full or fails, or a value cannot be stored.

    """
    try:
        replace_file(path, sealed_text(record))
    except CodecError as error:
        msg = f"{path}: {error}"
        raise StoreError(msg) from error
    except OSError as error:
        msg = f"cannot write {path}: {reason(error)}; make room"
        raise StoreError(msg) from error


def drift_line(place: int, drift: Drift) -> bytes:
    """Return the line of ``blocks.jsonl`` of a block."""
    return sealed(msgspec.json.encode(_Drifted(place=place, drift=drift))) + b"\n"


def read_drifts(folder: Path) -> dict[int, Drift]:
    """Read a machine's ``blocks.jsonl``; a line that is torn or altered is left out, the last of a block counts.

    Raises:
        StoreError: it cannot be read.

    """
    try:
        lines = read_regular(folder / BLOCKS).split(b"\n")
    except FileNotFoundError:
        return {}
    except OSError as error:
        msg = f"cannot read {folder / BLOCKS}: {reason(error)}; remove it to do without what it says"
        raise StoreError(msg) from error
    found: dict[int, Drift] = {}
    for line in lines:
        content, intact = unsealed(line)
        if intact:
            try:
                read = decode(_Drifted, content)
            except CodecError:
                continue
            found[read.place] = read.drift
    return found
