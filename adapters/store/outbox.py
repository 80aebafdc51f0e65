"""The waiting posts: one row each, claimed by lease, in order of lane, one at a time for a place on a screen.

A row is sent, put back or abandoned only by whoever holds its lease: the owner and the attempt together are the fencing
token (D12), and rows are never deleted, so that an id never comes back. What was in a post is wiped once it has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from adapters.seal import Seals, place
from adapters.store import audit
from adapters.store import statements as sql
from adapters.store.codec import micros, moment, read, write
from adapters.store.desk import Desk, Row
from bot.errors import HandrailError
from bot.message import Destination, Lane, Post
from bot.ports import Audited, Waiting

_NOBODY_NOW = "interrupted"
"""In the place of an owner: whoever had it may no longer note anything, and it is still to be looked for first."""


class Outbox:
    """The outbox half of a turn. `owner` names this process in a lease."""

    def __init__(self, desk: Desk, seals: Seals, owner: str) -> None:
        self._desk, self._seals, self._owner = desk, seals, owner
        self._last_post = 0
        self._tail: audit.Tail | None = None
        self._lease_until = 0
        self._leased: dict[tuple[str, str], Waiting] = {}

    def post(self, post: Post, at: datetime) -> None:
        """Queue a post, in the stead of one that still waits for the same place; its marks are kept."""
        now, destination = micros(at), self._destination(post)
        if own := self._leased.get((destination, post.slot)):
            self._replace_own(own, post, destination)
            return
        old = self._desk.first(sql.SAME_PLACE, at_destination=destination, at_slot=post.slot)
        if old is None and self._lease_until:
            self._add_leased(post, destination, at)
        elif old is None or old[3] > now:
            self._add(post, destination, now)
        else:
            self._replace(old, post, _NOBODY_NOW if old[4] else "")

    def lease_what_is_posted(self, now: datetime, lease_seconds: float) -> None:
        """From here on what is posted belongs to this process at once, unless another waits for the same place."""
        self._lease_until = micros(now) + round(lease_seconds * 1_000_000)

    def leased(self) -> Sequence[Waiting]:
        """What was posted in this turn and leased with it, in the order in which it leaves; from here on nothing is.

        Turns that share a commit share this view of the books, and each takes only its own.
        """
        leased, self._leased, self._lease_until = self._leased, {}, 0
        return sorted(leased.values(), key=lambda waiting: (waiting.post.lane, waiting.id))

    def claim(self, now: datetime, lease_seconds: float, limit: int) -> Sequence[Waiting]:
        """Lease up to `limit` due posts. A post whose lease ran out is claimed again.

        One that cannot be read, under this key or by this version, is set aside and audited: it must hold up nobody.
        """
        rows = self._desk.all(sql.CLAIMABLE, now=micros(now), limit=limit)
        until = micros(now) + round(lease_seconds * 1_000_000)
        self._desk.many(
            sql.LEASE,
            [
                {"at_id": row[0], "new_lease_until": until, "new_lease_owner": self._owner, "new_attempts": row[1] + 1}
                for row in rows
            ],
        )
        return [waiting for row in rows if (waiting := self._readable(row, now))]

    def _readable(self, row: Row, now: datetime) -> Waiting | None:
        try:
            return self._waiting(row)
        except HandrailError:
            lease = {"at_id": row[0], "at_lease_owner": self._owner, "at_attempts": row[1] + 1}
            self._desk.run(sql.ABANDON, **lease, new_reason="unreadable")
            self.audit(Audited(now, "handrail", "unreadable_post", detail=str(row[0])))
            return None

    def audit(self, row: Audited) -> None:
        """Add one row to the audit trail, whose end this turn remembers."""
        self._tail = audit.append(self._desk, self._seals, row, self._tail)

    def delivered(self, waiting: Waiting, message_id: str, at: datetime) -> bool:
        """Note what now stands in the slot. False, and nothing noted, when the lease is no longer ours."""
        if not self._desk.run(sql.SENT, **self._lease(waiting)):
            return False
        self._desk.run(
            sql.STANDS_THERE,
            destination=self._destination(waiting.post),
            slot=waiting.post.slot,
            message_id=message_id,
            at=micros(at),
        )
        return True

    def put_back(self, waiting: Waiting, due_at: datetime, *, interrupted: bool = False) -> bool:
        """Free the lease, to be tried again from `due_at`. False when the lease is no longer ours.

        `interrupted`: it may have been taken, and whoever tries again is to look first; so does whoever has not yet.
        """
        owner = _NOBODY_NOW if interrupted or waiting.interrupted else ""
        bound = {"new_due_at": micros(due_at), "new_lease_owner": owner, "new_lease_until": 0}
        return bool(self._desk.run(sql.PUT_BACK, **self._lease(waiting), **bound))

    def hold_back(self, waiting: Waiting, due_at: datetime) -> bool:
        """Free the lease of a post that was not tried at all. False when the lease is no longer ours."""
        owner = _NOBODY_NOW if waiting.interrupted else ""
        bound = {"new_due_at": micros(due_at), "new_attempts": waiting.attempts - 1, "new_lease_owner": owner}
        return bool(self._desk.run(sql.HOLD_BACK, **self._lease(waiting), **bound))

    def abandon(self, waiting: Waiting, reason: str, at: datetime) -> bool:
        """Give a post up. False when the lease is no longer ours."""
        return bool(self._desk.run(sql.ABANDON, **self._lease(waiting), new_reason=reason))

    def stands(self, place: Destination, slot: str) -> bool:
        """Whether a platform has taken a post for this place on a screen: what it became since, or whether somebody
        took it away, is not known here.
        """
        return self._desk.first(sql.STANDS, at_destination=self._looked_up(place), at_slot=slot) is not None

    def _add_leased(self, post: Post, destination: str, at: datetime) -> None:
        row = self._add(post, destination, micros(at), self._lease_until, self._owner)
        stands = self._desk.first(sql.STANDS, at_destination=destination, at_slot=post.slot)
        message_id = str(stands[0]) if stands else ""
        self._leased[destination, post.slot] = Waiting(row, post, 1, at, message_id, self._token(row))

    def _replace_own(self, own: Waiting, post: Post, destination: str) -> None:
        """A second post of one turn to the same place."""
        post = self._replace((own.id, int(own.post.lane), own.post.marks), post, self._owner)
        self._leased[destination, post.slot] = replace(own, post=post)

    def _add(self, post: Post, destination: str, now: int, lease_until: int = 0, owner: str = "") -> int:
        row = self._last_post = (self._last_post or self._desk.all(sql.LAST_POST)[0][0]) + 1
        self._desk.run(
            sql.ADD_POST,
            id=row,
            marks=post.marks,
            lane=int(post.lane),
            destination=destination,
            slot=post.slot,
            ref=post.ref,
            queued_at=now,
            due_at=now,
            lease_until=lease_until,
            lease_owner=owner,
            attempts=1 if owner else 0,
            state="waiting",
            reason="",
            payload=self._sealed(row, post),
        )
        return row

    def _replace(self, old: Row, post: Post, owner: str) -> Post:
        row, lane, marks = old[:3]
        post = replace(post, marks=_joined(marks, post.marks), lane=min(post.lane, Lane(lane)))
        self._desk.run(
            sql.REPLACE_POST,
            at_id=row,
            new_lane=int(post.lane),
            new_ref=post.ref,
            new_marks=post.marks,
            new_payload=self._sealed(row, post),
            new_lease_owner=owner,
        )
        return post

    def _waiting(self, row: Row) -> Waiting:
        id, attempts, queued_at, payload, message_id, owner = row
        post, queued = self._opened(id, payload), moment(queued_at)
        return Waiting(id, post, attempts + 1, queued, message_id, self._token(id), interrupted=bool(owner))

    def _token(self, row: int) -> str:
        """A name for the post that says nothing of it, and that nobody can guess."""
        return self._seals.lookup.of("post", str(row))[:24]

    def _lease(self, waiting: Waiting) -> dict[str, object]:
        return {"at_id": waiting.id, "at_lease_owner": self._owner, "at_attempts": waiting.attempts}

    def _destination(self, post: Post) -> str:
        return self._looked_up(post.destination)

    def _looked_up(self, place: Destination) -> str:
        return self._seals.lookup.of("destination", place.key)

    def _sealed(self, row: int, post: Post) -> str:
        return self._seals.keyring.seal(write(post), place("outbox", "payload", row))

    def _opened(self, row: int, payload: str) -> Post:
        return read(Post, self._seals.keyring.open(payload, place("outbox", "payload", row)))


def _joined(old: str, new: str) -> str:
    return " ".join(dict.fromkeys(f"{old} {new}".split()))
