"""A digest in front of what a line or a file says: whoever alters the rest has altered it visibly.

It guards against slips and failing disks, not against forgers: anybody can compute it.
"""

from __future__ import annotations

import re
from hashlib import blake2b

#: How a sealed JSON object begins; a line that was cut off while it was written begins so too.
START = b'{"digest":"'
#: 64 bits, in hexadecimal.
DIGEST_BYTES = 8
_END = len(START) + 2 * DIGEST_BYTES + 2
#: Laid out in another way, it can still be told what is wrong with the rest.
_SEAL = re.compile(rb'\s*\{\s*"digest"\s*:\s*"([^"]*)"\s*,')


def digest_of(content: bytes) -> str:
    """Return the digest of what a file says."""
    return _digest(content).decode()


def sealed(content: bytes) -> bytes:
    """Return a JSON object, which has fields and begins with its brace, with its digest as the first one."""
    return b'%s%s",%s' % (START, _digest(content), content[1:])


def unsealed(data: bytes) -> tuple[bytes, bool]:
    """Return the JSON object without its digest, and whether it is the one that was sealed."""
    if data.startswith(START) and data[_END - 2 : _END] == b'",':
        # As it was written: most lines are, and there are many.
        content = b"{" + data[_END:].removesuffix(b"\n")
        return content, data[len(START) : _END - 2] == _digest(content)
    found = _SEAL.match(data)
    if found is None:
        return data, False
    return b"{" + data[found.end() :], False


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST_BYTES).hexdigest().encode()
