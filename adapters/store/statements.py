"""Every statement of the books, built once in SQLAlchemy Core for both databases. No value of anybody's may enter.

Bound names that begin with `at_` or `new_` keep out of the way of column names.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Insert,
    Integer,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from adapters.store.tables import (
    addresses,
    audit,
    cases,
    chronology,
    conversations,
    deliveries,
    inbox,
    marks,
    outbox,
    refs,
    timers,
)


def _insert(table: Table, *names: str) -> Insert:
    return insert(table).values({name: bindparam(name) for name in names}).inline()


def _insert_new(table: Table, *names: str) -> Insert:
    """Touches no row when one like it stands there already."""
    return insert(table).values({name: bindparam(name) for name in names}).on_conflict_do_nothing()


def _set(table: Table, *names: str) -> Update:
    return update(table).values({name: bindparam(f"new_{name}") for name in names})


def _is(column: Any) -> Any:
    return column == bindparam(f"at_{column.name}")


# Written out, not bound: SQLite takes a partial index only for a condition it can read.
_OPEN: Any = literal_column("0")
_WAITING: Any = literal_column("'waiting'")
_LIMIT: Any = bindparam("limit", type_=Integer)

FIRST_TIME = _insert_new(inbox, "key", "at")

_CONVERSATION = select(conversations.c.id, conversations.c.version, conversations.c.body)
CONVERSATION = _CONVERSATION.where(_is(conversations.c.id))
CONVERSATION_OF = _CONVERSATION.where(_is(conversations.c.sender), conversations.c.closed == _OPEN)
CONVERSATION_ABOUT = _CONVERSATION.where(_is(conversations.c.ref)).order_by(conversations.c.n.desc()).limit(1)
REFS_OF = (
    select(conversations.c.ref).where(_is(conversations.c.sender)).order_by(conversations.c.n.desc()).limit(_LIMIT)
)
ADD_CONVERSATION = _insert_new(conversations, "id", "sender", "ref", "closed", "version", "heard_at", "body")
_THAT_CONVERSATION = (_is(conversations.c.id), _is(conversations.c.version))
# A column that is set has its indexes written anew, changed or not: the usual move sets none that has one.
MOVE_CONVERSATION = _set(conversations, "version", "heard_at", "body").where(
    *_THAT_CONVERSATION, _is(conversations.c.closed)
)
OPEN_OR_CLOSE_CONVERSATION = _set(conversations, "closed", "version", "heard_at", "body").where(*_THAT_CONVERSATION)

CASE = select(cases.c.ref, cases.c.version, cases.c.body).where(_is(cases.c.ref))
ADD_CASE = _insert_new(
    cases, "ref", "state", "academy", "opened_at", "handed_off_at", "acknowledged_at", "version", "body"
)
MOVE_CASE = _set(cases, "state", "academy", "handed_off_at", "acknowledged_at", "version", "body").where(
    _is(cases.c.ref), _is(cases.c.version)
)

NUMBER_OF = select(refs.c.n).where(_is(refs.c.ref))
ADD_REF = _insert(refs, "ref")
LAST_ENTRY = select(func.coalesce(func.max(chronology.c.id), 0))
ADD_ENTRY = _insert(chronology, "id", "about", "ref", "at", "kind", "body")
CHRONOLOGY = (
    select(chronology.c.id, chronology.c.body)
    .where(chronology.c.about == NUMBER_OF.scalar_subquery())
    .order_by(chronology.c.id)
)

LAST_AUDIT = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
ADD_AUDIT = _insert(audit, "seq", "at", "actor", "action", "ref", "detail", "prev", "hash")

_STANDS = outbox.c.state == _WAITING
LAST_POST = select(func.coalesce(func.max(outbox.c.id), 0))
SAME_PLACE = (
    select(outbox.c.id, outbox.c.lane, outbox.c.marks, outbox.c.lease_until, outbox.c.lease_owner)
    .where(_STANDS, _is(outbox.c.destination), _is(outbox.c.slot))
    .order_by(outbox.c.id.desc())
    .limit(1)
)
ADD_POST = _insert(
    outbox,
    *("id", "lane", "destination", "slot", "ref", "queued_at", "due_at"),
    *("lease_until", "lease_owner", "attempts", "state", "reason", "marks", "payload"),
)
REPLACE_POST = _set(outbox, "lane", "ref", "marks", "payload", "lease_owner").where(_is(outbox.c.id))

_earlier = outbox.alias("earlier")
_FIRST_OF_ITS_SLOT = ~exists().where(
    and_(
        _earlier.c.state == _WAITING,
        _earlier.c.destination == outbox.c.destination,
        _earlier.c.slot == outbox.c.slot,
        _earlier.c.id < outbox.c.id,
    )
)
_shown = (
    select(deliveries.c.message_id)
    .where(deliveries.c.destination == outbox.c.destination, deliveries.c.slot == outbox.c.slot)
    .scalar_subquery()
)
CLAIMABLE = (
    select(
        outbox.c.id,
        outbox.c.attempts,
        outbox.c.queued_at,
        outbox.c.payload,
        func.coalesce(_shown, ""),
        outbox.c.lease_owner,
    )
    .where(_STANDS, outbox.c.due_at <= bindparam("now"), outbox.c.lease_until <= bindparam("now"), _FIRST_OF_ITS_SLOT)
    .order_by(outbox.c.lane, outbox.c.id)
    .limit(_LIMIT)
    .with_for_update(skip_locked=True, of=outbox)
)
STANDS = select(deliveries.c.message_id).where(_is(deliveries.c.destination), _is(deliveries.c.slot))
LEASE = _set(outbox, "lease_until", "lease_owner", "attempts").where(_is(outbox.c.id))

_OURS = and_(_is(outbox.c.id), _is(outbox.c.lease_owner), _is(outbox.c.attempts))
# A post given up while it was on its way was sent all the same: its place on the screen must be known.
SENT = (
    update(outbox)
    .values(state="sent", reason="", payload="", lease_owner="", lease_until=0)
    .where(_OURS, outbox.c.state != "sent")
)
PUT_BACK = _set(outbox, "due_at", "lease_owner", "lease_until").where(_OURS, _STANDS)
HOLD_BACK = _set(outbox, "due_at", "attempts", "lease_owner").values(lease_until=0).where(_OURS, _STANDS)
# Whoever serves a SQLite file serves it alone: what was leased before it started is on its way no more.
LET_GO = update(outbox).values(lease_until=0).where(_STANDS, outbox.c.lease_until > 0)
ABANDON = (
    _set(outbox, "reason").values(state="abandoned", payload="", lease_owner="", lease_until=0).where(_OURS, _STANDS)
)
_delivery = insert(deliveries).values(
    {name: bindparam(name) for name in ("destination", "slot", "message_id", "at")} | {"rev": 1}
)
STANDS_THERE = _delivery.on_conflict_do_update(
    index_elements=["destination", "slot"],
    set_={
        "message_id": _delivery.excluded.message_id,
        "at": _delivery.excluded.at,
        "rev": deliveries.c.rev + 1,
    },
)

_timer = insert(timers).values({name: bindparam(name) for name in ("kind", "subject", "due_at")})
SET_TIMER = _timer.on_conflict_do_update(index_elements=["kind", "subject"], set_={"due_at": _timer.excluded.due_at})
CLEAR_TIMER = delete(timers).where(_is(timers.c.kind), _is(timers.c.subject))
DUE = (
    select(timers.c.kind, timers.c.subject, timers.c.due_at)
    .where(timers.c.due_at <= bindparam("now"))
    .order_by(timers.c.due_at, timers.c.kind, timers.c.subject)
    .limit(_LIMIT)
)
NEXT_DUE = select(func.min(timers.c.due_at))

MARK = select(marks.c.at).where(_is(marks.c.name))
_mark = insert(marks).values({name: bindparam(name) for name in ("name", "at")})
SET_MARK = _mark.on_conflict_do_update(index_elements=["name"], set_={"at": _mark.excluded.at})

ADDRESS = select(addresses.c.address).where(_is(addresses.c.place))
_address = insert(addresses).values({name: bindparam(name) for name in ("place", "address")})
KEEP_ADDRESS = _address.on_conflict_do_update(index_elements=["place"], set_={"address": _address.excluded.address})
