"""Which settings are compared when."""

from __future__ import annotations

from .of_python import PYTHON
from .of_seeds import SEEDS
from .of_torch import TORCH

#: After a call of any length: all but the seeds. Who measures sets a seed before each build.
EACH_CALL = (*TORCH, *PYTHON)
#: After an import and after a build.
ALL = (*EACH_CALL, *SEEDS)
#: After a sample, which takes 1 ms or more: these are read in a few hundredths of that.
EACH_SAMPLE = tuple(setting for setting in EACH_CALL if setting.each_sample)
