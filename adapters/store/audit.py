"""The audit trail: every row carries the hash of the one before, so that no row can be changed, taken out or moved.

A chain alone cannot see its own tail cut off: for that, keep a head outside (printed, mailed) and give it as the
anchor (T31). Who did it and the detail are sealed; the chain is over the sealed values and verifies without the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from adapters.seal import Seals, place
from adapters.store.codec import micros
from adapters.store.desk import Desk
from adapters.store.statements import ADD_AUDIT, LAST_AUDIT
from adapters.store.tables import audit
from bot.errors import ConfigError, HandrailError
from bot.ports import Audited

Tail = tuple[int, str]
_NOTHING: Tail = (0, "0" * 64)
_PAGE = 2000
_BEFORE_ALL = -(2**63)
_canonical = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=repr).encode


class AuditBroken(HandrailError):
    """The audit trail is not what was written. `seq` is the first row that is wrong or missing."""

    def __init__(self, seq: int, wrong: str) -> None:
        self.seq, self.wrong = seq, wrong
        super().__init__(f"the audit trail is broken at row {seq}: {wrong}")


@dataclass(frozen=True, slots=True)
class Verified:
    """An unbroken trail: how many rows, and its head as an anchor (`seq:hash`) to keep outside."""

    count: int
    head: str


def append(desk: Desk, seals: Seals, row: Audited, tail: Tail | None = None) -> Tail:
    """Add one row at the end of the chain, which is `tail` when the same transaction has just written it.

    Returns the new end: sequence number and hash.
    """
    last, prev = tail or desk.first(LAST_AUDIT) or _NOTHING
    seq = last + 1
    actor = seals.keyring.seal(_bytes(row.actor), place("audit", "actor", seq))
    detail = seals.keyring.seal(_bytes(row.detail), place("audit", "detail", seq))
    fields = (seq, micros(row.at), actor, row.action, _plain(row.ref), detail, prev)
    names = ("seq", "at", "actor", "action", "ref", "detail", "prev")
    hashed = _hash(fields)
    desk.run(ADD_AUDIT, **dict(zip(names, fields, strict=True)), hash=hashed)
    return seq, hashed


Pages = Callable[[int], Sequence[Any]]
"""The rows that follow a sequence number, a page of them; none at the end."""


def verify(connection: Connection, anchor: str = "") -> Verified:
    """Walk the whole chain. Raises AuditBroken at the first bad row, or when the anchor's row is gone or another."""
    return verify_pages(lambda last: connection.execute(page_after(last)).all(), anchor)


def verify_pages(pages: Pages, anchor: str = "") -> Verified:
    """As `verify`, a page at a time: a long reading transaction would refuse the server's commits."""
    kept = _anchor(anchor)
    last, head = _NOTHING
    for seq, hashed in _walked(pages):
        if seq == kept[0] and hashed != kept[1]:
            raise AuditBroken(seq, "it is not the row the anchor was taken from")
        last, head = seq, hashed
    if last < kept[0]:
        raise AuditBroken(last + 1, "the rows up to the anchor are gone")
    return Verified(last, f"{last}:{head}")


def page_after(last: int) -> Select[Any]:
    return select(audit).where(audit.c.seq > last).order_by(audit.c.seq).limit(_PAGE)


def _walked(pages: Pages) -> Iterable[tuple[int, str]]:
    last, prev = _NOTHING
    after = _BEFORE_ALL
    try:
        while rows := pages(after):
            for row in rows:
                _link(row, last + 1, prev)
                after = last = row.seq
                prev = row.hash
                yield last, prev
    except DBAPIError:
        raise AuditBroken(last + 1, "it cannot be read") from None


def _link(row: Any, seq: int, prev: str) -> None:
    if row.seq != seq:
        raise AuditBroken(seq, "it is missing")
    if row.prev != prev:
        raise AuditBroken(seq, "it does not follow the row before it")
    if row.hash != _hash(tuple(row)[:-1]):
        raise AuditBroken(seq, "it was changed")


def _hash(fields: Sequence[object]) -> str:
    return hashlib.sha256(_canonical(fields).encode("ascii")).hexdigest()


def _anchor(text: str) -> tuple[int, str]:
    if not text:
        return _NOTHING
    seq, colon, hashed = text.partition(":")
    if not (seq.isdecimal() and colon and hashed):
        raise ConfigError("command line", "anchor", "it is not a row number, a colon and a hash", "Write it as printed")
    return int(seq), hashed


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _plain(ref: str) -> str:
    return ref.encode("utf-8", "backslashreplace").decode("utf-8")
