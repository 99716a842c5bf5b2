from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from reporting.conformance import ConformanceError, Verdict, judge_table
from reporting.conformance_text import conformance_csv, conformance_tables
from reporting.conventions import CONVENTIONS, Convention, Metric
from reporting.published import PublishedRow, PublishedTable, Source
from reporting.to_markdown import to_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reporting.conformance import Conformance

SOURCE = Source(
    paper="doe",
    short="Doe 2021",
    citation="Doe: Attention, 2021",
    reference="doi:10.1/x",
    table=4,
    place="Table 4",
    subject="complexity",
    caption="Sizes of networks.",
)


def markdown(conformance: Conformance) -> str:
    """Return the table, and the one of what the paper leaves open."""
    return "\n".join(map(to_markdown, conformance_tables(conformance)))


def row(name: str, attention: str = "", normalizer: str = "", host: str = "net", **printed: str) -> PublishedRow:
    """Return a row as printed."""
    return PublishedRow(
        name=name,
        host=host,
        implementation=attention,
        slot="",
        image_size=32,
        attention=attention,
        normalizer=normalizer,
        alternative="",
        printed=MappingProxyType({column: Decimal(figure) for column, figure in printed.items()}),
    )


@dataclass(frozen=True)
class Counts:
    """Networks whose counts are given: by implementation, then by rule, or by rule and variant."""

    by_implementation: Mapping[str, Mapping[str, int]]

    def missing(self, row: PublishedRow) -> str:
        return "" if row.host else "this network is not built here"

    def exact(self, row: PublishedRow, convention: Convention) -> int:
        counts = self.by_implementation[row.implementation]
        return counts.get(f"{convention.rule}, {convention.variant}", counts.get(convention.rule, 1))


def sizes(parameters: int, torchstat: int = 1, as_softmax: int = 1) -> dict[str, int]:
    """Return counts by the rules that decide here."""
    return {
        "parameters": parameters,
        "parameters_and_statistics": parameters + 1,
        "torchstat": torchstat,
        "torchstat_normalizers_as_softmax": as_softmax,
    }


TABLE = PublishedTable(
    source=SOURCE,
    input_shape=(1, 3, 32, 32),
    num_classes=100,
    metrics=(Metric.PARAMS_M, Metric.MADDS_M),
    as_published=MappingProxyType({"top1": "Top-1 (%)"}),
    choices="The paper does not say which.",
    rows=(
        row("Net", params_m="6.22", madds_m="726.63", top1="93.10"),
        row("SK", "sk", "softmax", params_m="10.09", madds_m="941.49", top1="93.10"),
        row("SK + HardSoftmax", "sk", "hard_softmax", params_m="10.09", madds_m="941.49", top1="93.10"),
        row("PSK", "psk", "hard_softmax", params_m="8.32", madds_m="937.93", top1="93.10"),
    ),
)
#: The two rows of one attention are two implementations.
TABLE = replace(TABLE, rows=(*TABLE.rows[:2], replace(TABLE.rows[2], implementation="sk/hard_softmax"), TABLE.rows[3]))

#: The counts of the PSK paper's networks of the same names.
MEASURED = {
    "": sizes(6_220_548, 726_630_300, 726_630_300),
    "sk": sizes(10_088_548, 941_494_124, 941_494_124),
    "sk/hard_softmax": sizes(10_088_548, 941_471_484, 941_494_124),
    "psk": sizes(8_320_228, 937_934_844, 937_957_484),
    "psk/bn": sizes(8_322_116, 937_943_276, 937_965_916),
}
NETWORKS = Counts(MEASURED)


def only(metric: Metric, *rows: PublishedRow) -> PublishedTable:
    """Return a table of one metric."""
    return replace(TABLE, metrics=(metric,), as_published=MappingProxyType({}), rows=rows)


