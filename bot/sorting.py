"""Which report somebody writes about who has several out: their words are kept at once, and it is asked.

Words that speak of danger wait for no answer. What becomes of words in a report is `bot.hearing`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot import asking, hearing, routing
from bot.case import Case, CaseState, Kind
from bot.conversation import Conversation, Mode
from bot.handoff import holder, whom
from bot.meaning import is_courtesy
from bot.message import Action, Button, Incoming, Lane, Person, Press
from bot.moment import Moment
from bot.ports import Tx
from bot.showing import Reply
from bot.turn import Decision, Turn
from bot.understanding import Commanded, question_asked, speaks_of_danger, understand
from flows.flow import LONGEST_LABEL

SOMETHING_NEW = "new"
_REPORT = "report"
_MOST, _LOOKED_AT = 3, 10
_OUT = frozenset({CaseState.HANDED_OFF, CaseState.ACKNOWLEDGED, CaseState.IN_REVIEW, CaseState.DECIDED})


@dataclass(frozen=True, slots=True)
class Report:
    """One that is out. `asker` is whose question about it has no answer yet, by role, or ''."""

    case: Case
    conversation: Conversation
    asker: str = ""


# --- what they may write about ---


def is_after_the_end(before: Conversation | None, incoming: Incoming) -> bool:
    """Whether words were typed while no question of ours stands."""
    typed = bool(incoming.text.strip()) and not incoming.press and not incoming.change
    return typed and (before is None or before.mode is Mode.FINISHED)


def reports(tx: Tx, who: Person, moment: Moment) -> tuple[Report, ...]:
    """Somebody's reports that are out, the newest first; of those called a mistake only what a lead asks about."""
    return tuple(found for ref in tx.refs_of(who, _LOOKED_AT) if (found := _report(tx, ref, moment)))


def _report(tx: Tx, ref: str, moment: Moment) -> Report | None:
    case, conversation = tx.case(ref), tx.conversation_about(ref)
    if case is None or conversation is None or case.state not in _OUT:
        return None
    if conversation.asked:
        return Report(case, conversation, _asker(tx, case, moment))
    return None if case.mistaken else Report(case, conversation)


def _asker(tx: Tx, case: Case, moment: Moment) -> str:
    """Who asked last; where the case is theirs no longer, who has it now (N-18)."""
    question = [entry for entry in tx.chronology(case.ref) if entry.kind is Kind.QUESTION][-1]
    door, _, id = question.by.partition(":")
    theirs = routing.may_read(moment.directory, case, Person(door, id))
    return whom(moment, case, question.values[0] if theirs else holder(case))


def goes_on(
    before: Conversation | None, out: Sequence[Report], incoming: Incoming, moment: Moment
) -> Conversation | None:
    """The conversation that goes on: where none is open, the newest report, while a lead waits for an answer."""
    if before or not any(report.asker for report in out):
        return before
    newest = reopened(out[0].conversation)
    return newest if len(out) == 1 or _may_wait(newest, incoming, moment) else None


def reopened(conversation: Conversation) -> Conversation:
    """A report that was left for another goes on, after its end."""
    return replace(conversation, closed=False, mode=Mode.FINISHED)


def is_unclear(before: Conversation, out: Sequence[Report], incoming: Incoming, moment: Moment) -> bool:
    """Whether it must be asked which of them is meant, rather than join one of them silently, or begin another."""
    begins = hearing.is_over(before, moment) and not any(report.asker for report in out)
    return len(out) > 1 and not begins and _may_wait(before, incoming, moment)


def to_be_warned(
    before: Conversation | None, out: Sequence[Report], incoming: Incoming, moment: Moment
) -> tuple[Report, ...]:
    """Those that danger is told to besides the one that is open: nobody waits to know which it is about (D-11)."""
    if len(out) < 2 or not speaks_of_danger(incoming.text, moment.script.words):
        return ()
    return tuple(report for report in out if before and report.case.ref != before.ref)


def _may_wait(conversation: Conversation, incoming: Incoming, moment: Moment) -> bool:
    """Danger goes at once; a command, and a question to us, are answered at once; thanks are about nothing."""
    text, words = incoming.text, moment.script.words
    meant = understand(moment.flow.steps[conversation.step], (), text, words)
    at_once = isinstance(meant, Commanded) or question_asked(text, words) or speaks_of_danger(text, words)
    return not (at_once or is_courtesy(text, words))


# --- asking which ---


def ask(before: Conversation, out: Sequence[Report], incoming: Incoming, moment: Moment) -> Decision:
    """Keep the words, with those that wait already, and offer the reports: first what a lead waits for."""
    turn = Turn(before, incoming, moment)
    hearing.say_late(turn)
    turn.refuse_files()
    words = "\n".join(filter(None, (before.unsorted, incoming.text)))
    turn.conversation = replace(turn.conversation, unsorted=words)
    which = asking.say(moment, "sorting.which")
    turn.put(lambda: asking.card(moment, *turn.lead, which, buttons=tuple(_buttons(turn.conversation, out, moment))))
    return turn.decision()


def _buttons(conversation: Conversation, out: Sequence[Report], moment: Moment) -> Iterator[Button]:
    offered = sorted(out, key=lambda report: not report.asker)[:_MOST]
    labels = {report.case.ref: _label(report, moment) for report in offered}
    for to, label in (labels | {SOMETHING_NEW: moment.say("sorting.new")}).items():
        press = Press(Action.SORT, conversation.id, conversation.revision, {_REPORT: (to,)})
        yield Button(label[:LONGEST_LABEL], press)


def _label(report: Report, moment: Moment) -> str:
    case = report.case
    if report.asker:
        return moment.say("sorting.answer", whom=report.asker, ref=case.ref)
    academy = moment.directory.academy(case.academy)
    return moment.say("sorting.report", ref=case.ref, academy=academy.name if academy else moment.directory.trust.name)


# --- once it is said, or nobody has said it ---


def is_said(before: Conversation | None, incoming: Incoming) -> bool:
    """Whether this is the answer to the card that stands."""
    press = incoming.press
    if before is None or press is None or press.action is not Action.SORT:
        return False
    return bool(before.unsorted) and (press.subject, press.revision) == (before.id, before.revision)


def picked(incoming: Incoming) -> str:
    """The reference of the report that was picked, or SOMETHING_NEW."""
    answers = incoming.press.answers if incoming.press else {}
    return next(iter(answers.get(_REPORT, ())), "")


def leave(before: Conversation, incoming: Incoming, moment: Moment) -> Decision:
    """What was typed belongs elsewhere: this report is left as it stood, and its card says what was chosen."""
    to = picked(incoming)
    label = moment.say("sorting.new") if to == SOMETHING_NEW else to
    said = asking.card(moment, asking.say(moment, "sorting.chosen", label=label))
    reply = Reply(asking.question_slot(before, before.revision), said, Lane.COSMETIC)
    return Decision(replace(before, unsorted="", closed=True), replies=(reply,))


def settle(conversation: Conversation, moment: Moment) -> Decision:
    """Nobody has said which: the words join the report that is open, as they would if there were no other."""
    said = Incoming(conversation.sender, f"unsorted:{conversation.revision}", moment.now, conversation.unsorted)
    decision = hearing.hear(replace(conversation, unsorted=""), said, moment)
    return replace(decision, conversation=replace(decision.conversation, heard_at=conversation.heard_at))
