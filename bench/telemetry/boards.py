"""Which board does NVML know a CUDA device by, and is the device all of it?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .nvml import is_partitioned, library

if TYPE_CHECKING:
    from .nvml import Nvml


class Board(NamedTuple):
    """What NVML answers for, in place of a CUDA device."""

    handle: object
    shared: bool = False
    """The device is a part of it (MIG)."""


@cache
def board_of(device: str) -> Board | str:
    """Return the board of a device such as ``cuda:0``, or in words why there is none."""
    import torch

    nvml = library()
    if isinstance(nvml, str):
        return nvml
    properties = torch.cuda.get_device_properties(device)
    return find_board(nvml, str(properties.uuid), pci_bus_id_of(properties))


def find_board(nvml: Nvml, uuid: str, pci_bus_id: str | None) -> Board | str:
    """Return NVML's board of a device, or in words why there is none.

    Never by index: CUDA counts the devices in CUDA_VISIBLE_DEVICES, NVML all of them, and in another order.

    Args:
        nvml: initialised.
        uuid: as CUDA gives it, without NVML's prefix ``GPU-``.
        pci_bus_id: ``domain:bus:device.function`` in hexadecimal digits. Where CUDA runs on a part of a GPU (MIG),
            the UUID is the part's, and this finds the whole.

    """
    try:
        handle = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
    except nvml.NVMLError as error:
        if pci_bus_id is None:
            return f"NVML does not know the device GPU-{uuid}: {error}"
    else:
        # Older versions of CUDA give the board's UUID for its parts too.
        return Board(handle, shared=is_partitioned(nvml, handle) or False)
    try:
        handle = nvml.nvmlDeviceGetHandleByPciBusId(pci_bus_id)
    except nvml.NVMLError as error:
        return f"NVML does not know the device GPU-{uuid} at {pci_bus_id}: {error}"
    partitioned = is_partitioned(nvml, handle)
    # Where NVML does not say: a UUID that is not the board's is a part's.
    return Board(handle, shared=True if partitioned is None else partitioned)


def pci_bus_id_of(properties: object) -> str | None:
    """Return the PCI address as NVML reads it, or None from a torch that does not tell it."""
    parts = [getattr(properties, name, None) for name in ("pci_domain_id", "pci_bus_id", "pci_device_id")]
    if None in parts:
        return None
    domain, bus, slot = parts
    return f"{domain:08x}:{bus:02x}:{slot:02x}.0"