def test_matches_explains_and_counts() -> None:
    """Each cell has its verdict: the convention of most cells matches, another one explains."""
    judged = judge_table(TABLE, NETWORKS)
    verdicts = {(cell.row, cell.metric.value): cell.verdict.value for cell in judged.cells}
    assert verdicts == {
        ("Net", "params_m"): "match",
        ("Net", "madds_m"): "match",
        ("SK", "params_m"): "match",
        ("SK", "madds_m"): "match",
        ("SK + HardSoftmax", "params_m"): "match",
        ("SK + HardSoftmax", "madds_m"): "explained",
        ("PSK", "params_m"): "match",
        ("PSK", "madds_m"): "match",
    }
    assert [judged.total(verdict) for verdict in Verdict] == [7, 1, 0, 0, 0]


def test_an_explanation_names_the_convention_and_the_repeated_row() -> None:
    """The reason says by which rule the printed value comes out, and that another row has the same one."""
    cell = judge_table(TABLE, NETWORKS).cells[5]
    assert cell.reason == (
        "equals the printed value when HardSoftmax is counted like nn.Softmax (3n - 1): "
        "the paper repeats the Softmax row"
    )
    assert (str(cell.published), str(cell.measured), cell.exact) == ("941.49", "941.47", 941_471_484)


def test_a_row_is_repeated_only_if_its_figure_is() -> None:
    """Where the row with the other normaliser was printed with other digits, nothing is said of repeating."""
    softmax = row("SK", "sk", "softmax", params_m="10.09", madds_m="941.50", top1="93.10")
    judged = judge_table(replace(TABLE, rows=(TABLE.rows[0], softmax, *TABLE.rows[2:])), NETWORKS)
    assert judged.cells[5].reason == "equals the printed value when HardSoftmax is counted like nn.Softmax (3n - 1)"


def test_what_no_convention_gives_is_close_or_differs() -> None:
    """Within half a percent it is close: rounding is told from another network; the difference has its sign."""
    for printed, verdict, share in (
        ("723.02", "close", 0.005),
        ("723.00", "differs", 0.005),
        ("827.00", "differs", -0.121),
    ):
        wrong = row("Net", params_m="6.22", madds_m=printed, top1="93.10")
        found = judge_table(replace(TABLE, rows=(wrong, *TABLE.rows[1:])), NETWORKS).cells[1]
        assert found.verdict.value == verdict
        assert found.difference == pytest.approx(share, abs=5e-4)
    misprinted = row("Net", params_m="6.22", madds_m="726.64", top1="93.10")
    cell = judge_table(replace(TABLE, rows=(misprinted, *TABLE.rows[1:])), NETWORKS).cells[1]
    assert (cell.verdict, cell.reason) == (Verdict.CLOSE, "no listed counting convention gives the printed digits")
    assert (str(cell.published), str(cell.measured)) == ("726.64", "726.63")


def test_the_convention_of_most_cells_is_the_tables_own() -> None:
    """Two rows in units of 2**20 outvote one in millions, which is then explained by the other unit."""
    counts = Counts({"a": sizes(25_557_032), "b": sizes(44_549_160)})
    rows = (row("R50", "a", params_m="24.37"), row("R101", "b", params_m="42.49"), row("again", "a", params_m="25.56"))
    judged = judge_table(only(Metric.PARAMS_M, *rows), counts)
    assert judged.own(Metric.PARAMS_M).name == "parameters / 1024"
    assert [cell.verdict.value for cell in judged.cells] == ["match", "match", "explained"]
    assert judged.cells[2].reason == "equals the printed value when all parameters are counted, in millions of 1e6"


def test_another_order_of_rows_chooses_the_same_convention() -> None:
    """The choice is by number, whatever the rows' order: what cannot win any more is given up early."""
    counts = Counts({"a": sizes(25_557_032), "b": sizes(44_549_160)})
    rows = [row("R50", "a", params_m="24.37"), row("R101", "b", params_m="42.49"), row("again", "a", params_m="25.56")]
    chosen = {
        judge_table(only(Metric.PARAMS_M, *rows[turn:], *rows[:turn]), counts).own(Metric.PARAMS_M).name
        for turn in range(3)
    }
    assert chosen == {"parameters / 1024"}


