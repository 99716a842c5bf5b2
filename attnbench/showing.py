"""What a run found, on the screen when it is over: as wide as the terminal, or as Markdown in a notebook."""

from __future__ import annotations

import sys
from importlib import import_module
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
    if found.summary is not None or found.sections:
        if output.tables_to_stderr and in_notebook():
            text = document_terminal(found)
            import_module("IPython.display").display({"text/plain": text, "text/markdown": text}, raw=True)
        else:
            output.show(document_terminal(found, columns(sys.stderr if output.tables_to_stderr else sys.stdout)))
    for line in closing_words(run).splitlines():
        output.say(line)
