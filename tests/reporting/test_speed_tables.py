"""Promises of tables of speeds: printed beside measured, a verdict a ratio, and what is missing with its reason."""

from __future__ import annotations

import csv
import io
from itertools import combinations

import pytest

from reporting.published.speeds import load_speeds
from reporting.speed_csv import speed_csv
from reporting.speed_tables import Measured, Timed, Untimed, speed_tables
from results.stats import Ratio


def timed(seconds: float) -> Timed:
    """Return a time of four images that is known to 1%."""
    return Timed(seconds=seconds, low_s=0.99 * seconds, high_s=1.01 * seconds, images=4)


def around(value: float) -> Ratio:
    """Return a ratio that is known to 1%."""
    return Ratio(value=value, low=0.99 * value, high=1.01 * value, pairs=20)


@pytest.fixture
def senet() -> Measured:
    """Forward and backward of both rows, SE 12% slower."""
    return Measured(
        column=load_speeds("senet", 0).columns[0],
        how="batch 4, on a made-up machine",
        noise=0.021,
        rows={"ResNet-50": timed(0.5), "SE-ResNet-50": timed(0.56)},
        pairs={("SE-ResNet-50", "ResNet-50"): around(1.12)},
    )


def test_printed_stands_beside_measured(senet: Measured) -> None:
    """Absolute, as ratio to the first row, and with a verdict; what is said of all stands under the last table."""
    (table,) = speed_tables(load_speeds("senet", 0), [senet])
    assert table.title == "Hu et al. 2019, section 4 (speed), measured: forward and backward"
    assert table.caption.splitlines()[-1] == "Here: batch 4, on a made-up machine."
    assert [column.title for column in table.columns] == [
        "Model",
        "published, ms",
        "time ÷ ResNet-50",
        "here",
        "time ÷ ResNet-50, here",
        "verdict",
    ]
    assert table.texts == (
        ("ResNet-50", "190", "1", "500 ms ± 1.0%", "1", ""),
        ("SE-ResNet-50", "209", "1.100", "560 ms ± 1.0%", "1.120 [1.109, 1.131]", "agrees"),
    )
    assert table.notes[0] == "Ratios: 1 agrees. Noise floor: 2.1%."
    assert any(note.startswith("Ratios are of time, above 1 for slower") for note in table.notes)


def test_images_a_second_are_shown_as_printed(senet: Measured) -> None:
    """The ratio is of time all the same: a row that does fewer images a second takes longer."""
    eca = load_speeds("eca", 3)
    plain, se = eca.rows[:2]
    rows = {row.name: Untimed(reason="not reached") for row in eca.rows}
    measured = Measured(
        column=eca.columns[0],
        how=senet.how,
        noise=None,
        rows=rows | {plain.name: timed(2.0), se.name: timed(2.5)},
        pairs={(se.name, plain.name): around(1.25)},
    )
    (table,) = speed_tables(eca, [measured])
    assert table.texts[0] == ("ResNet-50", "1024", "1", "2.00 ± 1.0%", "1", "")
    assert table.texts[1] == ("ResNet-50 + SE", "759", "1.349", "1.60 ± 1.0%", "1.250 [1.238, 1.262]", "agrees")
    assert table.texts[2] == ("ResNet-50 + CBAM", "472", "2.169", "not reached", "", "not measured")
    assert table.notes[0] == "Ratios: 1 agrees, 9 not measured. Noise floor: not measured."


def test_what_is_not_built_and_what_contradicts_itself_is_said() -> None:
    """FeLU's references 13 and 14, and its text against its table."""
    felu = load_speeds("felu", 4)
    rows: dict[str, Timed | Untimed] = {
        "SENet": timed(100.0),
        "Reference 13": Untimed(reason="this network is not built here", built=False),
        "Reference 14": Untimed(reason="this network is not built here", built=False),
        "FeLU": timed(100.1),
    }
    pairs = {("FeLU", "SENet"): around(1.001)}
    columns = [Measured(column=column, how="here", noise=0.02, rows=rows, pairs=pairs) for column in felu.columns]
    tables = speed_tables(felu, columns)
    assert len(tables) == 4
    assert tables[0].texts[1] == ("Reference 13", "14458", "1.324", "-", "", "not measured")
    assert tables[0].texts[3][-1] == "within noise"
    assert "Reference 13, Reference 14: this network is not built here." in tables[0].notes
    contradictions = [[note for note in table.notes if "contradiction" in note] for table in tables]
    assert [len(found) for found in contradictions] == [0, 0, 0, 2]


def test_added_rows_have_no_verdict_but_are_held_against_their_like() -> None:
    """PSK's compiled and fused rows: a HardSoftmax beside the softmax that is made in the same way."""
    psk = load_speeds("psk", 4)
    names = [row.name for row in (*psk.rows, *psk.added)]
    rows = dict.fromkeys(names, timed(100.0)) | {"HardSoftmax (fused)": timed(90.0)}
    pairs = {(later, earlier): around(1.0) for earlier, later in combinations(names, 2)}
    pairs |= {("HardSoftmax (fused)", name): around(0.9) for name in names[:-2]}
    pairs["HardSoftmax (fused)", "Softmax (fused)"] = around(0.95)
    measured = Measured(column=psk.columns[0], how="here", noise=0.02, rows=rows, pairs=pairs)
    (table,) = speed_tables(psk, [measured])
    assert [row[0] for row in table.texts][3:] == [
        "Softmax (compiled)",
        "HardSoftmax (compiled)",
        "Softmax (fused)",
        "HardSoftmax (fused)",
    ]
    assert table.texts[6] == ("HardSoftmax (fused)", "-", "-", "90.0 s ± 1.0%", "0.900 [0.891, 0.909]", "")
    assert "HardSoftmax (fused) takes 0.950 [0.941, 0.959] times as long as Softmax (fused)." in table.notes
    faster, unordered = (note for note in table.notes if "here: " in note or note.startswith("Faster here"))
    assert faster.startswith("Faster here, by more than the noise floor: HardSoftmax (fused) than Softmax (PyTorch), ")
    assert unordered.startswith("Cannot be ordered here: Softmax (PyTorch) with Softmax (hand-written), ")


def test_without_a_paired_ratio_nothing_is_decided(senet: Measured) -> None:
    """Two times that were not taken together are no ratio."""
    measured = Measured(column=senet.column, how=senet.how, noise=0.02, rows=senet.rows, pairs={})
    (table,) = speed_tables(load_speeds("senet", 0), [measured])
    assert table.texts[1][-2:] == ("not paired", "not decided")


def test_csv_has_all_digits(senet: Measured) -> None:
    """One line a row and column, what is not known empty."""
    plain, se = csv.DictReader(io.StringIO(speed_csv(load_speeds("senet", 0), [senet])))
    assert (plain["row"], plain["metric"], plain["published"], plain["verdict"]) == ("ResNet-50", "train_ms", "190", "")
    assert (se["seconds"], se["ratio"], se["pairs"], se["verdict"]) == ("0.56", "1.12", "20", "agrees")
    assert float(se["published_ratio"]) == pytest.approx(1.1)
