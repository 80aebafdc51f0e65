"""What each person is told about a case: the lead's post, the receipt, the next steps, the notices. Pure.

Whatever goes to a channel or into a notification carries reference, academy, urgency, age and buttons only: a name or
anything that was written enters no card of this module (house: pull, don't push).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot import contacts, routing
from bot.asking import say
from bot.assessment import Assessment, assess
from bot.case import Case, CaseState, Urgency
from bot.conversation import Conversation, Mode, facts_of, home_of
from bot.hours import Status
from bot.message import Action, Button, Card, Destination, Lane, Passage, Post, Press, Reach, Style, Tone
from bot.moment import Moment, clock, day
from bot.routing import Route

DELIVERED = "delivered"
"""The mark of a post that, once taken by the platform, means that somebody has the case (I11)."""


def case_slot(case: Case) -> str:
    return f"case:{case.ref}"


def receipt_slot(case: Case) -> str:
    return f"receipt:{case.ref}"


def to_reporter(conversation: Conversation) -> Destination:
    return Destination(conversation.sender.door, Reach.PERSON, conversation.sender.id)


def propose(moment: Moment, conversation: Conversation) -> Assessment:
    """The assessment of what has been answered so far, under the trust's own policy (C-03)."""
    strict = moment.directory.trust.policy.police_for_any_image
    return assess(facts_of(moment.flow, conversation), strict_police=strict)


def whom(moment: Moment, case: Case, role: str) -> str:
    academy = moment.directory.academy(case.academy)
    return moment.say(f"roles.{role}", academy=academy.name if academy else moment.directory.trust.name)


# --- to the leads ---


def case_posts(case: Case, conversation: Conversation, moment: Moment, lane: Lane = Lane.COSMETIC) -> tuple[Post, ...]:
    """The case's card, for every place where it stands or is to stand."""
    card = case_card(case, conversation, moment)
    marks = DELIVERED if lane is Lane.HANDOFF else ""
    return tuple(Post(to, case_slot(case), card, lane, case.ref, marks) for to in case.posts)


def case_card(case: Case, conversation: Conversation, moment: Moment) -> Card:
    lines = (
        moment.say("post.line", academy=_academy(moment, case), urgency=moment.say(f"urgency.{case.urgency}")),
        moment.say("post.age", time=clock(case.opened_at), date=day(case.opened_at)),
        *_progress(case, conversation, moment),
        *_held_by(case, moment),
    )
    tone = Tone.URGENT if case.urgency is Urgency.NOW else Tone.PLAIN
    return Card(
        notification=moment.say("notification.case", ref=case.ref),
        title=moment.say("post.title", ref=case.ref),
        passages=(Passage(lines, tone=tone), *_warnings(case, moment)),
        buttons=_case_buttons(case, moment),
    )


def notice(
    case: Case, moment: Moment, to: Sequence[Destination], key: str, lane: Lane = Lane.ESCALATION
) -> tuple[Post, ...]:
    """A new message that draws the eye to a case: it became more urgent, it climbed, nobody has it yet."""
    minutes = _minutes_waited(case, moment.now)
    card = Card(
        notification=moment.say("notification.case", ref=case.ref),
        passages=(say(moment, key, Tone.URGENT, ref=case.ref, minutes=minutes),),
        buttons=_case_buttons(case, moment),
    )
    slot = f"notice:{case.ref}:{key}:{moment.now.isoformat()}"
    return tuple(Post(place, slot, card, lane, case.ref) for place in to)


def moved_posts(case: Case, moment: Moment, places: Sequence[Destination]) -> tuple[Post, ...]:
    """What is left where a case no longer belongs: not its reference's fate, not a button."""
    card = Card(moment.say("notification.case_update", ref=case.ref), passages=(say(moment, "post.moved", Tone.QUIET),))
    return tuple(Post(place, case_slot(case), card, Lane.RECEIPT) for place in places)


def blind_posts(conversation: Conversation, moment: Moment, places: Sequence[Destination]) -> tuple[Post, ...]:
    """A colleague needs a safeguarding lead: no reference and no words, because nobody knows yet who may read them."""
    card = Card(
        notification=moment.say("notification.blind"),
        title=moment.say("blind.notice"),
        passages=(say(moment, "blind.notice_quiet"),),
    )
    return tuple(Post(place, f"blind:{conversation.id}", card, Lane.HANDOFF) for place in places)


def _academy(moment: Moment, case: Case) -> str:
    academy = moment.directory.academy(case.academy)
    return academy.name if academy else moment.directory.trust.name


def _progress(case: Case, conversation: Conversation, moment: Moment) -> tuple[str, ...]:
    if case.state is CaseState.MISTAKE or conversation.closed:
        return (moment.say("post.mistake"),)
    count = moment.say("post.answers", count=len(conversation.answers), time=clock(conversation.heard_at))
    if conversation.mode is Mode.FINISHED:
        return (moment.say("post.finished"), count)
    if conversation.steps_given and not conversation.complete:
        return (moment.say("post.incomplete"), count)
    return (moment.say("post.telling"), count)


