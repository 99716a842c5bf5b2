"""Several values in one text, as in ``--batch-size 1,8,32`` -> each by itself."""

from __future__ import annotations

import re

#: An option of an implementation, as it stands behind a comma: no name of an implementation has an equals sign.
OPTION = re.compile(r"\s*[^\W\d]\w*=")
NUMBER = re.compile(r"\s*[-+.\d][-+.\de]*\s*")
#: A value that begins as a list of Python does.
BRACKET = re.compile(r"=\s*[\[({]")


def at_commas(text: str) -> list[str]:
    """Return what stands between commas, without white space around it."""
    return [part.strip() for part in text.split(",")]


def whole(text: str) -> list[str]:
    """Return the text: its commas are its own, as those of a path or of ``slot@stage,stage``."""
    return [text]


def implementations(text: str) -> list[str]:
    """Return each implementation with its options: ``se:reduction=4,excitation=tanh,cbam`` is two.

    Raises:
        ValueError: an option follows no implementation, or the value of one seems to hold a comma.

    """
    found: list[str] = []
    for part in text.split(","):
        has_options = bool(found) and ":" in found[-1]
        if OPTION.match(part):
            if not has_options:
                before = found[-1] if found else "NAME"
                msg = f"{part.strip()!r} is an option; options stand behind a colon: {before}:{part.strip()}"
                raise ValueError(msg)
            found[-1] += f",{part.strip()}"
        elif has_options and (NUMBER.fullmatch(part) or BRACKET.search(_last_option(found[-1]))):
            msg = (
                f"{_last_option(found[-1])},{part.strip()}: the value of an option holds no comma; "
                "describe a function that builds the module with the list"
            )
            raise ValueError(msg)
        else:
            found.append(part.strip())
    return found


def _last_option(implementation: str) -> str:
    """Return the last option behind a name, as in ``reduction=4``."""
    return implementation.rpartition(",")[2].rpartition(":")[2]
