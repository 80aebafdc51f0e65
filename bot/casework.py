"""What a lead does with a case: open it, acknowledge it, hand it to the usual team. Every look and act is audited.

Who may is decided from the roster at the moment of the click and from nothing else (I7). A refusal shows the same words
whether the case exists or not (T46).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot import caseview, escalation, handoff, nextsteps, questions, receipt, routing
from bot.asking import card, say
from bot.case import LIFE, Case, CaseState, Entry, Kind, holding
from bot.conversation import Conversation
from bot.directory import RosterPerson
from bot.message import Action, Button, Card, Incoming, Lane, Passage, Press
from bot.moment import Moment, clock, day
from bot.ports import Audited, TimerKind, Tx

LEAD_ACTIONS = frozenset(
    {
        Action.OPEN_CASE,
        Action.ACKNOWLEDGE,
        Action.SHARE_WITH_DSL,
        Action.TAKE_OVER,
        Action.ASK_REPORTER,
        Action.ADD_NOTE,
    }
)


@dataclass(frozen=True, slots=True)
class _Act:
    """A lead's press on a case that they may see."""

    tx: Tx
    case: Case
    person: RosterPerson
    moment: Moment
    doors: tuple[str, ...]
    by: str
    words: str = ""
    revision: int = 0

    @property
    def role(self) -> str:
        return routing.role_of(self.moment.directory, self.case, self.person)

    def audit(self, action: str) -> None:
        self.tx.audit(Audited(self.moment.now, self.by, action, self.case.ref, self.role))

    def record(self, event: str) -> None:
        """One line of the chronology, beside the audit row."""
        self.tx.chronicle(Entry(self.case.ref, self.moment.now, Kind.EVENT, self.by, values=(event, self.role)))
        self.audit(event)


def act(tx: Tx, incoming: Incoming, press: Press, moment: Moment, doors: tuple[str, ...]) -> Card:
    """Do what the press asks, if this person may. Returns what they are shown, privately."""
    case = tx.case(press.subject)
    person = routing.may_read(moment.directory, case, incoming.sender) if case else None
    if case is None or person is None:
        tx.audit(Audited(moment.now, incoming.sender.key, "refused", press.subject if case else "", press.action))
        return card(moment, say(moment, "press.not_for_you"))
    return _ACTS[press.action](
        _Act(tx, case, person, moment, doors, incoming.sender.key, incoming.text, press.revision)
    )


def _open(act: _Act) -> Card:
    conversation = act.tx.conversation_about(act.case.ref)
    if conversation is None:
        return card(act.moment, say(act.moment, "press.closed"))
    act.record("opened")
    return caseview.view(act.case, conversation, act.tx.chronology(act.case.ref), act.moment)


def _acknowledge(act: _Act) -> Card:
    """Taken once: the second person is told who has it, and since when."""
    case, moment = act.case, act.moment
    if case.acknowledged_at:
        act.audit("acknowledge_lost")
        return _is_taken(act)
    if "acknowledge" not in LIFE.events(case.state):
        return card(moment, say(moment, "press.not_now"))
    taken = replace(
        case,
        state=CaseState(LIFE.after(case.state, "acknowledge")),
        acknowledged_at=moment.now,
        acknowledged_by=act.person.id,
        acknowledged_role=act.role,
    )
    act.record("acknowledged")
    act.tx.save_case(replace(taken, notices=()))
    act.tx.clear_timers(case.ref, (TimerKind.RUNG,))
    _show(act, taken)
    role = handoff.whom(moment, taken, taken.acknowledged_role)
    return _done(act, "press.acknowledged", role=role)


def _is_taken(act: _Act) -> Card:
    """By whom, and since when."""
    case, moment = act.case, act.moment
    at = case.acknowledged_at or moment.now
    role = handoff.whom(moment, case, case.acknowledged_role)
    return card(moment, say(moment, "press.taken", role=role, time=clock(at), date=day(at)))


