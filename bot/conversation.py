"""Where one conversation with one member of staff stands. Pure state: no clock, no store, no sentence may enter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from bot.case import Kind
from bot.facts import Facts, StaffRole, Tri, facts_from
from bot.message import Person
from flows.flow import UNKNOWN, Flow
from flows.machine import NoMove

DANGER, ACADEMY, STAFF, HOME = "danger", "academy", "staff_concerned", "home_authority"
"""The four steps that routing reads. A flow without one of them is refused at start (`check_flow`)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands as the answer of a step: picked values, or what was typed."""

    values: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What was typed about somebody who may work at the academy, while the case goes to its usual team (N-18).

    It stays here, out of the case, until it is asked again whether an adult there is concerned; then it is kept as
    `kind` of `step`. Without words: they stand in the chronology, from before it was known who may read them.
    `question`: the number of the lead's question that they answer.
    """

    kind: Kind = Kind.NOTE
    step: str = ""
    words: str = ""
    values: tuple[str, ...] = ()
    question: int = 0


class Mode(StrEnum):
    """What the next thing heard will be taken for."""

    ASKING = "asking"
    CONFIRMING = "confirming"
    STOPPING = "stopping"
    RETURNED = "returned"
    CHOOSING = "choosing"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Stored sealed, whole, after every turn; nothing of it stays in the process.

    `revision` is the serial number of the card that now stands, `candidates` the readings of a typed answer that wait
    for a yes. `blind`: a notice without words is out. `handed_off`: the case is with somebody who may see it.
    `complete`: the essentials are answered. `steps_given`: so are the next steps. `told`: something about a concern has
    been said. `danger_said`: so has something of danger, with no "no" to it since. `held`: words that wait (`Held`).
    `wordless`: begun with a button, and nothing written or picked yet. `shared`: whoever had it past the team has
    handed it to the team, on the answer about adults as it stands.
    `unsorted`: words typed after the end that wait until it is said which report they are about. `asked`: the number of
    the newest question of a lead that has no answer yet, or 0. `unverified`: nobody has been able to say that the
    sender is staff. `last_said`: what the words heard last are known by (`bot.resent`).
    """

    id: str
    sender: Person
    ref: str
    started_at: datetime
    heard_at: datetime
    step: str
    sender_name: str = ""
    mode: Mode = Mode.ASKING
    answers: Mapping[str, Answer] = field(default_factory=dict)
    candidates: tuple[tuple[str, ...], ...] = ()
    revision: int = 0
    blind: bool = False
    handed_off: bool = False
    complete: bool = False
    steps_given: bool = False
    told: bool = False
    nudged: bool = False
    repeated: bool = False
    earlier_ref: str = ""
    danger_said: bool = False
    wordless: bool = False
    shared: bool = False
    held: tuple[Held, ...] = ()
    unsorted: str = ""
    asked: int = 0
    unverified: bool = False
    last_said: str = ""
    closed: bool = False
    version: int = 0

    def with_answer(self, step: str, answer: Answer) -> Conversation:
        """With this answer; a new one about adults of the academy undoes that it was handed to the team."""
        answers = {**self.answers, step: answer}
        shared = self.shared and step != STAFF
        return replace(self, answers=answers, told=True, wordless=False, repeated=False, candidates=(), shared=shared)


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps answered so far, along the way that the answers themselves take, and the step that comes next."""

    answered: tuple[str, ...]
    next: str


def walk(flow: Flow, conversation: Conversation) -> Walk:
    """Follow the answers from the start; an answer off the way (a branch since changed) is not on it."""
    step, answered = flow.start, list[str]()
    while step in conversation.answers and flow.steps[step].asks:
        following = _after(flow, step, conversation.answers[step])
        if not following:
            break
        answered.append(step)
        step = following
    return Walk(tuple(answered), step)


def _after(flow: Flow, step: str, answer: Answer) -> str:
    try:
        return flow.after(step, answer.values)
    except NoMove:
        return ""


def picked(flow: Flow, conversation: Conversation) -> dict[str, tuple[str, ...]]:
    """Picked values by fact, of the steps on the way."""
    on_the_way = (flow.steps[i] for i in walk(flow, conversation).answered)
    return {step.fact: conversation.answers[step.id].values for step in on_the_way if step.fact}


def facts_of(flow: Flow, conversation: Conversation) -> Facts:
    """What the conversation says, typed. The academy is where it goes, not what happened: it is left out."""
    return _typed(tuple(picked(flow, conversation).items()))


@lru_cache(maxsize=32)
def _typed(known: tuple[tuple[str, tuple[str, ...]], ...]) -> Facts:
    """One turn asks several times for the same. Picked values only: no words are remembered."""
    return facts_from({fact: values for fact, values in known if fact in Facts.model_fields})


def academy_of(conversation: Conversation) -> str:
    """The academy's id, or '' while unknown."""
    values = conversation.answers.get(ACADEMY, Answer()).values
    return "" if values in ((), (UNKNOWN,)) else values[0]


def home_of(conversation: Conversation) -> str:
    """The id of the council where the child lives, or '' while unknown."""
    values = conversation.answers.get(HOME, Answer()).values
    return "" if values in ((), (UNKNOWN,)) else values[0]


def staff_of(conversation: Conversation) -> frozenset[StaffRole]:
    """Which adults of the academy the concern is about, as answered: empty when it was not asked yet."""
    return frozenset(StaffRole(value) for value in conversation.answers.get(STAFF, Answer()).values)


def is_screened(conversation: Conversation) -> bool:
    """Whether it is known where the case may go: both questions of the place card are answered."""
    return ACADEMY in conversation.answers and STAFF in conversation.answers


def goes_to_the_team(conversation: Conversation) -> bool:
    """Whether no adult of the academy is thought to be concerned, so that its usual team has or gets the case."""
    return conversation.shared or staff_of(conversation) == {StaffRole.NONE}


def is_asked_again(conversation: Conversation) -> bool:
    """Whether words wait for a second answer about adults of the academy (N-18)."""
    return bool(conversation.held) and STAFF in conversation.answers


def is_urgent(conversation: Conversation) -> bool:
    """Whether somebody may be in danger: as answered, or in words since (D-11)."""
    return in_danger(conversation) or conversation.danger_said


def in_danger(conversation: Conversation) -> bool:
    return conversation.answers.get(DANGER, Answer()).values == (Tri.YES,)