def _held_by(case: Case, moment: Moment) -> tuple[str, ...]:
    if case.acknowledged_at:
        return (_acknowledged("post.acknowledged", case, moment),)
    return (moment.say("post.waiting"),) if case.waits else ()


def _acknowledged(key: str, case: Case, moment: Moment) -> str:
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


def _minutes_waited(case: Case, now: datetime) -> int:
    return int((now - (case.handed_off_at or case.opened_at)).total_seconds() // 60)


# --- to the member of staff ---


def receipt(case: Case, conversation: Conversation, moment: Moment, route: Route) -> Post:
    """Recorded, with the team, acknowledged: each said only once it is true (I11)."""
    lines = [moment.say("receipt.recorded", time=clock(conversation.started_at)), *_stages(case, moment, route)]
    passages = (Passage(tuple(lines)), *_ring(case, moment, route), say(moment, "receipt.keep", Tone.QUIET))
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), passages)
    return Post(to_reporter(conversation), receipt_slot(case), card, Lane.RECEIPT)


def _stages(case: Case, moment: Moment, route: Route) -> tuple[str, ...]:
    if not route.ladder and not route.channel:
        return (moment.say("receipt.no_one"),)
    has_it = whom(moment, case, route.whom)
    stages = [moment.say("receipt.staff", whom=has_it)] if routing.concerns_staff(case) and not case.unscreened else []
    if case.delivered_at:
        stages.append(moment.say("receipt.delivered", whom=has_it, time=clock(case.delivered_at)))
    else:
        stages.append(moment.say("receipt.sending", whom=has_it))
    if case.acknowledged_at:
        stages.append(_acknowledged("receipt.acknowledged", case, moment))
    elif 0 < case.rung < len(case.ladder):
        stages.append(moment.say("receipt.climbing", whom=whom(moment, case, case.ladder[case.rung].role)))
    return tuple(stages)


def _ring(case: Case, moment: Moment, route: Route) -> tuple[Passage, ...]:
    if case.acknowledged_at:
        return ()
    if case.rung >= len(case.ladder):
        return (say(moment, "receipt.ring", Tone.URGENT, ref=case.ref), ring_now(case, moment))
    if not moment.directory.in_school_hours(case.academy, moment.now):
        return (say(moment, "receipt.out_of_hours", Tone.URGENT), ring_now(case, moment))
    return ()


def ring_now(case: Case, moment: Moment) -> Passage:
    """The academy's own people to ring, without anybody the case is about."""
    away = routing.implicated(moment.directory, case)
    if routing.concerns_staff(case):
        away |= {person.id for role in ("dsl", "deputy") for person in moment.directory.holders(case.academy, role)}
    return Passage(contacts.lead_numbers(moment.directory, case.academy or None, moment.now, away), tone=Tone.NUMBERS)


def ring_note(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message to the member of staff: nobody has acknowledged it, ring now, and whom."""
    passages = (
        say(moment, "receipt.ring", Tone.URGENT, ref=case.ref),
        ring_now(case, moment),
        outside_numbers(conversation, moment),
    )
    card = Card(moment.say("notification.reply"), passages=passages)
    slot = f"ring:{case.ref}:{moment.now.isoformat()}"
    return Post(to_reporter(conversation), slot, card, Lane.ESCALATION)


def taken_note(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message to the member of staff: who has it, by role, and since when."""
    passage = Passage((_acknowledged("receipt.acknowledged", case, moment),))
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), (passage,))
    return Post(to_reporter(conversation), f"taken:{case.ref}:{case.acknowledged_by}", card, Lane.RECEIPT)


def blind_note(conversation: Conversation, moment: Moment, named: bool, academy: str) -> Post:
    """What a notice without words means, and, when nobody may open the words, whom to ring."""
    passages = [say(moment, "blind.told")]
    if named:
        passages.append(say(moment, "blind.unscreened"))
    else:
        numbers = contacts.lead_numbers(moment.directory, academy or None, moment.now)
        passages += [say(moment, "blind.nobody", Tone.URGENT), Passage(numbers, tone=Tone.NUMBERS)]
    passages.append(say(moment, "blind.answer_it"))
    card = Card(moment.say("notification.reply"), passages=tuple(passages))
    return Post(to_reporter(conversation), f"blindnote:{conversation.id}", card, Lane.RECEIPT)


def outside_numbers(conversation: Conversation, moment: Moment) -> Passage:
    """999 and the services of the child's home council that answer now: all of them are behind "Contacts"."""
    home = home_of(conversation) or None
    every = contacts.numbers(moment.directory, moment.now, authority=home)
    now = (number for number in contacts.for_staff(every) if number.status is not Status.CLOSED)
    return Passage(contacts.lines(now), moment.say("steps.numbers_heading"), Tone.NUMBERS)
