"""A run -> pandas.DataFrame: one row an outcome, SI units, full digits.

``run.to_frame()`` has these columns:

- of the case: suite, implementation, options, subject, host, slot, input (of a batch of one), batch_size, shape, dim,
  num_classes, dtype, device, direction, mode, timing, channels_last, threads
- status: measured, skipped or failed
- complexity, for a batch of one: parameters, and one column a counting rule, named by what one count stands for:
  madds_torchstat, macs_fvcore, flops_torch
- latency: median_s, low_s, high_s (95% interval), p95_s (95% of the samples are faster; of 20 samples and more),
  samples, calls_per_sample, outliers (kept), discarded (throttled, and taken again), throttled (and kept), host_bound
  (whether the device waited for the CPU), wall_s_per_call (back to back, by the CPU's clock, launches and waits
  included; empty on the CPU and with cold timing), overhead_s (of an
  empty call by the same clock: below ten times of it, more than a tenth of a time is the clock's), warmup_steady, stop,
  and reference, the implementation that the time is divided by: none (the plain network), softmax, sdpa, or the first
  of several attentions alone; ratio, ratio_low, ratio_high against it: paired, and empty where the two have fewer than
  6 rounds in common
- rates, from the median: images_per_s; of attention between tokens model_flops (what exact attention needs, a multiply-
  add as two), model_flops_per_s, least_bytes (queries, keys, values, result and gradients once), bytes_per_s
- the device while it was timed, from NVML: sm_clock_hz, memory_clock_hz, temperature_c, power_w, energy_j (per call, of
  calls back to back with hot caches whatever the timing, idle power included), throttle_reasons,
  watched (samples after which it said whether the device was throttled), unwatched (samples after which it was not
  asked), power_capped (watched samples that were taken at the board's power limit, and kept), shared_board (the device
  is a part of a board: power, energy and temperature are the whole board's)
- memory, of one call: saved_bytes, peak_live_bytes, read_bytes, written_bytes, operators, and on CUDA allocated_bytes,
  reserved_bytes, process_bytes
- error: why a case was skipped or how it failed; of a case whose size is known, the counting rules that failed

``suite_frame(run.index, suite)`` has the columns that cases of the suite can fill. Some have rows or columns of
their own:

- logit functions beside a copy: least_bytes, what must be moved in a call (see ``bandwidth``); bytes_per_s, that over
  the median time; share_of_copy, share_of_copy_low, share_of_copy_high, bytes a second over those of the copy
- steps of an epoch: dataset; digest of its images and labels, or fake; recipe; phase; part of the step; images and
  steps of an epoch; steps_timed; epoch_s, epoch_s_low, epoch_s_high (the interval in which another epoch lies);
  images_per_s; waiting, waiting_low, waiting_high, the share of a step that waits for data; epoch_j; peak_bytes
- attention between tokens: ratio_to_sdpa, ratio_to_sdpa_low, ratio_to_sdpa_high; the sizes of the tokens;
  kv_elements_per_token, kv_bytes_per_token of a layer's cache; model_flops, what exact attention needs in a call;
  executed_flops, those of the products that ran; least_bytes; flops_per_s, bytes_per_s: model_flops and least_bytes
  over the median time; peak_flops_per_s of a product of square matrices; backend_asked, backends (that ran), refused
  (the others, with torch's reasons); checked (which result), largest_error, allowed_error, own_definition: see
  ``results.ran``
- frontiers, one row a pattern: length of the row of logits; pattern; threshold, the value of the growing input nearest
  to 0 at which it fails, the neighbour towards 0 does not; of random inputs and feature maps their scale. Infinite: it
  fails on a fixed pattern that is not finite, and this is its value (inf for one NaN, too: a NaN would read as an empty
  cell). Empty: it never fails, up to the dtype's largest number. failure: raises, NaN output, inf output, all zeros,
  sum (of weights: not 1), no gradient (all zeros where the exact one is not); never where threshold is empty, and only
  there.
  operator: the first one whose result has gone wrong there
- errors, one row a scale: length, and the columns of ErrorAtScale
- trainings, one row an epoch: dataset, digest (or fake), recipe, settings, epochs, steps of an epoch, seed, amp,
  processes; epoch (from 1), and the fields of CurvePoint

Rows of complexity, latency, memory and the views join on ``rows.JOIN_KEYS``: implementation, options, host, slot,
input, num_classes. Each set of them is one row of complexity. Of CSV files read them as text, ``pandas.read_csv(file,
dtype=dict.fromkeys(JOIN_KEYS, str))``: a column that is empty in one file would be a column of numbers there.

Integers are Int64, other numbers float64; empty cells are <NA> and NaN.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from .epochs import EPOCH_COLUMNS, data_cells, epoch_cells
from .figures import complexity_figures, error_figures, frontier_figures, latency_figures, memory_figures
from .latency_rows import BESIDE_COPY_COLUMNS, beside_copy_cells, latency_cells, latency_columns
from .learning import Training
from .numerics import Errors, Frontiers
from .numerics_rows import ERROR_SCALE_COLUMNS, FRONTIER_COLUMNS, error_rows, frontier_rows, length_cells
from .outcomes import Measured
from .rows import CASE_COLUMNS, ERROR_COLUMNS, case_cells, frame_of
from .samples import Latency
from .size_rows import MEMORY_COLUMNS, complexity_cells, complexity_columns, memory_cells
from .sizes import Complexity, Memory
from .token_rows import TOKEN_COLUMNS, input_cells, token_cells
from .tokens import Tokens
from .training_rows import CURVE_COLUMNS, curve_rows, training_cells, training_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pandas import DataFrame

    from .cases import Case
    from .figures import Figure
    from .index import Index
    from .outcomes import Outcome, Result
    from .rows import Columns, Row


class Layout(NamedTuple):
    """How results of one kind become rows."""

    columns: Callable[[Iterable[Outcome]], Columns]
    rows: Callable[[Index, Case, Any], list[Row]]
    """Those of one case."""
    figures: Callable[[Index, Case, Any], list[Figure]]
    """The quantities of one case by name, for comparisons and histories."""
    of_case: Callable[[Case], Row] = lambda _: {}
    """What a row says of a case that such results were asked of, whatever came of it."""


#: Kind of result -> its rows.
LAYOUTS: Mapping[type[Result], Layout] = MappingProxyType(
    {
        Complexity: Layout(complexity_columns, lambda _, __, found: [complexity_cells(found)], complexity_figures),
        Latency: Layout(
            latency_columns, lambda index, case, found: [latency_cells(index, case, found)], latency_figures
        ),
        Memory: Layout(lambda _: MEMORY_COLUMNS, lambda _, __, found: [memory_cells(found)], memory_figures),
        Frontiers: Layout(
            lambda _: FRONTIER_COLUMNS, lambda _, __, found: frontier_rows(found), frontier_figures, length_cells
        ),
        Errors: Layout(
            lambda _: ERROR_SCALE_COLUMNS, lambda _, __, found: error_rows(found), error_figures, length_cells
        ),
        Training: Layout(
            lambda _: CURVE_COLUMNS, lambda _, __, found: curve_rows(found), training_figures, training_cells
        ),
    }
)
#: Of logit functions that were timed beside a copy.
BESIDE_COPY = Layout(
    lambda _: BESIDE_COPY_COLUMNS,
    lambda index, case, found: [beside_copy_cells(index, case, found)],
    latency_figures,
)
#: Of steps of an epoch.
OF_EPOCHS = Layout(
    lambda outcomes: latency_columns(outcomes) | EPOCH_COLUMNS,
    lambda index, case, found: [latency_cells(index, case, found) | epoch_cells(index, case, found)],
    latency_figures,
    data_cells,
)
#: Of attention between tokens.
OF_TOKENS = Layout(
    lambda outcomes: latency_columns(outcomes) | TOKEN_COLUMNS,
    lambda index, case, found: [latency_cells(index, case, found) | token_cells(index, case, found)],
    latency_figures,
    input_cells,
)
#: The kinds that have one row an outcome, and stand in the frame of a whole run.
ONE_ROW = (Complexity, Latency, Memory)


def to_frame(index: Index) -> DataFrame:
    """Return one row an outcome, in plan order (see the module's docstring)."""
    return _frame(index, index.in_plan_order, {kind: LAYOUTS[kind] for kind in ONE_ROW})


def suite_frame(index: Index, suite: str) -> DataFrame:
    """Return the rows of one suite, without the columns that no case of it can fill.

    Where nothing was measured there is nothing to choose by, and the columns of every kind are there.
    """
    outcomes = [outcome for outcome in index.in_plan_order if outcome.case.suite == suite]
    kinds = {type(outcome.result) for outcome in outcomes if isinstance(outcome, Measured)}
    beside_copy = any(block.copy is not None for block in index.plan.blocks if block.shared.suite == suite)
    layouts = {kind: layout for kind, layout in LAYOUTS.items() if kind in (kinds or LAYOUTS)}
    if beside_copy and Latency in layouts:
        layouts[Latency] = BESIDE_COPY
    if Latency in layouts and any(outcome.case.input.is_step for outcome in outcomes):
        layouts[Latency] = OF_EPOCHS
    if Latency in layouts and kinds and any(isinstance(outcome.case.input, Tokens) for outcome in outcomes):
        layouts[Latency] = OF_TOKENS
    return _frame(index, outcomes, layouts)


def figures_of(index: Index, outcome: Outcome) -> list[Figure]:
    """Return the figures that a case gave; none of one that was skipped or failed."""
    if not isinstance(outcome, Measured):
        return []
    return LAYOUTS[type(outcome.result)].figures(index, outcome.case, outcome.result)


def _frame(index: Index, outcomes: Iterable[Outcome], layouts: Mapping[type[Result], Layout]) -> DataFrame:
    listed = list(outcomes)
    columns = dict(CASE_COLUMNS)
    for layout in layouts.values():
        columns |= layout.columns(listed)
    rows = [_case_cells(outcome, layouts) | row for outcome in listed for row in _rows(index, outcome, layouts)]
    return frame_of(rows, columns | ERROR_COLUMNS)


def _case_cells(outcome: Outcome, layouts: Mapping[type[Result], Layout]) -> Row:
    cells = case_cells(outcome)
    for layout in layouts.values():
        cells |= layout.of_case(outcome.case)
    return cells


def _rows(index: Index, outcome: Outcome, layouts: Mapping[type[Result], Layout]) -> list[Row]:
    if not isinstance(outcome, Measured) or type(outcome.result) not in layouts:
        return [{}]
    return layouts[type(outcome.result)].rows(index, outcome.case, outcome.result)
