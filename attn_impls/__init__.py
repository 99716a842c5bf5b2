"""What can be measured: attention implementations, backbones to put them in, and the table that names them.

Importing this package does not import torch; building an implementation does.
"""

from .decorators import activation, attention, branch, gate, mixer, normalizer
from .host import HostSpec, Placement
from .registry import Registry, builtin
from .site import Heads, Site, TokenSite
from .spec import Family, Origin, Spec

__all__ = [
    "Family",
    "Heads",
    "HostSpec",
    "Origin",
    "Placement",
    "Registry",
    "Site",
    "Spec",
    "TokenSite",
    "activation",
    "attention",
    "branch",
    "builtin",
    "gate",
    "mixer",
    "normalizer",
]
