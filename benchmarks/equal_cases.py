"""How often equal cases come out different: ratios of a function to itself whose 95% interval does not hold 1.

Run it with ``python benchmarks/equal_cases.py``. Four cases of a block run the same function, each built for itself.
Every pair is measured with inputs that stay where they are, as a plain script has them, and with inputs that are put
elsewhere before each sample, as attnbench does it. One in twenty is what a 95% interval allows.
"""

from __future__ import annotations

import argparse
from itertools import product

from msgspec.structs import replace

from attn_impls import builtin
from bench.heap import settle_heap
from bench.instruments import instruments
from bench.measure import Settings, measure_block
from bench.prepared import Timed
from bench.stopping import PrecisionOrBudget
from results.blocks import blocks_of
from results.records import Case, FeatureMap, Latency, Logits, Measured
from results.stats import ratio
from suites.call import build_call


def _function(name: str, shape: tuple[int, ...]) -> Case:
    return Case(suite="operators", implementation=name, source="", input=Logits(shape=shape, dim=1))


CASES = {
    "softmax (256,2,256)": _function("softmax", (256, 2, 256)),
    "hard_softmax/fused (256,2,256)": _function("hard_softmax/fused", (256, 2, 256)),
    "softmax (32,2,64)": _function("softmax", (32, 2, 64)),
    "softmax (4096,1000)": _function("softmax", (4096, 1000)),
    "se (4,64,32,32)": Case(
        suite="latency",
        implementation="se",
        source="",
        input=FeatureMap(batch=4, channels=64, height=32, width=32),
    ),
}
EQUALS = 4


def excluding(base: Case, seed: int, budget_s: float, *, moving: bool) -> list[bool]:
    """Measure equal cases once; return of each but the first whether its interval leaves out 1."""

    def prepare(case: Case) -> Timed:
        call = build_call(replace(case, options=()), builtin())
        return Timed(call=call, move=call.move if moving else None)

    cases = [replace(base, threads=1, options=(("copy", number),)) for number in range(EQUALS)]
    settings = Settings(stop=PrecisionOrBudget(precision=0.02, budget_s=budget_s), budget_s=budget_s, seed=seed)
    (block,) = blocks_of(cases)
    found = {
        event.case: event.result.samples
        for event in measure_block(block, instruments(prepare), settings)
        if isinstance(event, Measured) and isinstance(event.result, Latency)
    }
    ratios = [ratio(found[case], found[cases[0]]) for case in cases[1:]]
    return [not each.low <= 1 <= each.high for each in ratios if each is not None]


def main() -> None:
    """Print a line a function: how many intervals leave out 1, without moves and with them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10, help="blocks of four equal cases; three ratios each")
    parser.add_argument("--budget", type=float, default=0.5, help="seconds a case")
    arguments = parser.parse_args()
    settle_heap()
    print(f"{'':34}{'inputs stay':>16}{'inputs move':>16}")
    for name, base in CASES.items():
        left_out: dict[bool, list[bool]] = {False: [], True: []}
        # Both in turn, so that a machine that gets noisier favours neither.
        for repeat, moving in product(range(arguments.repeats), (False, True)):
            left_out[moving] += excluding(base, repeat, arguments.budget, moving=moving)
        cells = "".join(f"{f'{sum(found)} of {len(found)}':>16}" for found in left_out.values())
        print(f"{name:34}{cells}", flush=True)


if __name__ == "__main__":
    main()
