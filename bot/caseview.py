"""The opened case, as somebody on the roster sees it in a private view. The one place where the words are shown.

It is built only after the roster check and the audit row; nothing of it may go to a channel, a notification or a log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot import contacts
from bot.asking import labels
from bot.assessment import Assessment, Level
from bot.case import Case, Entry, Kind, holding
from bot.conversation import Conversation, facts_of, home_of, walk
from bot.donow import do_now, is_for_the_lead, told_flags
from bot.handoff import case_card, propose, whom
from bot.message import Action, Button, Card, Passage, Press, Tone, Writing
from bot.moment import Moment, clock, day

_CHILD, _WORDS = "child", "words"
_SAID_OTHERWISE = (Kind.EDITED, Kind.DELETED, Kind.RESTORED, Kind.UNREAD)
_BETWEEN = (Kind.QUESTION, Kind.REPLY, Kind.LEAD_NOTE)
_NOTES = (Kind.FIRST_WORDS, Kind.NOTE, Kind.ADDITION, Kind.ATTACHMENT, *_SAID_OTHERWISE)


def view(case: Case, conversation: Conversation, entries: Sequence[Entry], moment: Moment) -> Card:
    """Everything that is known, in the order in which a lead needs it."""
    post = case_card(case, conversation, moment)
    assessment = propose(moment, conversation)
    passages = (
        *post.passages,
        *_flags(assessment, conversation, moment),
        *_told_by(conversation, moment),
        *_typed(_CHILD, "view.child", conversation, moment),
        do_now(case, conversation, assessment, moment),
        *_typed(_WORDS, "view.verbatim", conversation, moment),
        *_notes(entries, moment),
        *_between(entries, moment),
        *_proposal(assessment, moment),
        _answers(conversation, moment),
        _unknown(assessment, moment),
        _numbers(case, conversation, assessment, moment),
        _chronology(case, entries, moment),
    )
    return Card(post.notification, post.title, passages, buttons=(*post.buttons[1:], *_lead_buttons(case, moment)))


def _lead_buttons(case: Case, moment: Moment) -> tuple[Button, ...]:
    """What a lead can do with an open case besides what stands on its card."""
    question = Writing(moment.say("form.ask_title"), moment.say("form.ask"), moment.say("form.ask_send"))
    note = Writing(moment.say("form.note_title"), moment.say("form.note"), moment.say("form.send"))
    take_over = Button(moment.say("post.take_over"), Press(Action.TAKE_OVER, case.ref, holding(case)))
    return (
        *((take_over,) if case.acknowledged_at else ()),
        Button(moment.say("post.ask"), Press(Action.ASK_REPORTER, case.ref), writes=question),
        Button(moment.say("post.note"), Press(Action.ADD_NOTE, case.ref), writes=note),
    )


def _told_by(conversation: Conversation, moment: Moment) -> tuple[Passage, ...]:
    name = conversation.sender_name or conversation.sender.id
    return (Passage((moment.say("view.told_by", name=name),)),)


def _typed(step: str, heading: str, conversation: Conversation, moment: Moment) -> tuple[Passage, ...]:
    answer = conversation.answers.get(step)
    if not answer:
        return ()
    words = answer.words or labels(moment, moment.flow.steps[step], answer)
    return (Passage((words,), moment.say(heading), Tone.VERBATIM),)


def _flags(assessment: Assessment, conversation: Conversation, moment: Moment) -> tuple[Passage, ...]:
    weighed = (moment.say(f"flag.{flag}") for flag in assessment.flags)
    lines = (*weighed, *told_flags(facts_of(moment.flow, conversation), moment))
    return (Passage(lines, moment.say("view.flags"), Tone.URGENT),) if lines else ()


def _notes(entries: Sequence[Entry], moment: Moment) -> tuple[Passage, ...]:
    lines = tuple(f"{clock(entry.at)}  {_words(entry, moment)}" for entry in entries if entry.kind in _NOTES)
    return (Passage(lines, moment.say("view.notes"), Tone.VERBATIM),) if lines else ()


def _between(entries: Sequence[Entry], moment: Moment) -> tuple[Passage, ...]:
    """Questions to the reporter, their answers, and the leads' own notes, in order."""
    lines = tuple(
        f"{clock(entry.at)}  ({moment.say(f'kind.{entry.kind}')}) {entry.words}"
        for entry in entries
        if entry.kind in _BETWEEN
    )
    return (Passage(lines, moment.say("view.between"), Tone.VERBATIM),) if lines else ()


