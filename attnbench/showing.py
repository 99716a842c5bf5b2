"""What a run found, on the screen when it is over: as wide as the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reporting.brief import brief
from reporting.closing import closing_words
from reporting.to_terminal import document_terminal

from .output import columns, in_notebook

if TYPE_CHECKING:
    from results.records import Run

    from .output import Output


def show_results(run: Run, output: Output) -> None:
    """Print the summary first, then what it does not hold; at the end, in a sentence, what each attention costs.

    Args:
        run: of which something was measured, or failed.
        output: nothing is printed if it shows no progress.

    """
    if not output.progress:
        return
    found = brief(run)
    # In a notebook the run is the value of its cell, and shows this itself.
    if (found.summary is not None or found.sections) and not (output.tables_to_stderr and in_notebook()):
        output.show(document_terminal(found, columns(sys.stderr if output.tables_to_stderr else sys.stdout)))
    for line in closing_words(run).splitlines():
        output.say(line)
