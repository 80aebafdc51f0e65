"""The next steps for the member of staff, made for this case: which sentences of `phrases.toml` apply, and why. Pure.

Nothing here tells anybody to delete, to look, to search or to ask a child anything (N-04, N-05, N-06).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot import routing
from bot.case import Case
from bot.conversation import Conversation, facts_of
from bot.facts import CameFrom, ChildNow, Device, Facts, LeadTold, PressureBy, Seen, StaffRole, Tri
from bot.handoff import at_start, holder, whom
from bot.message import Card, Lane, Passage, Post, Tone
from bot.moment import Moment
from bot.receipt import to_reporter
from bot.ringing import lado_passage, outside_numbers, ring_now

_DONT = ("handle", "question", "others", "accused")
_CHILDREN = frozenset({CameFrom.PICTURED_CHILD, CameFrom.INVOLVED_CHILD, CameFrom.OTHER_CHILD})
_GROWN_UPS = frozenset({CameFrom.PARENT, CameFrom.COLLEAGUE})


def _may_tell_child(facts: Facts) -> bool:
    """Only the child who came to tell is spoken to, and only while they are there (N-04, D-28)."""
    return facts.came_from in _CHILDREN and ChildNow.MISSING not in facts.child_now


def _must_stay(facts: Facts) -> bool:
    """Somebody must be with the child: nothing may read as if they were to be left (D-11)."""
    return facts.immediate_danger is Tri.YES or bool(facts.child_now & {ChildNow.SELF_HARM, ChildNow.HURT})


_DO: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    ("danger", lambda f: f.immediate_danger is Tri.YES),
    ("alone", lambda f: bool(f.child_now & {ChildNow.SELF_HARM, ChildNow.HURT})),
    ("missing", lambda f: ChildNow.MISSING in f.child_now),
    ("home", lambda f: ChildNow.AFRAID_HOME in f.child_now),
    ("speak", lambda f: f.lead_told is not LeadTold.YES or f.staff_concerned != {StaffRole.NONE}),
    ("tell_child", _may_tell_child),
    ("leave_child", lambda f: not _may_tell_child(f) and not _must_stay(f)),
    ("thank", lambda f: f.came_from in _GROWN_UPS),
    ("write_down", lambda f: True),
    ("extortion", lambda f: bool(f.pressure_by & {PressureBy.MONEY, PressureBy.MORE_IMAGES, PressureBy.THREATS})),
    ("device", lambda f: f.device in (Device.SCHOOL_HAS_IT, Device.SCHOOL_DEVICE)),
    ("seen", lambda f: f.seen_by_staff in (Seen.BY_ACCIDENT, Seen.SHOWN)),
)


def steps_for(facts: Facts) -> tuple[str, ...]:
    """The keys of what to do now, the most pressing first; each has its policy ids in `[steps.source]`."""
    return tuple(key for key, applies in _DO if applies(facts))


def steps_of(conversation: Conversation, moment: Moment) -> tuple[str, ...]:
    """The same for a conversation: danger told in words comes first, as danger that was answered does (D-11)."""
    keys = steps_for(facts_of(moment.flow, conversation))
    return tuple(dict.fromkeys(("danger", *keys))) if conversation.danger_said else keys


def are_out(conversation: Conversation) -> bool:
    """Whether a card of next steps stands on the reporter's screen: it comes with the handoff at the latest."""
    return conversation.handed_off


def steps_card(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """What to do now, what not to do, and whom to ring."""
    do = tuple(_line(key, case, moment) for key in steps_of(conversation, moment))
    role = whom(moment, case, holder(case))
    dont = tuple(moment.say(f"steps.dont.{key}", whom=role, Whom=at_start(role)) for key in _DONT)
    passages = (
        Passage(do, moment.say("steps.do_heading"), Tone.DO),
        Passage(dont, moment.say("steps.dont_heading"), Tone.DONT),
        replace(ring_now(case, moment), heading=moment.say("steps.leads_heading")),
        outside_numbers(conversation, moment),
        Passage((moment.say("steps.adult_only_999"),), tone=Tone.QUIET),
        *lado_passage(case, moment),
    )
    card = Card(moment.say("notification.reply"), moment.say("steps.title"), passages)
    return Post(to_reporter(conversation), _slot(case, early=not conversation.steps_given), card, Lane.RECEIPT)


def early_card_gone(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """What is left of the card that went out with an alert, once the steps stand on a newer one."""
    line = Passage((moment.say("asking.superseded"),), tone=Tone.QUIET)
    card = Card(moment.say("notification.reply"), passages=(line,))
    return Post(to_reporter(conversation), _slot(case, early=True), card, Lane.COSMETIC)


def _slot(case: Case, *, early: bool) -> str:
    return f"steps:{case.ref}:alert" if early else f"steps:{case.ref}"


def _line(key: str, case: Case, moment: Moment) -> str:
    role = whom(moment, case, holder(case))
    if key == "speak":
        return moment.say(_speaking(case), whom=role)
    return moment.say(f"steps.do.{key}", whom=role, Whom=at_start(role))


def _speaking(case: Case) -> str:
    if case.whom == routing.NOBODY:
        return "steps.do.lado"
    return "steps.do.speak_staff" if routing.concerns_staff(case) else "steps.do.speak"
