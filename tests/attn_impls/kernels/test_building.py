"""How the kernels come to be: late, once, and not at all where there is no compiler."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from attn_impls.kernels import building, operators

#: Computes with both operators and their derivatives, and says by what.
PROGRAM = """
import torch
from attn_impls.kernels import operators
x = torch.tensor([[1.0, 0.0, -1.0]], requires_grad=True)
for function in (operators.hard_softmax, operators.softmax):
    function(x, 1)[0, 0].backward()
    print(*(round(weight, 4) for weight in function(x, 1)[0].tolist()))
print(*(round(slope, 4) for slope in x.grad[0].tolist()))
print(operators.implementation())
"""


#: Prints what the kernels are, and how far they are from float64 at most, in epsilons of each dtype over what went in.
COMPARISON = """
import itertools, torch
from attn_impls.kernels import operators, plain
seeded = torch.Generator().manual_seed(0)
worst = 0.0
shapes = [(5, 1), (70, 2), (9, 3), (4, 37), (3, 200), (2, 1, 50), (2, 2, 37), (2, 4, 70), (1, 21, 19)]
dtypes = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
for shape, dtype, masked in itertools.product(shapes, dtypes, (False, True)):
    x, grad = ((3 * torch.randn(shape, generator=seeded, dtype=torch.float64)).to(dtype) for _ in range(2))
    if masked:
        x.masked_fill_(torch.rand(shape, generator=seeded) < 0.3, -torch.inf)
        x.select(1, 0).fill_(1)
        x.movedim(1, -1)[0, ..., -1] = torch.nan
    for name, fused in (("hard_softmax", operators.hard_softmax), ("softmax", operators.softmax)):
        known, exact = (each.requires_grad_() for each in (x.clone(), x.double().clone()))
        weights, exact_weights = fused(known, 1), getattr(plain, name)(exact, 1)
        weights.backward(grad)
        exact_weights.backward(grad.double())
        for found, wanted in ((weights, exact_weights), (known.grad, exact.grad)):
            assert torch.equal(found.isnan(), wanted.isnan()), (name, shape, dtype)
            error = (found.double() - wanted).detach().nan_to_num().abs().max() / grad.double().abs().max()
            worst = max(worst, float(error) / torch.finfo(dtype).eps)
print(operators.implementation())
print(worst)
"""


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", program],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )


def test_without_a_compiler_the_operators_compute_in_plain_pytorch(tmp_path: Path) -> None:
    """The values and gradients are the same, implementation() says why, and a warning is logged once."""
    done = run(PROGRAM, PATH=str(tmp_path), CXX="", XDG_CACHE_HOME=str(tmp_path))
    *values, implementation = done.stdout.splitlines()
    # Energies 2, 1, 1/2, and exponentials e, 1, 1/e; gradients of the first weights, added up.
    assert values == ["0.5714 0.2857 0.1429", "0.6652 0.2447 0.09", "0.3451 -0.3261 -0.1007"]
    assert implementation == (
        "plain PyTorch: no C++ compiler found (looked for c++, g++, clang++); install g++ or name one in CXX"
    )
    assert done.stderr.count("fused kernels are not available: no C++ compiler found") == 1


def test_a_compiler_that_fails(tmp_path: Path) -> None:
    """Its first error is passed on, and the operators work."""
    broken = tmp_path / "c++"
    broken.write_text('#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "x.cpp:1: error: no" >&2\nexit 3\n')
    broken.chmod(0o755)
    done = run(PROGRAM, CXX=str(broken), XDG_CACHE_HOME=str(tmp_path))
    assert done.stdout.splitlines()[0] == "0.5714 0.2857 0.1429"
    assert done.stdout.splitlines()[-1] == f"plain PyTorch: {broken} fails with status 3: x.cpp:1: error: no"


@pytest.mark.parametrize("instructions", ["avx2", "default"])
def test_other_processors(instructions: str) -> None:
    """Built for fewer instructions, with shorter vectors and without masks, the kernels compute the same."""
    try:
        building.find_compiler()
    except building.BuildError as error:
        pytest.skip(str(error))
    implementation, worst = run(COMPARISON, ATEN_CPU_CAPABILITY=instructions).stdout.splitlines()
    assert implementation.startswith(("C++ (AVX2", "C++ (DEFAULT", "C++ (NO AVX"))
    assert float(worst) < 4


#: Imports the package without a compiler and without Triton, and a second copy of it.
IMPORTS = """
import importlib.util, pathlib, subprocess, sys
subprocess.run = sys.modules["triton"] = None
import attn_impls
from attn_impls.kernels import modules, on_cuda, operators
print(operators.OPERATORS.hard_softmax)
print(sorted(on_cuda.OPERATORS)[-1])
file = pathlib.Path(attn_impls.__file__)
spec = importlib.util.spec_from_file_location("other", file, submodule_search_locations=[str(file.parent)])
sys.modules["other"] = importlib.util.module_from_spec(spec)
from other.kernels import operators as others
print(operators.NAMESPACE, others.NAMESPACE)
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """Import in a process of its own; return what it prints, and the folder in which it would keep what it builds."""
    kept = tmp_path_factory.mktemp("kept")
    return run(IMPORTS, XDG_CACHE_HOME=str(kept)).stdout.splitlines(), kept


def test_importing_builds_nothing(imported: tuple[list[str], Path]) -> None:
    """The operators are there after an import, and no compiler was asked."""
    printed, kept = imported
    assert printed[0] == "attnbench.hard_softmax"
    assert list(kept.iterdir()) == []


def test_triton_is_imported_late(imported: tuple[list[str], Path]) -> None:
    """The file that registers the kernels can be imported where there is no Triton."""
    assert imported[0][1] == "softmax_backward"


def test_an_operator_that_is_called_itself_has_its_kernels_built() -> None:
    """As a compiled graph does. A layout for which there is no kernel is left to plain PyTorch, and nobody compiles."""
    program = """
import sys, torch
from attn_impls.kernels import operators
x = torch.tensor([[1.0, 0.0, -1.0]])
print(*(round(weight, 4) for weight in operators.OPERATORS.hard_softmax.default(x, 1)[0].tolist()))
print(operators._implementations == {x.device: operators.implementation()})
try:
    print(operators.hard_softmax(torch.eye(3).to_sparse(), 1).layout)
except Exception as error:
    print(type(error).__name__)
print("torch._dynamo" in sys.modules)
"""
    values, built, sparse, compiler = run(program).stdout.splitlines()
    assert (values, built) == ("0.5714 0.2857 0.1429", "True")
    assert sparse != "RecursionError"
    assert compiler == "False"


def test_what_was_built_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once built, the kernels are loaded without compiling; where they cannot be built, that is said again."""
    first = operators.implementation()
    monkeypatch.setattr(building, "_build", lambda *_: pytest.fail("compiled again"))
    if first.startswith("C++"):
        assert building.load(operators.NAMESPACE) == first
    else:
        with pytest.raises(building.BuildError, match=r"^" + first.partition(": ")[2][:20]):
            building.load(operators.NAMESPACE)


def test_two_versions_in_one_process(imported: tuple[list[str], Path]) -> None:
    """A second copy of the package has operators of its own, beside the first's."""
    assert imported[0][2] == "attnbench attnbench_2"


def test_every_source_ships_with_the_package() -> None:
    """The C++ files lie beside the Python that compiles them."""
    assert {path.suffix for path in building.SOURCES.iterdir()} == {".cpp", ".h"}
    assert Path(operators.__file__).parent == building.SOURCES.parent
