"""What the bot needs from the outside, as protocols: a store, doors, a clock, the trust's file.

A port promises only what `bot.bot` uses. No platform's word and no SQL may enter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.case import Case, Entry
from bot.conversation import Conversation
from bot.directory import Directory
from bot.errors import ConfigError
from bot.message import Card, Destination, Lane, Person, Post

T = TypeVar("T")


class Clock(Protocol):
    """Aware UTC time, and a wait that a practice clock may cut short."""

    def now(self) -> datetime: ...
    async def pause(self, seconds: float) -> None: ...


class TimerKind(StrEnum):
    NUDGE = "nudge"
    SILENCE = "silence"
    RUNG = "rung"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Timer:
    """A thing to be done at a time: a row, so that it outlives the process. One of a kind for a subject at once."""

    kind: TimerKind
    subject: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post claimed from the outbox by lease. `message_id` is the platform's id of what stands in its slot, or ''.

    `token` is an opaque name of this post, for the platform to keep beside it. `interrupted`: it was on its way before,
    and nobody noted what became of it.
    """

    id: int
    post: Post
    attempts: int
    queued_at: datetime
    message_id: str
    token: str = ""
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Audited:
    """One row of the audit trail: who did what to which case, never what anybody wrote."""

    at: datetime
    actor: str
    action: str
    ref: str = ""
    detail: str = ""


class Tx(Protocol):
    """One turn's view of the books. All of it is committed together with the turn, or none.

    An `address` is what a door must know to reach a place, in the door's own words.
    """

    def first_time(self, key: str, at: datetime) -> bool: ...
    def conversation_of(self, sender: Person) -> Conversation | None: ...
    def conversation(self, id: str) -> Conversation | None: ...
    def conversation_about(self, ref: str) -> Conversation | None: ...
    def refs_of(self, sender: Person, limit: int) -> Sequence[str]: ...
    def save_conversation(self, conversation: Conversation) -> None: ...
    def case(self, ref: str) -> Case | None: ...
    def save_case(self, case: Case) -> None: ...
    def chronicle(self, entry: Entry) -> None: ...
    def chronology(self, ref: str) -> Sequence[Entry]: ...
    def audit(self, row: Audited) -> None: ...
    def post(self, post: Post, at: datetime) -> None: ...
    def lease_what_is_posted(self, now: datetime, lease_seconds: float) -> None: ...
    def leased(self) -> Sequence[Waiting]: ...
    def claim(self, now: datetime, lease_seconds: float, limit: int) -> Sequence[Waiting]: ...
    def delivered(self, waiting: Waiting, message_id: str, at: datetime) -> bool: ...
    def put_back(self, waiting: Waiting, due_at: datetime, *, interrupted: bool = False) -> bool: ...
    def hold_back(self, waiting: Waiting, due_at: datetime) -> bool: ...
    def abandon(self, waiting: Waiting, reason: str, at: datetime) -> bool: ...
    def stands(self, place: Destination, slot: str) -> bool: ...
    def set_timer(self, timer: Timer) -> None: ...
    def clear_timers(self, subject: str, kinds: Iterable[TimerKind]) -> None: ...
    def due(self, now: datetime, limit: int) -> Sequence[Timer]: ...
    def next_due(self) -> datetime | None: ...
    def mark(self, name: str) -> datetime | None: ...
    def set_mark(self, name: str, at: datetime) -> None: ...
    def address(self, place: str) -> str | None: ...
    def keep_address(self, place: str, address: str) -> None: ...


class Store(Protocol):
    """`transact` runs `work` inside one transaction and returns only after its commit is durable (I1).

    Raises `bot.errors.StoreUnavailable` when the books cannot be written.
    """

    async def transact(self, work: Callable[[Tx], T]) -> T: ...


class Doubt(StrEnum):
    """Why a place is not safe for case data now (I4). The words for each stand in flows/phrases.toml under `doubt`."""

    NONE = ""
    NO_SUCH_PLACE = "no_such_place"
    PUBLIC = "public"
    SHARED = "shared"
    ARCHIVED = "archived"
    BOT_NOT_IN_IT = "bot_not_in_it"
    EMPTY = "empty"
    STRANGER = "stranger"
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"


class Door(Protocol):
    """A chat platform. `post` returns the platform's own id of the new message, and stands `token` beside it where the
    platform can keep it; `find` looks for that: the message's id, '' when it is not there, None when that cannot be
    known (F6).

    `doubt` looks the destination up live and returns why it is not safe for case data, or `Doubt.NONE` when it is:
    private, not shared outside, not archived, every member in `readers` (I4); what the platform leaves out of its
    answer is `UNKNOWN`, and a look-up that failed or was throttled is `UNCHECKED`. `hold` says for how many seconds the
    platform's own rates keep a post of this lane back, and at 0.0 takes its place in the queue; `in_place` is an
    update. Sends raise the errors of `bot.errors` that begin with `Send`.
    """

    name: str

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float: ...

    async def post(self, destination: Destination, card: Card, token: str = "") -> str: ...
    async def find(self, destination: Destination, token: str) -> str | None: ...
    async def update(self, destination: Destination, message_id: str, card: Card) -> None: ...
    async def doubt(self, destination: Destination, readers: frozenset[str]) -> Doubt: ...


class TrustFile(Protocol):
    """The trust's own file, re-read when it changes; a damaged one leaves the last good copy serving.

    `fault` says why the file as it stands now cannot be used.
    """

    @property
    def fault(self) -> ConfigError | None: ...
    def current(self) -> Directory: ...
