"""The ranges in which a number, a name or a text of a record is believed: msgspec refuses others when it reads.

They are wide: whatever can be measured is in them. What is not was written by no measurement, and would end in a table
that nobody can print, or in a file outside the run's folder.
"""

from __future__ import annotations

import sys
from typing import Annotated

from msgspec import Meta

#: Fits into 64 bits with their sign, as columns of whole numbers have to.
LARGEST = 2**62
#: Elements of a tensor: five times as many float64 still have a number of bytes below LARGEST.
MOST_ELEMENTS = 2**56
MOST_SECONDS = 1e9
#: Of the dtypes that are measured.
ITEM_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}

Whole = Annotated[int, Meta(ge=0, le=LARGEST)]
"""A count: of bytes, calls, operators."""
Integer = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
Size = Annotated[int, Meta(ge=1, le=2**31 - 1)]
"""One size of a tensor, or how many there are of what cannot be none."""
Seconds = Annotated[float, Meta(ge=1e-12, le=MOST_SECONDS)]
"""Of a call that was timed: at least a picosecond."""
Duration = Annotated[float, Meta(ge=0, le=MOST_SECONDS)]
"""Seconds, or none at all."""
Amount = Annotated[float, Meta(ge=0, le=1e300)]
"""A distance, a speed, an energy: nothing below 0."""
Ratio = Annotated[float, Meta(ge=1e-9, le=1e9)]
Share = Annotated[float, Meta(ge=0, le=1e6)]
"""Of one: a noise floor, a precision, a threshold."""
Chance = Annotated[float, Meta(ge=0, le=1)]
Celsius = Annotated[float, Meta(ge=-273.15, le=1e4)]
Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]
"""Of either sign."""
OfDtype = Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
"""What a function works on: any number that float64 has. Such functions are tried up to the largest."""

Line = Annotated[str, Meta(max_length=2_000)]
"""Words; how long they may get in a table is for the table to say."""
Text = Annotated[str, Meta(max_length=200_000)]
"""Several lines, as of a traceback."""
Name = Annotated[str, Meta(min_length=1, max_length=500)]
"""Of an implementation with its options, a backbone, a slot."""
FILE_NAME = r"\A[^\x00-\x1f\x7f-\x9f/\\.][^\x00-\x1f\x7f-\x9f/\\]{0,199}\Z"
FileName = Annotated[str, Meta(pattern=FILE_NAME)]
"""Of a run: a folder may be called so, and none above or below it."""
SuiteName = Annotated[str, Meta(pattern=r"\A[A-Za-z][A-Za-z0-9_-]{0,63}\Z")]
"""A CSV file is called so."""
Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""In hexadecimal."""
Device = Annotated[str, Meta(pattern=r"\A[a-z]{1,16}(:[0-9]{1,3})?\Z")]
Moment = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}(Z|[+-][0-9:]{4,8})?\Z")]
"""ISO 8601."""