def test_a_tie_goes_to_the_earlier_convention_and_is_told() -> None:
    """Of two conventions that give as many figures the first of the list is taken, and the other is named."""
    choice = judge_table(TABLE, NETWORKS).choices[1]
    assert (choice.convention.name, choice.matches, choice.counted) == ("torchstat", 3, 4)
    assert [tied.name for tied in choice.tied] == ["torchstat, normalisers as softmax"]


def test_two_changes_explain_nothing() -> None:
    """A convention with another unit and other biases is not a reason beside one with neither."""
    counts = Counts({"a": sizes(25_557_032), "b": {**sizes(25_557_032), "parameters, other_bias": 25_700_000}})
    rows = [row(f"plain {index}", "a", params_m="25.56") for index in range(3)]
    judged = judge_table(only(Metric.PARAMS_M, *rows, row("other", "b", params_m="24.51")), counts)
    assert judged.own(Metric.PARAMS_M).name == "parameters"
    assert judged.cells[3].verdict is Verdict.DIFFERS


def test_a_variant_explains() -> None:
    """A figure of the same network with other biases is explained by them, where they are not the whole table's."""
    biased = {**sizes(25_557_032), "parameters, other_bias": 25_700_000}
    rows = [row(f"described {index}", "a", params_m="25.56") for index in range(3)]
    table = only(Metric.PARAMS_M, *rows, row("other", "a", params_m="25.70"))
    judged = judge_table(table, Counts({"a": biased}))
    assert [cell.verdict.value for cell in judged.cells] == ["match", "match", "match", "explained"]
    assert judged.cells[3].reason == (
        "equals the printed value when the attention's fully connected layers have biases where they are described "
        "without, or the reverse"
    )


def test_random_figures_are_explained_no_more_often_than_chance_foretells() -> None:
    """Of 400 planted figures near the true ones 20 match or are explained, about as many as the report foretells."""
    random_numbers = random.Random(0)
    true = {f"n{index}": random_numbers.randrange(20_000_000, 60_000_000) for index in range(400)}
    counts = Counts(
        {
            name: {
                "parameters": count,
                "parameters_and_statistics": count + 100_000,
                "parameters, other_bias": count + 20_000,
                "parameters_and_statistics, other_bias": count + 120_000,
            }
            for name, count in true.items()
        }
    )
    rows = [
        row(name, name, params_m=f"{count * random_numbers.uniform(0.95, 1.05) / 1e6:.2f}")
        for name, count in true.items()
    ]
    judged = judge_table(only(Metric.PARAMS_M, *rows), counts)
    explained = judged.total(Verdict.EXPLAINED)
    foretold = judged.choices[0].by_chance
    assert judged.total(Verdict.DIFFERS) + judged.total(Verdict.CLOSE) > 380
    assert 0 < foretold < 12
    assert abs(explained - foretold) < 8


def test_the_list_is_short_and_every_convention_has_its_own_name() -> None:
    """Eight ways to count parameters and 20 to count operations: each more would explain more by accident."""
    names = [convention.name for convention in CONVENTIONS]
    assert len(names) == len(set(names)) == 31
    assert sum(convention.quantity == "parameters" for convention in CONVENTIONS) == 8
    assert sum(convention.quantity == "operations" for convention in CONVENTIONS) == 20


def test_figures_are_rounded_half_up() -> None:
    """A count that ends in a 5 is rounded up before it is compared, as printed tables are."""
    (cell,) = judge_table(only(Metric.PARAMS_M, row("Net", params_m="6.23")), Counts({"": sizes(6_225_000)})).cells
    assert (cell.verdict, str(cell.measured)) == (Verdict.MATCH, "6.23")


def test_a_column_of_tens_is_compared_in_tens() -> None:
    """Where all of three figures or more end in 0, that 0 was not counted: 301 is 300."""
    counts = Counts({"a": {"macs": 300_770_000}, "b": {"macs": 306_900_000}})
    rows = [row("a", "a", flops_m="300"), row("b", "b", flops_m="310"), row("c", "a", flops_m="300")]
    judged = judge_table(only(Metric.FLOPS_M, *rows), counts)
    assert [(str(cell.measured), cell.verdict.value) for cell in judged.cells] == [
        ("300", "match"),
        ("310", "match"),
        ("300", "match"),
    ]
    rows[2] = row("c", "a", flops_m="301")
    judged = judge_table(only(Metric.FLOPS_M, *rows), counts)
    assert [str(cell.measured) for cell in judged.cells] == ["301", "307", "301"]


