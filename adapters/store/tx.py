"""One turn's view of the books, inside a transaction somebody else opens and commits. No rule of the bot may enter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from adapters.seal import place
from adapters.store import statements as sql
from adapters.store.codec import micros, moment, read, write
from adapters.store.desk import Row
from adapters.store.outbox import Outbox
from bot.case import Case, Entry
from bot.conversation import Conversation
from bot.errors import Stale
from bot.message import Person
from bot.ports import Timer, TimerKind


class SqlTx(Outbox):
    """The port `bot.ports.Tx`. A row moves only from the version that was read; else Stale is raised (I8)."""

    _last_entry = 0

    def first_time(self, key: str, at: datetime) -> bool:
        """Whether this message key was never heard before; it is noted at once."""
        return self._desk.run(sql.FIRST_TIME, key=self._seals.lookup.of("inbox", key), at=micros(at)) == 1

    def conversation_of(self, sender: Person) -> Conversation | None:
        """The sender's open conversation: there is one at most (T65)."""
        return self._conversation(self._desk.first(sql.CONVERSATION_OF, at_sender=self._sender(sender)))

    def conversation(self, id: str) -> Conversation | None:
        return self._conversation(self._desk.first(sql.CONVERSATION, at_id=id))

    def conversation_about(self, ref: str) -> Conversation | None:
        """The latest conversation with this reference, open or closed."""
        return self._conversation(self._desk.first(sql.CONVERSATION_ABOUT, at_ref=ref))

    def refs_of(self, sender: Person, limit: int) -> Sequence[str]:
        """The references of somebody's conversations, open and closed, the newest first."""
        return [str(ref) for (ref,) in self._desk.all(sql.REFS_OF, at_sender=self._sender(sender), limit=limit)]

    def save_conversation(self, conversation: Conversation) -> None:
        """Store what was made from the version read, as the next version; a version of 0 is a new one."""
        after = replace(conversation, version=conversation.version + 1)
        fields = _conversation_fields(after)
        fields["body"] = self._sealed_body("conversations", after.id, after.version, write(after))
        if conversation.version == 0:
            fields |= {"id": after.id, "sender": self._sender(after.sender)}
            _moved(self._desk.run(sql.ADD_CONVERSATION, **fields))
        else:
            self._move_conversation(fields, {"at_id": after.id, "at_version": conversation.version})

    def _move_conversation(self, fields: dict[str, object], at: dict[str, object]) -> None:
        closed = fields.pop("closed")
        del fields["ref"]
        if not self._desk.run(sql.MOVE_CONVERSATION, **_new(fields), **at, at_closed=closed):
            _moved(self._desk.run(sql.OPEN_OR_CLOSE_CONVERSATION, **_new(fields), **at, new_closed=closed))

    def case(self, ref: str) -> Case | None:
        row = self._desk.first(sql.CASE, at_ref=ref)
        return read(Case, self._opened_body("cases", row)) if row else None

    def save_case(self, case: Case) -> None:
        """Store what was made from the version read, as the next version; a version of 0 is a new one."""
        after = replace(case, version=case.version + 1)
        fields = _case_fields(after)
        fields["body"] = self._sealed_body("cases", after.ref, after.version, write(after))
        if case.version == 0:
            fields |= {"ref": after.ref, "opened_at": micros(after.opened_at)}
            _moved(self._desk.run(sql.ADD_CASE, **fields))
        else:
            changes = _new(fields) | {"at_ref": after.ref, "at_version": case.version}
            _moved(self._desk.run(sql.MOVE_CASE, **changes))

    def chronicle(self, entry: Entry) -> None:
        """Add one line to the chronology; nothing takes it out or changes it again."""
        row = self._last_entry = (self._last_entry or self._desk.all(sql.LAST_ENTRY)[0][0]) + 1
        self._desk.run(
            sql.ADD_ENTRY,
            id=row,
            about=self._number_of(entry.ref),
            ref=entry.ref,
            at=micros(entry.at),
            kind=str(entry.kind),
            body=self._seals.keyring.seal(write(entry), place("chronology", "body", f"{row}#{entry.ref}")),
        )

    def chronology(self, ref: str) -> Sequence[Entry]:
        """Every line of a case in the order it was written."""
        rows = self._desk.all(sql.CHRONOLOGY, at_ref=ref)
        return [
            read(Entry, self._seals.keyring.open(body, place("chronology", "body", f"{row}#{ref}")))
            for row, body in rows
        ]

    def set_timer(self, timer: Timer) -> None:
        """Set the one timer of this kind for its subject, in the stead of an earlier one."""
        self._desk.run(sql.SET_TIMER, kind=str(timer.kind), subject=timer.subject, due_at=micros(timer.due_at))

    def clear_timers(self, subject: str, kinds: Iterable[TimerKind]) -> None:
        for kind in kinds:
            self._desk.run(sql.CLEAR_TIMER, at_kind=str(kind), at_subject=subject)

    def due(self, now: datetime, limit: int) -> Sequence[Timer]:
        """Timers whose time has come, the earliest first. They stay until they are set anew or cleared."""
        rows = self._desk.all(sql.DUE, now=micros(now), limit=limit)
        return [Timer(TimerKind(kind), subject, moment(due_at)) for kind, subject, due_at in rows]

    def next_due(self) -> datetime | None:
        row = self._desk.first(sql.NEXT_DUE)
        return moment(row[0]) if row and row[0] is not None else None

    def mark(self, name: str) -> datetime | None:
        """How far something has come, as noted last."""
        row = self._desk.first(sql.MARK, at_name=name)
        return moment(row[0]) if row else None

    def set_mark(self, name: str, at: datetime) -> None:
        self._desk.run(sql.SET_MARK, name=name, at=micros(at))

    def address(self, place: str) -> str | None:
        """What its door kept to reach a place."""
        row = self._desk.first(sql.ADDRESS, at_place=self._seals.lookup.of("address", place))
        return self._seals.keyring.open(row[0], _at_address(place)).decode() if row else None

    def keep_address(self, place: str, address: str) -> None:
        sealed = self._seals.keyring.seal(address.encode(), _at_address(place))
        self._desk.run(sql.KEEP_ADDRESS, place=self._seals.lookup.of("address", place), address=sealed)

    def _number_of(self, ref: str) -> int:
        found = self._desk.first(sql.NUMBER_OF, at_ref=ref)
        if found is None:
            self._desk.run(sql.ADD_REF, ref=ref)
            return self._number_of(ref)
        return int(found[0])

    def _sender(self, sender: Person) -> str:
        return self._seals.lookup.of("sender", sender.key)

    def _conversation(self, row: Row | None) -> Conversation | None:
        return read(Conversation, self._opened_body("conversations", row)) if row else None

    def _sealed_body(self, table: str, row: str, version: int, body: bytes) -> str:
        return self._seals.keyring.seal(body, place(table, "body", f"{row}#{version}"))

    def _opened_body(self, table: str, row: Row) -> bytes:
        id, version, body = row
        return self._seals.keyring.open(body, place(table, "body", f"{id}#{version}"))


def _at_address(key: str) -> str:
    return place("addresses", "address", key)


def _moved(rows: int) -> None:
    if rows != 1:
        raise Stale("the row was moved by somebody else")


def _new(fields: dict[str, object]) -> dict[str, object]:
    return {f"new_{name}": value for name, value in fields.items()}


def _conversation_fields(conversation: Conversation) -> dict[str, object]:
    return {
        "ref": conversation.ref,
        "closed": int(conversation.closed),
        "version": conversation.version,
        "heard_at": micros(conversation.heard_at),
    }


def _case_fields(case: Case) -> dict[str, object]:
    return {
        "state": str(case.state),
        "academy": case.academy,
        "handed_off_at": _micros(case.handed_off_at),
        "acknowledged_at": _micros(case.acknowledged_at),
        "version": case.version,
    }


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
