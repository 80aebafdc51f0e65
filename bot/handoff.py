"""What the leads are told about a case: its card, the notices beside it, and what is left where it no longer is. Pure.

Whatever goes to a channel or into a notification carries reference, academy, urgency, age and buttons only: a name or
anything that was written enters no card of this module (house: pull, don't push).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from bot import routing
from bot.asking import say
from bot.assessment import Assessment, assess
from bot.case import Case, CaseState, Notice, Urgency
from bot.conversation import Conversation, Mode, facts_of, in_danger
from bot.facts import ChildNow, Facts
from bot.message import Action, Button, Card, Destination, Lane, Passage, Post, Press, Reach, Style, Tone
from bot.moment import Moment, clock, day
from bot.ports import Doubt

_DANGERS = frozenset({ChildNow.SELF_HARM, ChildNow.HURT, ChildNow.MISSING})
"""Of how the child is now: what draws the eye as danger itself does (D-11, N-03)."""

DELIVERED, REPEATED = "delivered", "repeated"
"""Marks of a post: once the platform has taken it somebody has the case (I11); it has been sent a second time (F6)."""


BLIND = "blind:"
"""How the slot of a notice without words begins; the conversation's id follows."""


def case_slot(case: Case) -> str:
    return f"case:{case.ref}"


def propose(moment: Moment, conversation: Conversation) -> Assessment:
    """The assessment of what has been answered so far, under the trust's own policy (C-03)."""
    strict = moment.directory.trust.policy.police_for_any_image
    return _assessed(facts_of(moment.flow, conversation), strict)


@lru_cache(maxsize=32)
def _assessed(facts: Facts, strict: bool) -> Assessment:
    """One turn asks several times for the same."""
    return assess(facts, strict_police=strict)


def danger_signs(moment: Moment, conversation: Conversation) -> frozenset[str]:
    """What was told so far that means danger now: the answer, how the child is, words since (D-11, S2-121)."""
    answered = {"danger"} if in_danger(conversation) else set[str]()
    said = {"said"} if conversation.danger_said else set[str]()
    return frozenset(answered | said | (facts_of(moment.flow, conversation).child_now & _DANGERS))


def urgency(moment: Moment, conversation: Conversation) -> Urgency:
    """How soon a lead must act: with a sign of danger, now."""
    danger = danger_signs(moment, conversation)
    return Urgency.NOW if danger else propose(moment, conversation).urgency


def holder(case: Case) -> str:
    """The role that the member of staff is to speak to: whoever acknowledged, else the first who is tried."""
    if case.acknowledged_at:
        return case.acknowledged_role
    if case.whom == routing.NOBODY:
        return "lado"
    return case.ladder[0].role if case.ladder else case.whom


def at_start(sentence_part: str) -> str:
    """The same words where a sentence begins with them."""
    return sentence_part[:1].upper() + sentence_part[1:]


def whom(moment: Moment, case: Case, role: str) -> str:
    academy = moment.directory.academy(case.academy)
    return moment.say(f"roles.{role}", academy=academy.name if academy else moment.directory.trust.name)


def case_posts(case: Case, conversation: Conversation, moment: Moment, lane: Lane = Lane.COSMETIC) -> tuple[Post, ...]:
    """The case's card, for every place where it stands or is to stand."""
    card = case_card(case, conversation, moment)
    marks = DELIVERED if lane in (Lane.HANDOFF, Lane.ESCALATION) else ""
    return tuple(Post(to, case_slot(case), card, lane, case.ref, marks) for to in case.posts)


def case_card(case: Case, conversation: Conversation, moment: Moment) -> Card:
    lines = (
        moment.say("post.line", academy=_academy(moment, case), urgency=moment.say(f"urgency.{case.urgency}")),
        moment.say("post.age", time=clock(case.opened_at), date=day(case.opened_at)),
        *((moment.say("post.unverified"),) if conversation.unverified else ()),
        *_progress(case, conversation, moment),
        *_held_by(case, moment),
    )
    tone = Tone.URGENT if case.urgency is Urgency.NOW else Tone.PLAIN
    return Card(
        notification=moment.say("notification.case" if case.waits else "notification.case_update", ref=case.ref),
        title=moment.say("post.title", ref=case.ref),
        passages=(Passage(lines, tone=tone), *_warnings(case, moment)),
        buttons=_case_buttons(case, moment),
    )


