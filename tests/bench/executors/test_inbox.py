"""Whatever arrives from a process: a message, nothing, or its death."""

from __future__ import annotations

import socket
import struct
from contextlib import closing
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import pytest

from bench.executors.inbox import Inbox, NoMessageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ends() -> Iterator[tuple[Inbox, socket.socket]]:
    """Return an inbox, and the other end of its connection."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        yield Inbox(ours), theirs


def test_messages_arrive_in_order(ends: tuple[Inbox, socket.socket]) -> None:
    """Also those that arrive together, as multiprocessing writes them."""
    inbox, theirs = ends
    connection: Connection[Any, Any] = Connection(theirs.detach())
    connection.send("first")
    connection.send(["second"])
    assert [inbox.receive(0.0), inbox.receive(0.0), inbox.receive(0.0)] == ["first", ["second"], None]
    connection.close()


def test_half_a_message_is_not_waited_for(ends: tuple[Inbox, socket.socket]) -> None:
    """The rest may never come."""
    inbox, theirs = ends
    theirs.sendall(struct.pack("!i", 1000) + b"half")
    assert inbox.receive(0.0) is None


@pytest.mark.parametrize(
    "junk", [b"\x7f\xff\xff\xff", b"\xff\xff\xff\xf0", struct.pack("!iQ", -1, 2**60), struct.pack("!i", 4) + b"junk"]
)
def test_what_is_no_message_is_named(ends: tuple[Inbox, socket.socket], junk: bytes) -> None:
    """Lengths that cannot be, and bodies that are no pickle."""
    inbox, theirs = ends
    theirs.sendall(junk)
    with pytest.raises(NoMessageError):
        inbox.receive(0.0)


def test_the_end_of_the_connection(ends: tuple[Inbox, socket.socket]) -> None:
    """In the middle of a message too."""
    inbox, theirs = ends
    theirs.sendall(struct.pack("!i", 1000))
    theirs.close()
    # What was written before is read first.
    assert inbox.receive(0.0) is None
    with pytest.raises(EOFError):
        inbox.receive(0.0)
