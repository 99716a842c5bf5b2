"""The fused operators as a user of a GPU calls them, each time for the first time in a process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from attn_impls.kernels.on_cuda import LEAST_CAPABILITY

BEGIN = """
import torch
from attn_impls.kernels import operators
from attn_impls.normalizers import HardSoftmax
seeded = torch.Generator().manual_seed(0)
x = (3 * torch.randn(6, 5, 4, generator=seeded, dtype=torch.float64)).float().cuda()
def close(found, exact):
    torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-7)
"""
PROGRAMS = {
    "eager": """
for x in (x, x[:, :2]):
    wide, leaf = x.double().requires_grad_(), x.clone().requires_grad_()
    exact, found = HardSoftmax(1)(wide), operators.hard_softmax(leaf, 1)
    close(found, exact)
    upstream = torch.randn_like(leaf)
    close(*(torch.autograd.grad(y, z, upstream.to(y.dtype))[0].double() for y, z in ((found, leaf), (exact, wide))))
    close(operators.softmax(x, 1), torch.softmax(x.double(), 1))
""",
    "compiled": """
leaf = x.requires_grad_()
compiled = torch.compile(lambda x: operators.hard_softmax(x, 1).sin().sum(), fullgraph=True)
(found,) = torch.autograd.grad(compiled(leaf), leaf)
wide = x.detach().double().requires_grad_()
close(found, torch.autograd.grad(HardSoftmax(1)(wide).sin().sum(), wide)[0])
""",
    "inside grad": """
found = torch.func.grad(lambda x: operators.hard_softmax(x, 1).sin().sum())(x)
close(found, torch.func.grad(lambda x: HardSoftmax(1)(x).sin().sum())(x.double()))
""",
    "captured": """
graph = torch.cuda.CUDAGraph()
try:
    with torch.cuda.graph(graph):
        operators.hard_softmax(x, 1)
except RuntimeError as error:
    assert "make one before a CUDA graph is captured" in str(error), error
else:
    raise AssertionError("captured without a kernel")
operators.hard_softmax(x, 1)
graph = torch.cuda.CUDAGraph()
with torch.cuda.graph(graph):
    found = operators.hard_softmax(x, 1)
x.copy_(x.flip(0))
graph.replay()
close(found, HardSoftmax(1)(x.double()))
""",
    "checked by PyTorch": """
operators.implementation("cuda")
for name in ("hard_softmax", "softmax"):
    torch.library.opcheck(getattr(operators.OPERATORS, name).default, (x.requires_grad_(), 1))
""",
}
END = """
assert operators.implementation("cuda").startswith("Triton"), operators.implementation("cuda")
"""


@pytest.mark.gpu(capability=LEAST_CAPABILITY, memory_gib=1)
@pytest.mark.parametrize("name", PROGRAMS)
def test_first_call(name: str) -> None:
    """Kernels in Triton compute it, as HardSoftmax in float64 does."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + PROGRAMS[name] + END], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
