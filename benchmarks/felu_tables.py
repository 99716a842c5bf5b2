"""FeLU's Tables 1 and 2 on a small scale: six activations inside a channel attention, five seeds, A to D of each.

The paper has MNIST and 100 epochs. Here it is scikit-learn's digits (the extra ``digits``), of 8 x 8 pixels, for 30
epochs: six minutes on one core. Or it is Fashion-MNIST for a few short epochs, which takes several times as long. The
accuracies are not the paper's, and are not meant to be: another data set. What compares is the order of the rows, as
far as the spread over the seeds allows one.

python benchmarks/felu_tables.py [--dataset digits|fashion-mnist] [--epochs N] [--steps N] [--seeds 5] [--out DIR]
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attnbench
from reporting.describe import plural
from reporting.table import Table, number, text
from reporting.to_markdown import to_markdown
from results.learning import four_accuracies, spread
from results.records import Training
from results.variants import by_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results.records import Run

#: In the order of the paper's tables; LeakyReLU has a slope of 0.01.
ACTIVATIONS: Mapping[str, str] = MappingProxyType(
    {
        "SoftPlus": "softplus",
        "Sigmoid": "sigmoid",
        "SoftSign": "softsign",
        "ReLU": "relu",
        "Leaky_ReLU": "leaky_relu",
        "FeLU": "felu",
    }
)
#: Size of the images, epochs, and steps of an epoch.
SIZES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"digits": {"image_size": 8, "epochs": 30}, "fashion-mnist": {"epochs": 3, "most_steps": 100}}
)
TABLES: Mapping[str, str] = MappingProxyType({"felu-normalized": "Table 1", "felu": "Table 2"})

NOTE = (
    "A: mean after the last epoch. B: mean after the epoch of the highest mean training accuracy. C: best after the "
    "last epoch. D: best after any."
)


def main() -> None:
    """Print a table for each recipe, and which activations the seeds tell apart; exit with 1 if a training failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=tuple(SIZES), default="digits")
    parser.add_argument("--recipe", choices=tuple(TABLES), action="append")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", help="where the runs are kept; each has its recipe behind it")
    options = parser.parse_args()
    chosen = dict(SIZES[options.dataset])
    chosen |= {} if options.epochs is None else {"epochs": options.epochs}
    chosen |= {} if options.steps is None else {"most_steps": options.steps}
    good = True
    for recipe in options.recipe or TABLES:
        started_s = time.monotonic()
        run = attnbench.run(
            "train",
            hosts=["felu_net"],
            impls=[f"se:activation={name}" for name in ACTIVATIONS.values()],
            devices=["cpu"],
            datasets=[options.dataset],
            recipe=recipe,
            seeds=options.seeds,
            out=None if options.out is None else f"{options.out}-{recipe}",
            **chosen,
        )
        if any(getattr(case.input, "digest", None) is None for case in run.plan.cases):
            sys.exit(f"{options.dataset} is not here: attnbench data {options.dataset}")
        print(to_markdown(_table(run, recipe)))
        print(f"{_decided(run)}\n{time.monotonic() - started_s:.0f} s\n", flush=True)
        good &= len(run.index.results(run.plan.cases, Training)) == len(run.plan.cases)
    sys.exit(0 if good else "a training failed")


def _accuracies(run: Run) -> dict[str, list[Training]]:
    """Return the trainings by the paper's name of the activation."""
    found: dict[str, list[Training]] = {}
    for block in run.plan.blocks:
        for case, seeds in by_network(block).items():
            name = dict(case.options).get("activation")
            trained = list(run.index.results(seeds, Training).values())
            found |= {words: trained for words, option in ACTIVATIONS.items() if option == name and trained}
    return {name: found[name] for name in ACTIVATIONS if name in found}


def _table(run: Run, recipe: str) -> Table:
    rows = []
    for name, trained in _accuracies(run).items():
        four, last = four_accuracies(trained), spread([each.last_accuracy for each in trained])
        deviation = "" if last.deviation is None else f"{100 * last.deviation:.2f}"
        rows.append((name, *(f"{100 * each:.2f}" for each in (four.a, four.b, four.c, four.d)), deviation))
    shared = run.plan.blocks[0].shared
    seeds = plural(max(map(len, _accuracies(run).values()), default=0), "seed")
    return Table(
        title=f"As {TABLES[recipe]}: {', '.join(shared.input.title(shared.host, shared.direction))}",
        caption=f"Test accuracy in percent over {seeds}; {run.environment.cpu}",
        columns=(text("activation"), *map(number, ("A", "B", "C", "D", "deviation of A"))),
        rows=tuple(rows),
        notes=(NOTE,),
    )


def _decided(run: Run) -> str:
    """Return which pairs of activations differ in A beyond the intervals of both."""
    means = {name: spread([each.last_accuracy for each in trained]) for name, trained in _accuracies(run).items()}
    pairs = [
        f"{one} above {other}" if means[one].mean > means[other].mean else f"{other} above {one}"
        for one, other in combinations(means, 2)
        if (one_low := means[one].low) is not None
        and (other_low := means[other].low) is not None
        and (one_low > (means[other].high or 0) or other_low > (means[one].high or 0))
    ]
    total = len(means) * (len(means) - 1) // 2
    which = f": {', '.join(pairs)}" if pairs else ""
    return f"Told apart beyond the 95% intervals: {len(pairs)} of {total} pairs{which}."


if __name__ == "__main__":
    main()
