"""Normalisers: one row each."""

from __future__ import annotations

from ..spec import Family, Spec
from .papers import PSK_PAPER

ROWS = (
    Spec(
        name="softmax",
        family=Family.NORMALIZER,
        summary="softmax as PyTorch implements it",
        factory="torch.nn:Softmax",
    ),
    Spec(
        name="softmax/naive",
        family=Family.NORMALIZER,
        summary="softmax written by hand as exp(x) / sum(exp(x)); overflows early",
        factory=".normalizers:NaiveSoftmax",
    ),
    Spec(
        name="softmax/stable",
        family=Family.NORMALIZER,
        summary="softmax written by hand, the row's maximum subtracted first",
        factory=".normalizers:StableSoftmax",
    ),
    Spec(
        name="softmax/log_n",
        family=Family.NORMALIZER,
        summary="softmax of s log(N) x over N logits, s learnable (SSMax)",
        paper="arXiv:2501.19399",
        factory=".normalizers:LogNSoftmax",
    ),
    Spec(
        name="softmax_one",
        family=Family.NORMALIZER,
        summary="softmax-1, exp(x) / (1 + sum(exp(x))); weights sum to less than 1",
        paper="https://www.evanmiller.org/attention-is-off-by-one.html",
        factory=".normalizers:SoftmaxOne",
        sums_to_one=False,
    ),
    Spec(
        name="hard_softmax",
        family=Family.NORMALIZER,
        summary="HardSoftmax, piecewise and free of cancellation",
        paper=PSK_PAPER,
        factory=".normalizers:HardSoftmax",
    ),
    Spec(
        name="hard_softmax/as_written",
        family=Family.NORMALIZER,
        summary="HardSoftmax as the paper writes it, PLU(x) + 1 over its sum",
        paper=PSK_PAPER,
        factory=".normalizers:HardSoftmaxAsWritten",
    ),
    Spec(
        name="hard_softmax/fused",
        family=Family.NORMALIZER,
        summary="HardSoftmax by fused kernels: in C++ on the CPU, in Triton on CUDA",
        paper=PSK_PAPER,
        factory=".kernels.modules:FusedHardSoftmax",
    ),
    Spec(
        name="softmax/fused",
        family=Family.NORMALIZER,
        summary="softmax by kernels of the same construction",
        factory=".kernels.modules:FusedSoftmax",
    ),
    Spec(
        name="sparsemax",
        family=Family.NORMALIZER,
        summary="sparsemax, the nearest point of the simplex",
        paper="arXiv:1602.02068",
        factory=".sparse_normalizers:Sparsemax",
    ),
    Spec(
        name="entmax15",
        family=Family.NORMALIZER,
        summary="1.5-entmax by sorting; needs the package entmax",
        paper="arXiv:1905.05702",
        factory=".sparse_normalizers:Entmax15",
    ),
    Spec(
        name="entmax",
        family=Family.NORMALIZER,
        summary="alpha-entmax by bisection, alpha 1.5; needs the package entmax",
        paper="arXiv:1905.05702",
        factory=".sparse_normalizers:Entmax",
    ),
)
