from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

import pytest

from reporting.conformance import ConformanceError, Verdict, judge_table
from reporting.conformance_text import conformance_csv, conformance_markdown
from reporting.conventions import CONVENTIONS, Convention, Metric
from reporting.published import PublishedRow, PublishedTable, Source
from results.records import Complexity, Count, Unit

SOURCE = Source(
    short="Doe 2021",
    citation="Doe: Attention, 2021",
    doi="10.1/x",
    table=4,
    subject="complexity",
    caption="Sizes of networks.",
)


def row(name: str, attention: str, normalizer: str, params: str, madds: str) -> PublishedRow:
    """Return a row as printed."""
    printed = {"params_m": Decimal(params), "madds_m": Decimal(madds), "top1": Decimal("93.10")}
    return PublishedRow(
        name=name,
        backbone="net",
        attention=attention,
        normalizer=normalizer,
        printed=MappingProxyType(printed),
    )


TABLE = PublishedTable(
    source=SOURCE,
    input_shape=(1, 3, 32, 32),
    num_classes=100,
    metrics=(Metric.PARAMS_M, Metric.MADDS_M),
    accuracies=MappingProxyType({"top1": "Top-1 (%)"}),
    choices="The paper does not say which.",
    rows=(
        row("Net", "none", "", "6.22", "726.63"),
        row("SK", "sk", "softmax", "10.09", "941.49"),
        row("SK + HardSoftmax", "sk", "hard_softmax", "10.09", "941.49"),
        row("PSK", "psk", "hard_softmax", "8.32", "937.93"),
    ),
)


def complexity(parameters: int, **totals: int) -> Complexity:
    """Return counts by any rules."""
    counts = (Count(rule=rule, unit=Unit.MADD, total=total, by_operator=()) for rule, total in totals.items())
    return Complexity(parameters=parameters, counts=tuple(counts))


def sizes(parameters: int, torchstat: int, as_softmax: int) -> Complexity:
    """Return counts by the two rules that decide here."""
    return complexity(parameters, torchstat=torchstat, torchstat_normalizers_as_softmax=as_softmax)


#: The counts of the PSK paper's networks of the same names.
MEASURED = {
    "Net": sizes(6_220_548, 726_630_300, 726_630_300),
    "SK": sizes(10_088_548, 941_494_124, 941_494_124),
    "SK + HardSoftmax": sizes(10_088_548, 941_471_484, 941_494_124),
    "PSK": sizes(8_320_228, 937_934_844, 937_957_484),
}

#: PSK with a BN, to which no rule gives the printed multiply-adds.
OTHER_PSK = sizes(8_322_116, 937_943_276, 937_965_916)


def test_matches_explains_and_counts() -> None:
    """Each cell has its verdict: the convention of most cells matches, another one explains."""
    judged = judge_table(TABLE, MEASURED)
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
    assert [judged.total(verdict) for verdict in Verdict] == [7, 1, 0]


def test_an_explanation_names_the_convention_and_the_repeated_row() -> None:
    """The reason says by which rule the printed value comes out, and that another row has the same one."""
    cell = judge_table(TABLE, MEASURED).cells[5]
    assert cell.reason == (
        "equals the printed value when HardSoftmax is counted like nn.Softmax (3n - 1): "
        "the paper repeats the Softmax row"
    )
    assert (str(cell.published), str(cell.measured), cell.exact) == ("941.49", "941.47", 941_471_484)


def test_a_row_is_repeated_only_if_its_figure_is() -> None:
    """Where the row with the other normaliser was printed with other digits, nothing is said of repeating."""
    other_softmax = replace(TABLE, rows=(TABLE.rows[0], row("SK", "sk", "softmax", "10.09", "941.50"), *TABLE.rows[2:]))
    cell = judge_table(other_softmax, MEASURED).cells[5]
    assert cell.reason == "equals the printed value when HardSoftmax is counted like nn.Softmax (3n - 1)"


def test_what_no_convention_gives_differs() -> None:
    """A figure that no rule of the list leads to is neither matched nor explained."""
    misprinted = replace(TABLE, rows=(row("Net", "none", "", "6.22", "726.64"), *TABLE.rows[1:]))
    cell = judge_table(misprinted, MEASURED).cells[1]
    assert (cell.verdict, cell.reason) == (Verdict.DIFFERS, "no listed counting convention gives the printed digits")
    assert (str(cell.published), str(cell.measured)) == ("726.64", "726.63")


def test_the_convention_of_most_cells_is_the_tables_own() -> None:
    """Two rows in units of 2**20 outvote one in millions, which is then explained by the other convention."""
    binary = Convention(
        name="binary", metric=Metric.PARAMS_M, rule=None, scale=2**20, words="parameters are divided by 2**20"
    )
    table = replace(
        TABLE,
        metrics=(Metric.PARAMS_M,),
        rows=(
            row("R50", "none", "", "24.37", "0"),
            row("R101", "none", "", "42.49", "0"),
            row("R50, again", "none", "", "25.56", "0"),
        ),
    )
    counts = {"R50": 25_557_032, "R101": 44_549_160, "R50, again": 25_557_032}
    judged = judge_table(
        table, {name: complexity(count) for name, count in counts.items()}, conventions=(*CONVENTIONS, binary)
    )
    assert judged.own(Metric.PARAMS_M) is binary
    assert [cell.verdict.value for cell in judged.cells] == ["match", "match", "explained"]
    assert judged.cells[2].reason == "equals the printed value when all parameters are counted, in millions of 1e6"


