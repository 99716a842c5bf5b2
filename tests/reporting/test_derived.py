from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reporting.derived import derive_table3, derive_table5, derived_csv, derived_table
from reporting.published import load_table
from reporting.to_markdown import to_markdown


def test_table_3_recounts() -> None:
    """Of 12 pairs of printed accuracies HardSoftmax is above Softmax in 8 and below in 4, as the paper says."""
    derived = derive_table3(load_table("psk", 2))
    assert derived.compared == 12
    assert [(each.comparison, each.published, each.recounted, each.verdict.value) for each in derived.recounts] == [
        ("HardSoftmax > Softmax", 8, 8, "match"),
        ("HardSoftmax < Softmax", 4, 4, "match"),
    ]


def test_table_5_recounts() -> None:
    """Of 6 pairs of printed accuracies PSK with standard 1x1 is above SK with HardSoftmax in 3 and below in 3."""
    derived = derive_table5(load_table("psk", 2))
    assert derived.compared == 6
    assert [(each.comparison, each.published, each.recounted, each.verdict.value) for each in derived.recounts] == [
        ("PSK + standard 1x1 > SK + HardSoftmax", 3, 3, "match"),
        ("PSK + standard 1x1 < SK + HardSoftmax", 3, 3, "match"),
    ]


def test_figures_come_from_the_accuracies() -> None:
    """With one printed accuracy changed, the recount changes and no longer matches."""
    table2 = load_table("psk", 2)
    rows = tuple(
        replace(row, printed=dict(row.printed) | {"cifar100_acc": Decimal("99.99")})
        if row.name == "SKNet50 (16x4d) + HardSoftmax"
        else row
        for row in table2.rows
    )
    derived = derive_table3(replace(table2, rows=rows))
    assert [(each.recounted, each.verdict.value) for each in derived.recounts] == [(9, "differs"), (3, "differs")]


def test_markdown_and_csv() -> None:
    """Both renderings show published beside recounted, and where they come from."""
    derived = derive_table5(load_table("psk", 2))
    assert to_markdown(derived_table(derived)) == (
        "Zhu et al. 2021, Table 5 (PSK against SK), recounted\n"
        "\n"
        "Zhu, Min, Zhang, Duan: Parallel Selective Kernel Attention Based on HardSoftmax, 2021, "
        "doi:10.3778/j.issn.1002-8331.2010-0085: “Ablation experiment, the number of PSK attention outperforming or "
        "underperforming SK attention.”\n"
        "\n"
        "Recounted from 6 pairs of accuracies printed in Table 2.\n"
        "\n"
        "| Comparison                            | published | recounted |\n"
        "| ------------------------------------- | --------: | --------: |\n"
        "| PSK + standard 1x1 > SK + HardSoftmax | 3         | 3 ✓       |\n"
        "| PSK + standard 1x1 < SK + HardSoftmax | 3         | 3 ✓       |\n"
    )
    assert derived_csv(derived) == (
        "paper,table,row,host,implementation,slot,metric,published,measured,exact,counter,verdict,reason\n"
        "psk,5,PSK + standard 1x1 > SK + HardSoftmax,,,,wins,3,3,3,Table 2,match,\n"
        "psk,5,PSK + standard 1x1 < SK + HardSoftmax,,,,wins,3,3,3,Table 2,match,\n"
    )
