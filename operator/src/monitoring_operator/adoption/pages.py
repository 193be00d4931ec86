"""What a replica answered, and a parser for answers that are too large to be held as a whole.

json.loads keeps every other thread waiting until it is done; twenty megabytes take a quarter of a second. One element of the
list after the other takes microseconds, and is forgotten as soon as its facts are taken.
"""

import codecs
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from monitoring_operator.adoption.replicas import Replica

T = TypeVar("T")

NOT_ASKED = "it has not been asked yet"
"""The `failure` of a page for which nobody has asked."""

PIECE = 1024 * 1024
"""Bytes of an answer that are looked at as text at a time."""

_DECODER = json.JSONDecoder()
_BETWEEN = ", \n\r\t"


class NotAsExpected(ValueError):
    """An answer that is not of the form that its API documents."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """What one replica said; `content` is None where it said nothing, and `failure` then says why."""

    replica: Replica
    content: T | None = None
    failure: str = ""


def silent(pages: Sequence[Page[T]]) -> list[Page[T]]:
    """The pages of shards of which no replica answered: what they hold, nobody else knows."""
    heard = {page.replica.shard for page in pages if page.content is not None}
    return [page for page in pages if page.replica.shard not in heard]


def elements(body: bytes, field: str) -> Iterator[Any]:
    """The elements of the first list called `field`, objects all, in a successful answer of Prometheus' HTTP API, one at a time.

    Raises NotAsExpected.
    """
    head = f'"{field}":['.encode()
    start = body.find(head)
    if not body.startswith(b'{"status":"success"') or (start < 0 and f'"{field}":null'.encode() not in body):
        raise NotAsExpected("not an answer of Prometheus' HTTP API")
    if start < 0:
        return
    whole, fed = memoryview(body), start + len(head)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    text, at = "", 0
    while True:
        while text[at : at + 1] and text[at] in _BETWEEN:
            at += 1
        if text[at : at + 1] == "]":
            return
        try:
            element, at = _DECODER.raw_decode(text, at)
        except ValueError as error:
            if fed >= len(body):
                raise NotAsExpected("an answer that ends too early") from error
            # Decoded piece by piece: one letter beyond ASCII would make a text of twice the page's size of it, or four times.
            text, at = text[at:] + decoder.decode(whole[fed : fed + PIECE], final=fed + PIECE >= len(body)), 0
            fed += PIECE
        else:
            yield element
