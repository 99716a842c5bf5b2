"""timm's and torchvision's attentions as rows of the registry."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from timm.layers.eca import EcaModule
from timm.layers.squeeze_excite import SqueezeExcite
from torchvision.ops import SqueezeExcitation

from attn_impls import Family, Registry, Site, builtin, options, plugins
from attn_impls.adapters.timm_attentions import SPECS, names
from attn_impls.sources import digest

SITE = Site(in_channels=32, out_channels=32, kernel_size=3, stride=1, groups=4, height=8, width=8)
STRIDED = Site(in_channels=32, out_channels=32, kernel_size=3, stride=2, groups=4, height=8, width=8)


@pytest.fixture(scope="module")
def registry() -> Registry:
    """Return the registry with timm."""
    return plugins.load(builtin(), ("timm",))


def test_every_attention_that_timm_knows_by_name_is_there(registry: Registry) -> None:
    """The list is read from timm: whatever ``create_attn`` takes."""
    added = list(registry.specs)[len(builtin().specs) :]
    assert sorted(added) == sorted([*(f"timm/{name}" for name in names()), "torchvision/se"])
    assert {"se", "ese", "eca", "ceca", "ge", "gc", "cbam", "lcbam", "nl", "sk", "splat", "lambda"} <= set(names())


@pytest.mark.parametrize("name", [spec.name for spec in SPECS])
def test_every_one_keeps_its_contract(registry: Registry, name: str) -> None:
    """A gate keeps the shape; a branch gives the shape of the convolution, also with a stride. Gradients arrive."""
    spec = registry.specs[name]
    for site, size in ((SITE, 8), (STRIDED, 8 if spec.family is Family.GATE else 4)):
        torch.manual_seed(0)
        x = torch.randn(2, 32, 8, 8, requires_grad=True)
        y = spec.build(site)(x)
        assert y.shape == (2, 32, size, size)
        (gradient,) = torch.autograd.grad(y.square().sum(), x)
        assert gradient.isfinite().all()
        assert gradient.abs().sum() > 0


@pytest.mark.parametrize("name", [spec.name for spec in SPECS])
def test_every_one_says_what_it_is_and_which_options_it_has(registry: Registry, name: str) -> None:
    """A listing has its summary; an option with a typing error is found before anything is measured."""
    spec = registry.specs[name]
    assert spec.summary.startswith(("timm: ", "torchvision: "))
    assert options.known(spec) is not None
    options.check(spec)


def test_a_gate_is_timms_own_module(registry: Registry) -> None:
    """Built by timm's class, with its default and with an option of it."""
    assert isinstance(registry.specs["timm/eca"].build(SITE), EcaModule)
    narrow, wide = registry.find("timm/se").build(SITE), registry.find("timm/se:rd_ratio=0.5").build(SITE)
    assert isinstance(narrow, SqueezeExcite)
    assert isinstance(wide, SqueezeExcite)
    # rd_divisor 8: at least 8 of 32 channels.
    assert (narrow.fc1.out_channels, wide.fc1.out_channels) == (8, 16)


def test_torchvisions_reduction_is_an_option(registry: Registry) -> None:
    """Its constructor takes a width; here it is given as a reduction, as for the others."""
    module = registry.find("torchvision/se:reduction=4,scale_activation=Hardsigmoid").build(SITE)
    assert isinstance(module, SqueezeExcitation)
    assert module.fc1.out_channels == 8
    assert isinstance(module.scale_activation, torch.nn.Hardsigmoid)


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("timm/se:rd_ration=0.5", "rd_ratio"),
        ("timm/ese:add_maxpol=true", "add_maxpool"),
        ("timm/splat:radx=4", "radix"),
    ],
)
def test_a_typing_error_in_an_option(registry: Registry, name: str, close: str) -> None:
    """Even where timm throws away what it does not know."""
    with pytest.raises(ValueError, match=rf"did you mean '{close}'\?"):
        options.check(registry.find(name))


def test_what_is_sized_fits_its_map(registry: Registry) -> None:
    """Blocks tile a map of 8 x 8, though timm's default of 7 does not; positions are those of the map."""
    assert registry.specs["timm/bat"].sized
    bilinear, positions = registry.specs["timm/bat"].build(SITE), registry.specs["timm/bottleneck"].build(SITE)
    assert bilinear.get_submodule("ba").block_size == 4
    # Distances from -7 to 7, for each of 32 / 4 channels of a head.
    assert positions.get_parameter("pos_embed.height_rel").shape == (15, 8)


def test_a_lambda_layer_keeps_the_number_of_channels(registry: Registry) -> None:
    """It says so when it is built, not when it is called."""
    site = Site(in_channels=16, out_channels=32, kernel_size=3, stride=1, groups=1, height=8, width=8)
    with pytest.raises(ValueError, match="keeps the number of channels; 16 to 32 is not possible"):
        registry.specs["timm/lambda"].build(site)


def test_two_attentions_have_two_digests(registry: Registry) -> None:
    """Names that share a class or our function are told apart."""
    digests = [digest(spec.factory) for spec in registry.specs.values() if spec.name.startswith("timm/")]
    assert len(set(digests)) == len(names())


def test_without_timm_the_remedy_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One line, status 2, and the command that installs it."""
    program = (
        "import sys\nsys.modules['timm'] = None\n"
        "from attnbench.cli.main import main\nmain(['list', '--plugin', 'timm'])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    finished = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path_factory.mktemp("nowhere"),
    )
    assert finished.returncode == 2
    assert finished.stderr == (
        "attnbench: --plugin timm needs timm, which is not installed; pip install 'attnbench[timm]'\n"
    )