def test_exact_figures_have_no_unit() -> None:
    """A table that prints every digit is compared with every digit."""
    rows = (row("a", "a", params="28089624"), row("b", "a", params="28089625"))
    judged = judge_table(only(Metric.PARAMS, *rows), Counts({"a": sizes(28_089_624)}))
    assert [cell.verdict.value for cell in judged.cells] == ["match", "explained"]
    assert judged.cells[1].reason == (
        "equals the printed value when parameters are counted together with the running means and variances of BN"
    )


def test_a_figure_that_is_not_printed_is_no_cell() -> None:
    """A row may have one figure and lack another."""
    rows = (row("a", "a", params_m="25.56"), row("b", "a", flops_g="3.86"))
    table = replace(only(Metric.PARAMS_M, *rows), metrics=(Metric.PARAMS_M, Metric.FLOPS_G))
    judged = judge_table(table, Counts({"a": {**sizes(25_557_032), "macs": 3_857_973_248}}))
    assert [(cell.row, cell.metric.value) for cell in judged.cells] == [("a", "params_m"), ("b", "flops_g")]
    assert "| b     | -                    | -                   | 3.86 " in markdown(judged)


def test_a_network_that_is_not_built_is_not_measured() -> None:
    """Its cells say so, and it has no vote in the choice of a convention."""
    rows = (row("a", "a", params_m="25.56"), row("b", host="", params_m="24.37"), row("c", host="", params_m="24.37"))
    judged = judge_table(only(Metric.PARAMS_M, *rows), Counts({"a": sizes(25_557_032)}))
    assert [cell.verdict.value for cell in judged.cells] == ["match", "not measured", "not measured"]
    assert (judged.choices[0].convention.name, judged.choices[0].counted) == ("parameters", 1)
    assert (judged.cells[1].measured, judged.cells[1].exact) == (None, None)
    assert "1 cell matches, 0 are explained, 0 differ, 2 are not measured." in markdown(judged)


def test_a_metric_that_nothing_counts_is_an_error() -> None:
    """Without a convention for parameters a table of them cannot be judged."""
    operations = [convention for convention in CONVENTIONS if convention.quantity == "operations"]
    with pytest.raises(ConformanceError, match=r"^params_m: no convention counts parameters$"):
        judge_table(TABLE, NETWORKS, operations)


def test_csv_has_exact_integers_in_the_papers_order() -> None:
    """The CSV has a line a cell: parameters, then multiply-adds, of each row as the paper lists them."""
    text = conformance_csv(judge_table(TABLE, NETWORKS))
    assert text.splitlines()[:4] == [
        "paper,table,row,host,implementation,slot,metric,published,measured,exact,counter,verdict,reason",
        "doe,4,Net,net,,,params_m,6.22,6.22,6220548,parameters,match,",
        "doe,4,Net,net,,,madds_m,726.63,726.63,726630300,torchstat,match,",
        "doe,4,SK,net,sk,,params_m,10.09,10.09,10088548,parameters,match,",
    ]
    records = list(csv.DictReader(io.StringIO(text)))
    assert [record["row"] for record in records[::2]] == ["Net", "SK", "SK + HardSoftmax", "PSK"]


def test_csv_of_what_is_not_measured_has_empty_cells() -> None:
    """No figure is made up: measured, exact and counter are empty, and the reason says why."""
    judged = judge_table(only(Metric.PARAMS_M, row("b", host="", params_m="24.37")), Counts({}))
    assert conformance_csv(judged, header=False) == (
        "doe,4,b,,,,params_m,24.37,,,,not measured,this network is not built here\n"
    )


