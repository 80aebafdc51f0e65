"""The next steps for the member of staff, made for this case: which sentences of `phrases.toml` apply, and why. Pure.

Nothing here tells anybody to delete, to look, to search or to ask a child anything (N-04, N-05, N-06).
"""

from __future__ import annotations

from collections.abc import Callable

from bot import routing
from bot.case import Case
from bot.conversation import Conversation, facts_of
from bot.facts import ChildNow, Device, Facts, LeadTold, PressureBy, Seen, StaffRole, Tri
from bot.handoff import whom
from bot.message import Card, Lane, Passage, Post, Tone
from bot.moment import Moment
from bot.receipt import outside_numbers, ring_now, to_reporter

_DONT = ("secret", "question", "look", "copy", "parents", "others", "accused", "blame")

_DO: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    ("danger", lambda f: f.immediate_danger is Tri.YES),
    ("alone", lambda f: bool(f.child_now & {ChildNow.SELF_HARM, ChildNow.HURT})),
    ("missing", lambda f: ChildNow.MISSING in f.child_now),
    ("home", lambda f: ChildNow.AFRAID_HOME in f.child_now),
    ("speak", lambda f: f.lead_told is not LeadTold.YES or f.staff_concerned != {StaffRole.NONE}),
    ("tell_child", lambda f: True),
    ("write_down", lambda f: True),
    ("extortion", lambda f: bool(f.pressure_by & {PressureBy.MONEY, PressureBy.MORE_IMAGES, PressureBy.THREATS})),
    ("device", lambda f: f.device in (Device.SCHOOL_HAS_IT, Device.SCHOOL_DEVICE)),
    ("seen", lambda f: f.seen_by_staff in (Seen.BY_ACCIDENT, Seen.SHOWN)),
)


def steps_for(facts: Facts) -> tuple[str, ...]:
    """The keys of what to do now, the most pressing first; each has its policy ids in `[steps.source]`."""
    return tuple(key for key, applies in _DO if applies(facts))


def steps_card(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """What to do now, what not to do, and whom to ring."""
    keys = steps_for(facts_of(moment.flow, conversation))
    do = tuple(_line(key, case, moment) for key in keys)
    dont = tuple(moment.say(f"steps.dont.{key}") for key in _DONT)
    passages = (
        Passage(do, moment.say("steps.do_heading"), Tone.DO),
        Passage(dont, moment.say("steps.dont_heading"), Tone.DONT),
        ring_now(case, moment),
        outside_numbers(conversation, moment),
        Passage((moment.say("steps.adult_only_999"),), tone=Tone.QUIET),
    )
    card = Card(moment.say("notification.reply"), moment.say("steps.title"), passages)
    return Post(to_reporter(conversation), f"steps:{case.ref}", card, Lane.RECEIPT)


def _line(key: str, case: Case, moment: Moment) -> str:
    if key != "speak":
        return moment.say(f"steps.do.{key}")
    if case.whom == routing.NOBODY:
        return moment.say("steps.do.lado")
    role = case.ladder[0].role if case.ladder else case.whom
    key = "steps.do.speak_staff" if routing.concerns_staff(case) else "steps.do.speak"
    return moment.say(key, whom=whom(moment, case, role))
