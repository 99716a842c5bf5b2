"""What can be measured: attention implementations, hosts to put them in, and the table that names them.

Importing this package does not import torch; building an implementation does.
"""

from .registry import Registry, builtin
from .spec import Family, HostSpec, Site, Spec, activation, branch, gate, normalizer

__all__ = [
    "Family",
    "HostSpec",
    "Registry",
    "Site",
    "Spec",
    "activation",
    "branch",
    "builtin",
    "gate",
    "normalizer",
]