def notices(case: Case, moment: Moment, to: Iterable[Notice], key: str) -> tuple[Post, ...]:
    """New messages that draw the eye to a case: it became more urgent, it climbed, nobody has it yet."""
    minutes = minutes_waited(case, moment.now)
    lane = Lane.HANDOFF if key in ("post.risen", "post.danger_sign") else Lane.ESCALATION
    card = Card(
        notification=moment.say("notification.case", ref=case.ref),
        passages=(say(moment, key, Tone.URGENT, ref=case.ref, minutes=minutes),),
        buttons=_case_buttons(case, moment),
    )
    return tuple(Post(notice.place, notice.slot, card, lane, case.ref) for notice in to)


def farewells(case: Case, moment: Moment, stays: Sequence[Destination]) -> tuple[Post, ...]:
    """What is left where a case no longer belongs: neither its reference nor its fate, and not a button."""
    gone = [Notice(place, case_slot(case)) for place in case.posts if place not in stays]
    gone += [notice for notice in case.notices if notice.place not in stays]
    kept = [notice for notice in case.notices if notice.place in stays]
    return (*_settled(gone, moment.say("post.moved")), *_settled(kept, moment.say("asking.superseded")))


def left_behind(case: Case, moment: Moment, place: Destination) -> tuple[Post, ...]:
    """What is left in a place where nothing more of the case may go: its reference and its buttons are taken away."""
    there = [Notice(place, case_slot(case)), *(notice for notice in case.notices if notice.place == place)]
    return _settled(there, moment.say("post.moved"))


def superseded(notices: Iterable[Notice], moment: Moment) -> tuple[Post, ...]:
    """An older notice gives up its buttons to the one that comes after it, so that they do not pile up."""
    return _settled(notices, moment.say("asking.superseded"))


def answered(case: Case, moment: Moment) -> tuple[Post, ...]:
    """Every notice of a case that has been acknowledged: by whom and when, without a button."""
    return _settled(case.notices, acknowledged("post.acknowledged", case, moment))


def is_only_in_place(post: Post) -> bool:
    """Whether it changes or takes away what stands there, and is worth nothing where nothing stands."""
    if post.slot.startswith("alarm:"):
        return post.lane >= Lane.RECEIPT
    return post.slot.startswith(("case:", "notice:")) and (not post.ref or post.lane >= Lane.RECEIPT)


def _settled(notices: Iterable[Notice], line: str) -> tuple[Post, ...]:
    card = Card(line, passages=(Passage((line,), tone=Tone.QUIET),))
    return tuple(Post(notice.place, notice.slot, card, Lane.RECEIPT) for notice in notices)


def blind_over(conversation: Conversation, moment: Moment, places: Sequence[Destination], key: str) -> tuple[Post, ...]:
    """What becomes of a notice without words once nothing more is asked of those who saw it."""
    card = Card(moment.say("notification.blind_over"), passages=(say(moment, key, Tone.QUIET),))
    return tuple(Post(place, f"{BLIND}{conversation.id}", card, Lane.RECEIPT) for place in places)


def blind_posts(
    conversation: Conversation, moment: Moment, places: Sequence[Destination], *, asked: bool
) -> tuple[Post, ...]:
    """A colleague needs a safeguarding lead: no reference and no words, because nobody knows yet who may read them.

    `asked`: the person whom the trust has named is asked at the same time to open the words.
    """
    named = (say(moment, "blind.asked_named"),) if asked else ()
    card = Card(
        notification=moment.say("notification.blind"),
        title=moment.say("blind.notice"),
        passages=(say(moment, "blind.notice_quiet"), *named),
    )
    return tuple(Post(place, f"{BLIND}{conversation.id}", card, Lane.HANDOFF) for place in places)


def alarms(case: Case, moment: Moment, places: Sequence[Destination], why: str, *, stood: bool) -> tuple[Post, ...]:
    """That nothing of a case goes into its academy's channel, and why: neither its reference nor a word of it.

    `stood`: its card has stood there, so that its reference may have been seen.
    """
    key = "alarm.unchecked" if why == Doubt.UNCHECKED else "alarm.stood" if stood else "alarm.channel"
    reason = moment.say(f"doubt.{why}")
    said = say(moment, key, Tone.URGENT, academy=_academy(moment, case), why=reason)
    passages = (said, *_instead(case, moment, why), say(moment, "alarm.do"))
    card = Card(moment.say("notification.alarm"), moment.say("alarm.title"), passages)
    return tuple(Post(place, f"alarm:{case.ref}", card, Lane.ESCALATION) for place in places)