def test_markdown_shows_published_beside_measured() -> None:
    """The whole table: source, convention, ticks, one note for a reason, totals, and accuracies marked unmeasured."""
    assert markdown(judge_table(TABLE, NETWORKS)) == (
        "Doe 2021, Table 4 (complexity), rebuilt\n"
        "\n"
        "Doe: Attention, 2021, doi:10.1/x: “Sizes of networks.”\n"
        "\n"
        "Input 1×3×32×32, 100 classes. Counting convention of this table:\n"
        "\n"
        "Params (M): all parameters are counted, in millions of 1e6 (gives 4 of 4 printed figures).\n"
        "\n"
        'MAdds (M): multiply-adds are counted by torchstat\'s rule ("Total MAdd"), in millions of 1e6 '
        "(gives 3 of 4 printed figures; as many as: torchstat, normalisers as softmax).\n"
        "\n"
        "The paper does not say which.\n"
        "\n"
        "| Model            | Top-1 (%) † | Params (M) published | Params (M) measured | MAdds (M) published "
        "| MAdds (M) measured   |\n"
        "| ---------------- | ----------: | -------------------: | ------------------: | ------------------: "
        "| -------------------: |\n"
        "| Net              | 93.10       |  6.22                |  6.22 ✓             | 726.63              "
        "| 726.63 ✓             |\n"
        "| SK               | 93.10       | 10.09                | 10.09 ✓             | 941.49              "
        "| 941.49 ✓             |\n"
        "| SK + HardSoftmax | 93.10       | 10.09                | 10.09 ✓             | 941.49              "
        "| 941.47 (explained ¹) |\n"
        "| PSK              | 93.10       |  8.32                |  8.32 ✓             | 937.93              "
        "| 937.93 ✓             |\n"
        "\n"
        "7 cells match, 1 is explained, 0 differ.\n"
        "\n"
        "Printed figures by the convention that gives them: 4 parameters; 3 torchstat; 1 torchstat, normalisers as "
        "softmax.\n"
        "\n"
        "✓ match; (explained) by another counting convention.\n"
        "\n"
        "MAdds (M): of the one figure that the table's own convention does not give, the other 19 conventions would "
        "explain 0.0 by chance alone, were all figures within 5.0% equally likely.\n"
        "\n"
        "¹ Equals the printed value when HardSoftmax is counted like nn.Softmax (3n - 1): the paper repeats the "
        "Softmax row.\n"
        "\n"
        "† As published, not measured.\n"
    )


def test_what_differs_has_one_mark_and_one_line() -> None:
    """With how much more the rebuild has; why is the same for all of them, and is said once."""
    rendered = markdown(judge_table(TABLE, Counts(MEASURED | dict.fromkeys(("", "sk"), sizes(1)))))
    assert rendered.count("-100.0% ✗") == 4
    assert rendered.count("no listed counting convention gives the printed digits") == 1
    assert "3 cells match, 1 is explained, 4 differ." in rendered


def test_alternatives_show_what_they_would_change() -> None:
    """Of the rows that the paper leaves open, the cells that another implementation changes, with both figures."""
    table = replace(TABLE, rows=(*TABLE.rows[:3], replace(TABLE.rows[3], alternative="psk/bn")))
    assert markdown(judge_table(table, NETWORKS)).endswith(
        "What the paper leaves open\n"
        "\n"
        "The paper does not say which. 1 of the 2 cells of these rows would be others with psk/bn.\n"
        "\n"
        "| Model | Other implementation | Figure    | published | rebuilt above | with the other |\n"
        "| ----- | -------------------- | --------- | --------: | ------------: | -------------: |\n"
        "| PSK   | psk/bn               | MAdds (M) | 937.93    | 937.93        | 937.94         |\n"
    )


def test_alternatives_that_change_nothing_say_so() -> None:
    """An implementation with the same figures leaves a count of 0 and no empty table."""
    table = replace(TABLE, rows=(*TABLE.rows[:3], replace(TABLE.rows[3], alternative="psk")))
    assert markdown(judge_table(table, NETWORKS)).endswith(
        "The paper does not say which. 0 of the 2 cells of these rows would be others with psk.\n"
    )


def test_plain_pandas_reads_every_cell(cells_lost: Callable[[str], list[str]]) -> None:
    """Verdicts and reasons too; what is empty was written empty."""
    assert cells_lost(conformance_csv(judge_table(TABLE, NETWORKS))) == []
