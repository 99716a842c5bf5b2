"""Activations: one row each."""

from __future__ import annotations

from ..spec import Family, Spec
from .papers import PSK_PAPER

FELU_PAPER = "doi:10.16644/j.cnki.cn33-1094/tp.2020.10.017"

ROWS = (
    Spec(
        name="plu",
        family=Family.ACTIVATION,
        summary="PLU, max(x, a x / (1 + |x|))",
        paper=PSK_PAPER,
        factory=".activations:PLU",
    ),
    Spec(
        name="felu",
        family=Family.ACTIVATION,
        summary="FeLU, x above 0 and (e^x - 1) / (1 + e^-x) below",
        paper=FELU_PAPER,
        factory=".activations:FeLU",
    ),
    Spec(
        name="sigmoid",
        family=Family.ACTIVATION,
        summary="sigmoid, the gate of most attentions",
        factory="torch.nn:Sigmoid",
    ),
    Spec(
        name="hard_sigmoid",
        family=Family.ACTIVATION,
        summary="hard sigmoid, relu6(x + 3) / 6",
        factory="torch.nn:Hardsigmoid",
    ),
    Spec(
        name="tanh",
        family=Family.ACTIVATION,
        summary="hyperbolic tangent, the gate of GCT",
        factory="torch.nn:Tanh",
    ),
    Spec(
        name="softplus",
        family=Family.ACTIVATION,
        summary="softplus, log(1 + e^x)",
        factory="torch.nn:Softplus",
    ),
    Spec(
        name="softsign",
        family=Family.ACTIVATION,
        summary="softsign, x / (1 + |x|)",
        factory="torch.nn:Softsign",
    ),
)