def _instead(case: Case, moment: Moment, why: str) -> tuple[Passage, ...]:
    """Who gets it one to one; of a channel that could not be looked up, the first who is tried alone."""
    first = case.ladder[0] if case.ladder else None
    if why != Doubt.UNCHECKED:
        return (say(moment, "alarm.one_to_one"),)
    if first is None or all(place.reach is Reach.CHANNEL for place in first.destinations):
        return ()
    return (say(moment, "alarm.meanwhile", whom=whom(moment, case, first.role)),)


def alarms_over(case: Case, moment: Moment, places: Sequence[Destination]) -> tuple[Post, ...]:
    """What becomes of the alarm once the channel has been looked up after all, and has the case."""
    said = say(moment, "alarm.over", Tone.QUIET, academy=_academy(moment, case))
    card = Card(moment.say("notification.alarm"), passages=(said,))
    return tuple(Post(place, f"alarm:{case.ref}", card, Lane.RECEIPT) for place in places)


def _academy(moment: Moment, case: Case) -> str:
    academy = moment.directory.academy(case.academy)
    return academy.name if academy else moment.directory.trust.name


def _progress(case: Case, conversation: Conversation, moment: Moment) -> tuple[str, ...]:
    if case.state is CaseState.MISTAKE or case.mistaken:
        return (moment.say("post.mistake"),)
    count = moment.say("post.answers", count=len(conversation.answers), time=clock(conversation.heard_at))
    if conversation.steps_given and not conversation.complete:
        return (moment.say("post.stopped" if _is_over(conversation) else "post.incomplete"), count)
    if _is_over(conversation):
        return (moment.say("post.finished"), count)
    return (_telling(conversation, moment), count)


def _is_over(conversation: Conversation) -> bool:
    """Nothing more is asked: it has come to its end, or its reporter has stopped."""
    return conversation.closed or conversation.mode is Mode.FINISHED


def _telling(conversation: Conversation, moment: Moment) -> str:
    """That more is coming is said only while it comes."""
    quiet = timedelta(minutes=moment.directory.trust.timing.nudge_minutes)
    if moment.now - conversation.heard_at < quiet:
        return moment.say("post.telling")
    return moment.say("post.quiet", time=clock(conversation.heard_at))


def _held_by(case: Case, moment: Moment) -> tuple[str, ...]:
    if case.acknowledged_at:
        return (acknowledged("post.acknowledged", case, moment),)
    return (moment.say("post.waiting"),) if case.waits else ()


def acknowledged(key: str, case: Case, moment: Moment) -> str:
    """By which role, and when: the sentence at `key`."""
    at = case.acknowledged_at or moment.now
    role = whom(moment, case, case.acknowledged_role)
    return moment.say(key, role=role, time=clock(at), date=day(at))


def _warnings(case: Case, moment: Moment) -> tuple[Passage, ...]:
    warnings = [say(moment, "post.alert", Tone.URGENT)] if case.alert else []
    if routing.concerns_staff(case) and not case.unscreened:
        key = "post.staff_unknown" if case.staff == {"unknown"} else "post.staff"
        warnings.append(say(moment, key))
    return tuple(warnings)


def _case_buttons(case: Case, moment: Moment) -> tuple[Button, ...]:
    buttons = [Button(moment.say("post.open"), Press(Action.OPEN_CASE, case.ref), Style.PRIMARY)]
    if case.waits:
        buttons.append(Button(moment.say("post.acknowledge"), Press(Action.ACKNOWLEDGE, case.ref)))
    if case.staff == {"unknown"} and not case.shared:
        buttons.append(Button(moment.say("post.share"), Press(Action.SHARE_WITH_DSL, case.ref)))
    return tuple(buttons)


def minutes_waited(case: Case, now: datetime) -> int:
    """Whole minutes since it was handed off."""
    return int((now - (case.handed_off_at or case.opened_at)).total_seconds() // 60)