def _words(entry: Entry, moment: Moment) -> str:
    told_apart = entry.kind in _SAID_OTHERWISE
    return f"({moment.say(f'kind.{entry.kind}')}) {entry.words}" if told_apart else entry.words


def _proposal(assessment: Assessment, moment: Moment) -> tuple[Passage, ...]:
    actions = tuple(
        moment.say("view.action", agency=moment.say(f"agency.{agency}"), level=moment.say(f"level.{action.level}"))
        + (f" ({', '.join(action.sources)})" if action.sources else "")
        for agency, action in assessment.actions.items()
        if action.level is not Level.NONE
    )
    type_lines = (moment.say(f"type.{assessment.proposed}"), *_alternatives(assessment, moment))
    nothing = (moment.say("level.none"),)
    return (
        Passage(type_lines, moment.say("view.proposal")),
        Passage(actions or nothing, moment.say("view.actions")),
    )


def _alternatives(assessment: Assessment, moment: Moment) -> Iterable[str]:
    """One line for each type it could also be, with every fact that decides."""
    for other in dict.fromkeys(each.type for each in assessment.alternatives):
        facts = dict.fromkeys(each.deciding_fact for each in assessment.alternatives if each.type is other)
        named = "”, “".join(_fact_name(fact, moment) for fact in facts)
        yield moment.say("view.deciding", type=moment.say(f"type.{other}"), facts=named)


def _fact_name(fact: str, moment: Moment) -> str:
    return next((step.short for step in moment.flow.steps.values() if step.fact == fact), fact)


def _answers(conversation: Conversation, moment: Moment) -> Passage:
    steps = (moment.flow.steps[i] for i in walk(moment.flow, conversation).answered if i not in (_CHILD, _WORDS))
    lines = []
    for step in steps:
        answer = conversation.answers[step.id]
        lines.append(f"{step.short}: {labels(moment, step, answer) or answer.words}")
    return Passage(tuple(lines), moment.say("view.answers"))


def _unknown(assessment: Assessment, moment: Moment) -> Passage:
    names = tuple(_fact_name(fact, moment) for fact in assessment.unknown)
    return Passage((*names, moment.say("view.do_not_ask")), moment.say("view.unknown"), Tone.QUIET)


def _numbers(case: Case, conversation: Conversation, assessment: Assessment, moment: Moment) -> Passage:
    home = home_of(conversation) or None
    every = contacts.numbers(moment.directory, moment.now, academy=case.academy or None, authority=home)
    shown = (number for number in contacts.joined(every) if is_for_the_lead(number, assessment))
    return Passage(contacts.lines(shown), moment.say("view.numbers"), Tone.NUMBERS)


def _chronology(case: Case, entries: Sequence[Entry], moment: Moment) -> Passage:
    """All of it in order, an answer since changed with its earlier words too."""
    lines = tuple(_line(case, entry, moment) for entry in entries)
    return Passage(lines, moment.say("view.chronology"), Tone.VERBATIM)


def _line(case: Case, entry: Entry, moment: Moment) -> str:
    when = f"{day(entry.at)} {clock(entry.at)}"
    if entry.kind is Kind.EVENT:
        return moment.say("view.line", when=when, what=_event(case, entry, moment))
    step = moment.flow.steps.get(entry.step)
    about = (
        (step.short, *(moment.label(step, value) for value in entry.values)) if step else _about(case, entry, moment)
    )
    what = (moment.say(f"kind.{entry.kind}"), *about, entry.words)
    return moment.say("view.line", when=when, what=" · ".join(filter(None, what)))


def _about(case: Case, entry: Entry, moment: Moment) -> tuple[str, ...]:
    """Beside an entry that answers no question: who of the leads it is from, or what was picked."""
    if entry.kind in _BETWEEN:
        return tuple(whom(moment, case, role) for role in entry.values)
    return entry.values


def _event(case: Case, entry: Entry, moment: Moment) -> str:
    name, *roles = entry.values
    return moment.say(f"kind.{name}", whom=whom(moment, case, roles[0]) if roles else "")
