"""What can be measured: attention implementations, hosts to put them in, and the table that names them.

Importing this package does not import torch; building an implementation does.
"""

from .host import HostSpec, Placement
from .registry import Registry, builtin
from .spec import Family, Site, Spec, activation, branch, gate, normalizer

__all__ = [
    "Family",
    "HostSpec",
    "Placement",
    "Registry",
    "Site",
    "Spec",
    "activation",
    "branch",
    "builtin",
    "gate",
    "normalizer",
]
