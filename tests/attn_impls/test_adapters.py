"""timm's and torchvision's attentions as rows of the registry."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch
from timm.layers.eca import EcaModule
from timm.layers.squeeze_excite import SqueezeExcite
from torchvision.ops import SqueezeExcitation

from attn_impls import Family, Heads, Registry, Site, TokenSite, builtin, options, plugins
from attn_impls.adapters.timm_attentions import SPECS, names
from attn_impls.sources import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

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


@pytest.mark.parametrize(
    ("plugin", "module"), [("flash_attn", "flash_attn"), ("xformers", "xformers"), ("natten", "natten")]
)
def test_what_an_adapter_needs_is_said_in_one_line(plugin: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    # None: its import raises ModuleNotFoundError, here as where it is not installed.
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"attn_impls.adapters.{plugin}_attentions", raising=False)
    with pytest.raises(plugins.PluginError) as raised:
        plugins.load(builtin(), (plugin,))
    assert str(raised.value) == (
        f"--plugin {plugin} needs {module}, which is not installed; pip install 'attnbench[{plugin}]'"
    )


def stub(name: str, **content: object) -> ModuleType:
    """Return a module in place of a library."""
    module = ModuleType(name)
    module.__dict__.update(content)
    return module


def exact(q: Tensor, k: Tensor, v: Tensor, *, hides: Callable[[int, int], bool]) -> Tensor:
    """Attention of [B, S, H, D] as the libraries have it, over the keys that are not hidden."""
    q, k, v = (each.transpose(1, 2) for each in (q, k, v))
    times = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
    before = k.shape[2] - q.shape[2]
    sees = [[not hides(row + before, column) for column in range(k.shape[2])] for row in range(q.shape[2])]
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, torch.tensor(sees)).transpose(1, 2).contiguous()


@pytest.mark.parametrize("options", ["causal=true", "window=3", "causal=true,window=3"])
def test_flash_attn_is_asked_for_what_the_options_promise(options: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its window counts keys on each side, its layout has heads after tokens."""

    def flash(*qkv: Tensor, causal: bool, window_size: tuple[int, int], softcap: float) -> Tensor:
        assert softcap == 0
        left, right = window_size

        def hides(own: int, other: int) -> bool:
            return (
                (causal and other > own) or (left >= 0 and own - other > left) or (right >= 0 and other - own > right)
            )

        return exact(*qkv, hides=hides)

    monkeypatch.setitem(sys.modules, "flash_attn", stub("flash_attn", flash_attn_func=flash))
    monkeypatch.delitem(sys.modules, "attn_impls.adapters.flash_attn_attentions", raising=False)
    found = plugins.load(builtin(), ("flash_attn",))
    heads = Heads(heads=4, head_dim=8, kv_heads=2)
    q, k, v = (torch.randn(2, count, length, 8) for count, length in ((4, 5), (2, 7), (2, 7)))
    ours = builtin().find(f"attention/eager:{options}").build_attention(heads)(q, k, v)
    torch.testing.assert_close(found.find(f"flash_attn/flash:{options}").build_attention(heads)(q, k, v), ours)


@pytest.mark.parametrize("options", ["", ":causal=true"])
def test_xformers_is_asked_for_what_the_options_promise(options: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads that share keys are a dimension of their own."""

    class BottomRight:
        """The mask whose last query sees the last key."""

    def efficient(q: Tensor, k: Tensor, v: Tensor, *, attn_bias: object) -> Tensor:
        assert q.shape[2:4] == k.shape[2:4] == v.shape[2:4] == (2, 2)
        causal = isinstance(attn_bias, BottomRight)
        flat = [each.flatten(2, 3) for each in (q, k, v)]
        return exact(*flat, hides=lambda own, other: causal and other > own).view(*q.shape)

    biases = SimpleNamespace(LowerTriangularFromBottomRightMask=BottomRight)
    ops = stub("xformers.ops", fmha=SimpleNamespace(attn_bias=biases), memory_efficient_attention=efficient)
    monkeypatch.setitem(sys.modules, "xformers", stub("xformers", ops=ops))
    monkeypatch.setitem(sys.modules, "xformers.ops", ops)
    monkeypatch.delitem(sys.modules, "attn_impls.adapters.xformers_attentions", raising=False)
    found = plugins.load(builtin(), ("xformers",))
    heads = Heads(heads=4, head_dim=8, kv_heads=2)
    q, k, v = (torch.randn(2, count, length, 8) for count, length in ((4, 5), (2, 7), (2, 7)))
    ours = builtin().find(f"attention/eager{options}").build_attention(heads)(q, k, v)
    name = f"xformers/memory_efficient{options}"
    torch.testing.assert_close(found.find(name).build_attention(heads)(q, k, v), ours)


def test_natten_is_given_heads_after_the_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a kernel as large as the grid all tokens are neighbours: multi-head attention with the same weights."""

    def na2d(q: Tensor, k: Tensor, v: Tensor, *, kernel_size: int) -> Tensor:
        assert (q.shape, kernel_size) == ((2, 3, 3, 4, 8), 3)
        flat = [each.flatten(1, 2) for each in (q, k, v)]
        return exact(*flat, hides=lambda own, other: False).view(*q.shape)  # noqa: ARG005 - nothing is hidden

    monkeypatch.setitem(sys.modules, "natten", stub("natten"))
    monkeypatch.setitem(sys.modules, "natten.functional", stub("natten.functional", na2d=na2d))
    monkeypatch.delitem(sys.modules, "attn_impls.adapters.natten_attentions", raising=False)
    at = TokenSite(dim=32, heads=4, height=3, width=3)
    theirs = plugins.load(builtin(), ("natten",)).find("natten/neighbourhood:kernel_size=3").build(at)
    ours = builtin().find("mha").build(at)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 9, 32)
    torch.testing.assert_close(theirs(x), ours(x))
