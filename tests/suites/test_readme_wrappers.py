"""The README's wrappers, as they stand there: loaded, audited and counted."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from attn_impls import Registry, Site, builtin, plugins
from attn_impls.audit import Verdict, audit, verdict

SITE = Site(in_channels=64, out_channels=64, kernel_size=3, stride=1, groups=1, height=8, width=8)


def examples() -> dict[str, str]:
    """Return the sources of the section by the names of their files."""
    text = (Path(__file__).parents[2] / "README.md").read_text()
    section = text.partition("## Add your own attention")[2].partition("\n## ")[0]
    sources = [block.partition("```")[0] for block in section.split("```python\n")[1:]]
    return {source.splitlines()[0].removeprefix("# "): source for source in sources}


def load(name: str, folder: Path) -> Registry:
    """Write one example to its file and load it."""
    (folder / name).write_text(examples()[name])
    return plugins.load(builtin(), (str(folder / name),))


@pytest.mark.parametrize(
    ("file", "name", "parameters"),
    [
        # In-projection and out-projection, each with its bias: 4 C (C + 1) with C = 64.
        ("my_tokens.py", "my_tokens", 16_640),
        # Two 1 x 1 convolutions with biases, 64 to 4 and back.
        ("my_library.py", "my_library", 64 * 4 + 4 + 4 * 64 + 64),
    ],
)
def test_a_wrapper_is_fit_to_be_measured(tmp_path: Path, file: str, name: str, parameters: int) -> None:
    """It keeps the shape of a map, has the parameters of what it wraps, and the audit finds no fault."""
    spec = load(file, tmp_path).specs[name]
    module = spec.build(SITE)
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters
    assert module(torch.randn(2, 64, 8, 8)).shape == (2, 64, 8, 8)
    findings = audit(spec, compile=False)
    assert verdict(findings) in {Verdict.FIT, Verdict.NOTES}, findings
    assert len(examples()[file].splitlines()) <= 20