def test_a_tie_goes_to_the_earlier_convention_and_is_told() -> None:
    """Of two conventions that give as many figures the first of the list is taken, and the other is named."""
    choice = judge_table(TABLE, MEASURED).choices[1]
    assert (choice.convention.name, choice.matches) == ("torchstat", 3)
    assert [tied.name for tied in choice.tied] == ["torchstat, normalisers as softmax"]


def test_figures_are_rounded_half_up() -> None:
    """A count that ends in a 5 is rounded up before it is compared, as printed tables are."""
    table = replace(TABLE, metrics=(Metric.PARAMS_M,), rows=(row("Net", "none", "", "6.23", "0"),))
    (cell,) = judge_table(table, {"Net": complexity(6_225_000)}).cells
    assert (cell.verdict, str(cell.measured)) == (Verdict.MATCH, "6.23")


def test_a_missing_row_is_an_error() -> None:
    """A table is judged whole or not at all."""
    with pytest.raises(ConformanceError, match=r"^not measured: SK, PSK$"):
        judge_table(TABLE, {name: MEASURED[name] for name in ("Net", "SK + HardSoftmax")})


def test_a_missing_rule_is_an_error() -> None:
    """Networks that were counted by no common rule cannot be judged, and the message names the rules."""
    with pytest.raises(ConformanceError, match=r"^madds_m: no counting rule was used on every row; one of these is"):
        judge_table(TABLE, dict.fromkeys(MEASURED, complexity(6_220_548, another=1)))


def test_csv_has_exact_integers_in_the_papers_order() -> None:
    """The CSV has a line a cell: parameters, then multiply-adds, of each row as the paper lists them."""
    text = conformance_csv(judge_table(TABLE, MEASURED))
    assert text.splitlines()[:3] == [
        "row,metric,published,measured,exact,counter,verdict,reason",
        "Net,params_m,6.22,6.22,6220548,parameters,match,",
        "Net,madds_m,726.63,726.63,726630300,torchstat,match,",
    ]
    records = list(csv.DictReader(io.StringIO(text)))
    assert [record["row"] for record in records[::2]] == ["Net", "SK", "SK + HardSoftmax", "PSK"]


def test_markdown_shows_published_beside_measured() -> None:
    """The whole table: source, convention, ticks, one note for a reason, totals, and accuracies marked unmeasured."""
    assert conformance_markdown(judge_table(TABLE, MEASURED)) == (
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
        "| Model            | Top-1 (%) † | Params (M) published | Params (M) measured | MAdds (M) published "
        "| MAdds (M) measured |\n"
        "| ---------------- | ----------: | -------------------: | ------------------: | ------------------: "
        "| -----------------: |\n"
        "| Net              | 93.10       |  6.22                |  6.22 ✓             | 726.63              "
        "| 726.63 ✓           |\n"
        "| SK               | 93.10       | 10.09                | 10.09 ✓             | 941.49              "
        "| 941.49 ✓           |\n"
        "| SK + HardSoftmax | 93.10       | 10.09                | 10.09 ✓             | 941.49              "
        "| 941.47 ¹           |\n"
        "| PSK              | 93.10       |  8.32                |  8.32 ✓             | 937.93              "
        "| 937.93 ✓           |\n"
        "\n"
        "7 cells match, 1 is explained, 0 differ.\n"
        "\n"
        "¹ Equals the printed value when HardSoftmax is counted like nn.Softmax (3n - 1): the paper repeats the "
        "Softmax row.\n"
        "\n"
        "† As published, not measured: accuracies need training.\n"
    )


def test_equal_reasons_share_a_note() -> None:
    """Two cells that differ for the same reason have the same mark, and the reason is printed once."""
    wrong = dict.fromkeys(("Net", "SK"), complexity(1, torchstat=1, torchstat_normalizers_as_softmax=1))
    rendered = conformance_markdown(judge_table(TABLE, MEASURED | wrong))
    assert rendered.count("✗ ¹") == 4
    assert rendered.count("No listed counting convention") == 1
    assert "3 cells match, 1 is explained, 4 differ." in rendered


def test_alternatives_show_what_they_would_change() -> None:
    """Of the rows that the paper leaves open, the cells that another implementation changes, with both figures."""
    rendered = conformance_markdown(judge_table(TABLE, MEASURED), {"PSK": ("psk", OTHER_PSK)})
    assert rendered.endswith(
        "What the paper leaves open\n"
        "\n"
        "The paper does not say which. 1 of the 2 cells of these rows would be others with psk.\n"
        "\n"
        "| Model | Other implementation | Figure    | published | rebuilt above | with the other |\n"
        "| ----- | -------------------- | --------- | --------: | ------------: | -------------: |\n"
        "| PSK   | psk                  | MAdds (M) | 937.93    | 937.93        | 937.94         |\n"
    )


def test_alternatives_that_change_nothing_say_so() -> None:
    """An implementation with the same figures leaves a count of 0 and no empty table."""
    rendered = conformance_markdown(judge_table(TABLE, MEASURED), {"PSK": ("psk", MEASURED["PSK"])})
    assert rendered.endswith("The paper does not say which. 0 of the 2 cells of these rows would be others with psk.\n")
