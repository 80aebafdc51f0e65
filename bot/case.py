"""The life of a case: open, handed off, acknowledged, in review, decided, recorded, purged.

One place refuses what must not happen next, for buttons, commands and timers alike. What anybody wrote never enters
this module: it lives in the chronology, sealed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.message import Destination, Person
from flows.machine import Moves


class CaseState(StrEnum):
    OPEN = "open"
    HANDED_OFF = "handed_off"
    ACKNOWLEDGED = "acknowledged"
    IN_REVIEW = "in_review"
    DECIDED = "decided"
    RECORDED = "recorded"
    PURGED = "purged"
    MISTAKE = "mistake"
    JOINED = "joined"


class Urgency(StrEnum):
    """How soon a lead must act, from the highest action of the assessment."""

    NOW = "now"
    TODAY = "today"
    SOON = "soon"

    @property
    def rank(self) -> int:
        return (Urgency.SOON, Urgency.TODAY, Urgency.NOW).index(self)


LIFE = Moves(
    {
        CaseState.OPEN: {
            "hand_off": CaseState.HANDED_OFF,
            "mistake": CaseState.MISTAKE,
            "join": CaseState.JOINED,
        },
        CaseState.HANDED_OFF: {"acknowledge": CaseState.ACKNOWLEDGED},
        CaseState.ACKNOWLEDGED: {"review": CaseState.IN_REVIEW, "reopen": CaseState.HANDED_OFF},
        CaseState.IN_REVIEW: {"decide": CaseState.DECIDED},
        CaseState.DECIDED: {"record": CaseState.RECORDED},
        CaseState.RECORDED: {"purge": CaseState.PURGED},
        CaseState.MISTAKE: {"hand_off": CaseState.HANDED_OFF},
    }
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder as frozen into the case: whom to reach, and for how many minutes before the next."""

    role: str
    people: tuple[str, ...]
    destinations: tuple[Destination, ...]
    minutes: float
    urgent_minutes: float


@dataclass(frozen=True, slots=True)
class Notice:
    """A message beside the case's card that draws the eye to it, and still carries its buttons."""

    place: Destination
    slot: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case without its words.

    `staff` is what was answered about adults who work there. `implicated` are the roster ids of those it meant on
    the day it was answered: whoever takes over a part later was not meant, and whoever leaves it still was (T52).
    `shared`: a lead has since handed it to the usual team. `unscreened`: only the person the trust has named may
    open it. `mistaken`: the reporter says so of a case that is out. `posts` are the places where its card stands,
    `notices` at most one for each place and one that more has joined, `doubted` why its channel is not safe,
    `blind_places` where a notice without words stands. `whom` is the role it was handed to, `delivered_role` the
    one whose platform first took it. `rung` is the rung now waited on; one past the last means that the member of
    staff has been told to ring. `more_told_at`: when those who have it were last told that something joined it.
    """

    ref: str
    reporter: Person
    opened_at: datetime
    state: CaseState = CaseState.OPEN
    academy: str = ""
    urgency: Urgency = Urgency.SOON
    staff: frozenset[str] = frozenset()
    implicated: frozenset[str] | None = None
    shared: bool = False
    unscreened: bool = False
    alert: bool = False
    mistaken: bool = False
    posts: tuple[Destination, ...] = ()
    notices: tuple[Notice, ...] = ()
    doubted: str = ""
    blind_places: tuple[Destination, ...] = ()
    ladder: tuple[Rung, ...] = ()
    whom: str = ""
    rung: int = 0
    climbed_at: datetime | None = None
    handed_off_at: datetime | None = None
    delivered_at: datetime | None = None
    delivered_role: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_role: str = ""
    more_told_at: datetime | None = None
    version: int = 0

    @property
    def waits(self) -> bool:
        """Handed off, and nobody has acknowledged it yet."""
        return self.state is CaseState.HANDED_OFF

    @property
    def is_exhausted(self) -> bool:
        """Everybody on the ladder was tried."""
        return self.rung >= len(self.ladder)

    @property
    def minutes_per_rung(self) -> float:
        """How long the rung now waited on is given, in minutes; past the last, the least time between two reminders."""
        if not self.ladder:
            return _MINUTES_WITHOUT_A_LADDER
        rung = self.ladder[min(self.rung, len(self.ladder) - 1)]
        return rung.urgent_minutes if self.urgency is Urgency.NOW else rung.minutes


_MINUTES_WITHOUT_A_LADDER = 10.0
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A random reference of over 40 bits that can be read out over the telephone (T58): `7F3K-9QWX-2M`."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


class Kind(StrEnum):
    """What an entry of the chronology is."""

    FIRST_WORDS = "first_words"
    ANSWER = "answer"
    CORRECTION = "correction"
    NOTE = "note"
    ADDITION = "addition"
    ATTACHMENT = "attachment"
    EDITED = "edited"
    DELETED = "deleted"
    RESTORED = "restored"
    COMMAND = "command"
    UNREAD = "unread"
    QUESTION = "question"
    REPLY = "reply"
    LEAD_NOTE = "lead_note"
    EVENT = "event"


def holding(case: Case) -> int:
    """What a button to take over knows its holder by: another number after each change of hands."""
    return int(case.acknowledged_at.timestamp() * 1000) if case.acknowledged_at else 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the chronology: append-only; `words` are sealed at rest.

    `values` are picked values, or, for an event, its name and the role it speaks of.
    """

    ref: str
    at: datetime
    kind: Kind
    by: str
    step: str = ""
    words: str = ""
    values: tuple[str, ...] = field(default_factory=tuple)
