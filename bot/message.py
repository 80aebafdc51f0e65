"""What passes through a door, in both directions, in words that no chat platform owns.

A file, a thumbnail, a file name, a link preview or a url of one must never enter a type of this module: a door says
only how many were offered (I5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a platform knows them: the door and the platform's own immutable id (never a display name)."""

    door: str
    id: str

    @property
    def key(self) -> str:
        return f"{self.door}:{self.id}"


class Action(StrEnum):
    """What a button does. Typed text can never become one of these."""

    START = "start"
    ANSWER = "answer"
    WRITE = "write"
    REPLY = "reply"
    SEND_NOW = "send_now"
    BACK = "back"
    CONTACTS = "contacts"
    STOP = "stop"
    MISTAKE = "mistake"
    GO_ON = "go_on"
    CHANGE = "change"
    NEW = "new"
    JOIN = "join"
    OPEN_CASE = "open_case"
    ACKNOWLEDGE = "acknowledge"
    SHARE_WITH_DSL = "share_with_dsl"
    TAKE_OVER = "take_over"
    ASK_REPORTER = "ask_reporter"
    ADD_NOTE = "add_note"
    READ_QUESTION = "read_question"
    SORT = "sort"


OPENS = frozenset({Action.OPEN_CASE, Action.READ_QUESTION})
"""Presses that are answered with a private view of what somebody wrote: a door shows a neutral one first."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed or a card submitted.

    `subject` is a conversation id or a case reference, `revision` the serial number of the card it stood on, `answers`
    the picked values by step id (several steps where one card asks two questions).
    """

    action: Action
    subject: str
    revision: int = 0
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Change(StrEnum):
    """What somebody did afterwards to a message they had already sent."""

    EDITED = "edited"
    DELETED = "deleted"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing somebody did. `key` is unique for it on its platform and is what duplicates are known by.

    `text` beside a `press` is what was written in the form that its button opened (`Button.writes`), or was begun in
    the box of its card. `sender_name` is what the platform shows for them: for the lead to read, never to decide by
    (T16). `outside`: a guest, a bot, or somebody of another organisation, who starts nothing and is given the numbers
    (T19, T50). `overheard`: it was said where others can read it, so a door leaves out every word of it (T49);
    `brought`: nothing was said, but they brought the bot to such a place. `unverified`: nobody could say whether they
    are staff; their words are kept, and the lead is told so. `resent`: the platform may be bringing under a new key
    what was heard already (F5); it may as well when they have been heard since `prompt_at`, when this door last
    answered them so soon that nothing was brought again.
    """

    sender: Person
    key: str
    at: datetime
    text: str = ""
    press: Press | None = None
    attachments: int = 0
    change: Change | None = None
    sender_name: str = ""
    outside: bool = False
    overheard: bool = False
    brought: bool = False
    unverified: bool = False
    resent: bool = False
    prompt_at: datetime | None = None


class Tone(StrEnum):
    """How a passage is meant, for a door to choose its dress."""

    PLAIN = "plain"
    URGENT = "urgent"
    DO = "do"
    DONT = "dont"
    NUMBERS = "numbers"
    QUIET = "quiet"
    VERBATIM = "verbatim"


@dataclass(frozen=True, slots=True)
class Passage:
    """A few lines that belong together. Lines are shown literally: no markup in them comes alive."""

    lines: tuple[str, ...]
    heading: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


class Style(StrEnum):
    PRIMARY = "primary"
    PLAIN = "plain"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Writing:
    """What is written before a button does what it does. A door opens a form of its own for it, so that the words
    stand in nobody's message history: `title` (24 letters at most) and `ask` above the lines, `send` on its button.
    Where a door has the lines on the card itself, `hint` says when they are kept.
    """

    title: str
    ask: str
    send: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """What a press of it says (`press.answers` are fixed picks; a card's own fields are added to them by the door).

    With `writes`, the press goes out only with what was written in the form, as `Incoming.text`.
    """

    label: str
    press: Press
    style: Style = Style.PLAIN
    writes: Writing | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A question that is answered inside the card and submitted by a button: `many` allows several picks.

    `exclusive` are values that clear all others when picked ("none of these", "I don't know").
    """

    step: str
    ask: str
    options: tuple[Option, ...]
    many: bool = False
    exclusive: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What a person is shown. `notification` is a neutral constant: it may appear on a lock screen (T47)."""

    notification: str
    title: str = ""
    passages: tuple[Passage, ...] = ()
    fields: tuple[Field, ...] = ()
    buttons: tuple[Button, ...] = ()
    footer: tuple[Button, ...] = ()
    typed: bool = False


class Reach(StrEnum):
    PERSON = "person"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a card goes: one person's direct messages, or a channel, by the platform's own id."""

    door: str
    reach: Reach
    id: str

    @property
    def key(self) -> str:
        return f"{self.door}:{self.reach}:{self.id}"


class Lane(IntEnum):
    """The order in which waiting posts leave: a smaller one first."""

    HANDOFF = 0
    ESCALATION = 1
    RECEIPT = 2
    PROMPT = 3
    COSMETIC = 4


@dataclass(frozen=True, slots=True)
class Post:
    """A card on its way.

    `slot` names the one place on the screen it occupies: a second post to the same slot and destination replaces the
    first in place. `ref` is set when the card speaks of a case, and then the destination is checked live before it
    leaves (I4). `marks` says what becomes true once the platform has taken it (`bot.handoff.DELIVERED`).
    """

    destination: Destination
    slot: str
    card: Card
    lane: Lane
    ref: str = ""
    marks: str = ""
