"""Which board NVML knows a CUDA device by, and whether it is one of the parts of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from bench.telemetry.boards import Board, find_board, pci_bus_id_of

from .fake_nvml import FakeNvml

if TYPE_CHECKING:
    from bench.telemetry.nvml import Nvml


@pytest.mark.parametrize(
    ("known", "pci", "board"),
    [
        ({"uuid": ["GPU-ab-12"], "pci": ["0:1.0"]}, "0:1.0", Board("uuid GPU-ab-12")),
        ({"uuid": ["GPU-ab-12"], "mig": ["Not Supported"]}, "0:1.0", Board("uuid GPU-ab-12")),
        ({"pci": ["0:1.0"]}, "0:1.0", Board("pci 0:1.0")),
        ({}, "0:1.0", "NVML does not know the device GPU-ab-12 at 0:1.0: Not Found"),
        ({"pci": ["0:1.0"]}, None, "NVML does not know the device GPU-ab-12: Not Found"),
    ],
)
def test_a_device_is_found_by_what_names_it_for_good(
    known: dict[str, list[int | str]], pci: str | None, board: Board | str
) -> None:
    """By its UUID, else by its PCI address, never by an index that CUDA_VISIBLE_DEVICES changes."""
    nvml: Nvml = FakeNvml(**known)  # type: ignore[assignment]  # only the look-ups are asked for
    assert find_board(nvml, "ab-12", pci) == board


@pytest.mark.parametrize(
    "known",
    [
        {"pci": ["0:1.0"], "mig": [1]},
        {"pci": ["0:1.0"], "mig": ["Insufficient Permissions"]},
        {"uuid": ["GPU-ab-12"], "mig": [1]},
    ],
    ids=["the part's UUID", "the part's UUID, mode not told", "the board's UUID"],
)
def test_a_part_of_a_board_is_told_from_a_board(known: dict[str, list[int | str]]) -> None:
    """By its mode; where NVML does not tell it, by CUDA's UUID, which is not the board's."""
    nvml: Nvml = FakeNvml(**known)  # type: ignore[assignment]  # only the look-ups are asked for
    found = find_board(nvml, "ab-12", "0:1.0")
    assert isinstance(found, Board)
    assert found.shared


def test_a_pci_address_is_written_as_nvml_reads_it() -> None:
    """Eight, two and two hexadecimal digits; a torch that does not tell it gives none."""
    told = SimpleNamespace(pci_domain_id=0, pci_bus_id=0x3B, pci_device_id=1)
    assert pci_bus_id_of(told) == "00000000:3b:01.0"
    assert pci_bus_id_of(SimpleNamespace(uuid="ab-12")) is None
