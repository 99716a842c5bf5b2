"""Does a call leave its input and, in evaluation, the module as they were?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .findings import Finding, Name, fault
from .subject import build, draw, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Place


def check_mutation(home: Place) -> Iterator[Finding]:
    """Call it once in each mode and look at what it got, and at parameters and buffers after evaluation."""
    for training in (False, True):
        module = build(home, training=training)
        x = draw(home)
        before, version = x.clone(), x._version  # noqa: SLF001 - torch has no public name for it
        state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        earlier = {name: (tensor.detach().clone(), tensor._version) for name, tensor in state.items()}  # noqa: SLF001
        with torch.no_grad():
            module(x)
        changed = []
        if not same(x, before):
            changed.append(f"{int((x != before).sum())} of {x.numel()} numbers")
        elif x._version != version:  # noqa: SLF001
            changed.append("written in place with what was there already")
        if x.requires_grad:
            changed.append("requires_grad")
        if changed:
            words = f"{' and '.join(changed)} in {'training' if training else 'evaluation'}"
            yield fault(
                Name.INPUT_CHANGED, words, "do not work in place on the input: x = x * y, F.relu(x) without inplace"
            )
            return
        if training:
            return
        now = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        names = [
            name
            for name, (tensor, number) in earlier.items()
            if name not in now or not same(now[name], tensor) or now[name]._version != number  # noqa: SLF001
        ]
        names += [name for name in now if name not in earlier]
        if names:
            words = f"a call in evaluation changes {', '.join(names)}"
            yield fault(Name.STATE_CHANGED, words, "change parameters and buffers only if self.training")
