"""The first page a member of staff sees of the bot: how to start, whom to ring now, where their reports stand. Pure.

It may stand on a projector: a reference, a time and who has it, never a name of a child or a word that was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot import asking, contacts, receipt
from bot.case import Case, CaseState
from bot.message import Action, Button, Card, Passage, Press, Style, Tone
from bot.moment import Moment, clock, day

_OVER = frozenset({CaseState.RECORDED, CaseState.PURGED, CaseState.JOINED})


def home(cases: Sequence[Case], moment: Moment, *, goes_on: bool) -> Card:
    """Start, ring, look: with the reports of one member of staff, the newest first.

    `goes_on`: one of them is open, so that a start comes back to it first.
    """
    mine = [case for case in cases if case.state not in _OVER]
    lines = tuple(line for case in mine for line in _report(case, moment)) or (moment.say("home.none"),)
    start = Button(moment.say("home.go_on" if goes_on else "home.start"), Press(Action.START, ""), Style.PRIMARY)
    return Card(
        moment.say("notification.reply"),
        moment.say("home.title"),
        (
            asking.say(moment, "home.danger", Tone.URGENT),
            asking.say(moment, "home.intro"),
            *_numbers(moment),
            Passage(lines, moment.say("home.reports")),
            asking.say(moment, "home.as_of", Tone.QUIET, time=clock(moment.now), date=day(moment.now)),
        ),
        buttons=(start,),
    )


def welcome(moment: Moment) -> Card:
    """The first thing somebody finds in their own chat. It stays there for good, so nothing on it is of a day."""
    start = Button(moment.say("home.start"), Press(Action.START, ""), Style.PRIMARY)
    lines = contacts.emergency_lines(moment.directory, None)
    return Card(
        moment.say("notification.reply"),
        moment.say("home.title"),
        (
            asking.say(moment, "home.danger", Tone.URGENT),
            asking.say(moment, "home.intro"),
            asking.say(moment, "home.any_time"),
            Passage(lines, moment.say("contacts.leads"), Tone.NUMBERS),
        ),
        buttons=(start,),
    )


def numbers(moment: Moment) -> Card:
    """Whom to ring at this minute, for whoever asks: from memory, also while nothing can be stored (I12)."""
    return asking.card(moment, *_numbers(moment), title=moment.say("contacts.title"))


def _numbers(moment: Moment) -> tuple[Passage, ...]:
    leads = contacts.lead_numbers(moment.directory, None, moment.now)
    outside = contacts.answering(moment.directory, moment.now, None)
    return (
        Passage((*leads, moment.say("contacts.choose")), moment.say("contacts.leads"), Tone.NUMBERS),
        Passage(outside, moment.say("steps.numbers_heading"), Tone.NUMBERS),
    )


def _report(case: Case, moment: Moment) -> Iterable[str]:
    at = case.opened_at
    yield moment.say("home.report", ref=case.ref, time=clock(at), date=day(at))
    if case.state is CaseState.MISTAKE:
        yield moment.say("home.mistake")
    elif case.state is CaseState.OPEN:
        yield moment.say("home.not_sent")
    else:
        yield from receipt.stages(case, moment)