def _show(act: _Act, case: Case) -> None:
    """Everybody's screen after the change: the posts in place, the receipt, and a new line to the member of staff."""
    conversation = act.tx.conversation_about(case.ref)
    if conversation is None:
        return
    posts = (
        *handoff.case_posts(case, conversation, act.moment, Lane.RECEIPT),
        *handoff.answered(case, act.moment),
        receipt.receipt(case, conversation, act.moment),
        receipt.taken_note(case, conversation, act.moment),
    )
    escalation.send(act.tx, act.moment, *posts)
    _correct_steps(act, case, conversation)


def _correct_steps(act: _Act, case: Case, conversation: Conversation) -> None:
    """The next steps name whoever has the case now."""
    if nextsteps.are_out(conversation):
        escalation.send(act.tx, act.moment, nextsteps.steps_card(case, conversation, act.moment))


def _share(act: _Act) -> Card:
    """The head, sure that no adult of the academy is concerned, hands the case to the usual team."""
    case = act.case
    if case.staff != {"unknown"} or case.shared:
        return card(act.moment, say(act.moment, "press.not_now"))
    act.record("shared")
    conversation = act.tx.conversation_about(case.ref)
    if conversation:
        shared, conversation = replace(case, shared=True, acknowledged_by=""), replace(conversation, shared=True)
        act.tx.save_conversation(conversation)
        started = escalation.start(act.tx, shared, conversation, act.moment, act.doors)
        escalation.send(act.tx, act.moment, *receipt.moved(case, started, conversation, act.moment, "receipt.placed"))
        _correct_steps(act, started, conversation)
    return card(act.moment, say(act.moment, "press.shared"))


def _take_over(act: _Act) -> Card:
    """From a colleague who has it, or has gone home with it. That they had it stays in the chronology."""
    case, moment = act.case, act.moment
    if not case.acknowledged_at:
        return card(moment, say(moment, "press.not_now"))
    if case.acknowledged_by == act.person.id:
        return _done(act, "press.yours_already")
    if act.revision and act.revision != holding(case):
        act.audit("take_over_lost")
        return _is_taken(act)
    taken = replace(
        case, acknowledged_at=moment.now, acknowledged_by=act.person.id, acknowledged_role=act.role, notices=()
    )
    act.record("taken_over")
    act.tx.save_case(taken)
    _show(act, taken)
    return _done(act, "press.taken_over")


def _ask(act: _Act) -> Card:
    """A question to the reporter, by way of the bot (`bot.questions`)."""
    conversation = act.tx.conversation_about(act.case.ref)
    if conversation is None or not act.words.strip():
        return card(act.moment, say(act.moment, "press.no_words" if conversation else "press.closed"))
    act.record("asked")
    _keep(act, Kind.QUESTION)
    number = questions.count(act.tx.chronology(act.case.ref))
    act.tx.save_conversation(replace(conversation, asked=number))
    escalation.send(act.tx, act.moment, questions.asked(act.case, conversation, number, act.moment, act.role))
    return _done(act, "press.asked")


def _note(act: _Act) -> Card:
    if not act.words.strip():
        return card(act.moment, say(act.moment, "press.no_words"))
    act.record("noted")
    _keep(act, Kind.LEAD_NOTE)
    return _done(act, "press.noted")


def _keep(act: _Act, kind: Kind) -> None:
    act.tx.chronicle(Entry(act.case.ref, act.moment.now, kind, act.by, words=act.words, values=(act.role,)))


def _done(act: _Act, key: str, **filled: object) -> Card:
    """That it is done, with the way back to the case."""
    back = Button(act.moment.say("post.open"), Press(Action.OPEN_CASE, act.case.ref))
    return card(act.moment, Passage((act.moment.say(key, **filled),)), buttons=(back,))


_ACTS: Mapping[Action, Callable[[_Act], Card]] = {
    Action.OPEN_CASE: _open,
    Action.ACKNOWLEDGE: _acknowledge,
    Action.SHARE_WITH_DSL: _share,
    Action.TAKE_OVER: _take_over,
    Action.ASK_REPORTER: _ask,
    Action.ADD_NOTE: _note,
}
