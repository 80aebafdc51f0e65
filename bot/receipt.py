"""What the member of staff is told once a report exists: the receipt and the notes beside it. Pure.

Nothing is said before it is true (I11), and nobody the case is about is named (N-18). No case word enters.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot import routing
from bot.asking import say
from bot.case import Case
from bot.conversation import Conversation
from bot.facts import StaffRole
from bot.handoff import acknowledged, at_start, minutes_waited, whom
from bot.message import Card, Destination, Lane, Passage, Post, Reach, Tone
from bot.moment import Moment, clock, day
from bot.ringing import holding, lado_passage, outside_numbers, ring_now

_EXPECTED_MINUTES = 10
"""How long the member of staff waits to hear from whoever has it, before ringing them."""


def receipt_slot(case: Case) -> str:
    return f"receipt:{case.ref}"


def to_reporter(conversation: Conversation) -> Destination:
    return Destination(conversation.sender.door, Reach.PERSON, conversation.sender.id)


def receipt(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """Recorded, with the team, acknowledged: each said only once it is true (I11)."""
    lines = [moment.say("receipt.recorded", time=clock(conversation.started_at)), *stages(case, moment)]
    passages = (Passage(tuple(lines)), *_ring(case, conversation, moment), say(moment, "receipt.keep", Tone.QUIET))
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), passages)
    return Post(to_reporter(conversation), receipt_slot(case), card, Lane.RECEIPT)


def stages(case: Case, moment: Moment) -> Iterable[str]:
    """Where it stands, each stage said only once it is true (I11)."""
    if case.whom == routing.NOBODY:
        return
    if routing.concerns_staff(case) and not case.unscreened:
        yield from _past_the_team(case, moment)
    if case.delivered_at:
        has_it = whom(moment, case, case.delivered_role)
        yield moment.say("receipt.delivered", whom=has_it, time=clock(case.delivered_at))
    elif not _is_late(case):
        yield moment.say("receipt.sending", whom=whom(moment, case, case.whom))
    if case.acknowledged_at:
        yield acknowledged("receipt.acknowledged", case, moment)
    elif case.rung and not case.is_exhausted:
        yield moment.say("receipt.climbing", whom=whom(moment, case, case.ladder[case.rung].role))


def _past_the_team(case: Case, moment: Moment) -> Iterable[str]:
    """Why it goes where it goes; of somebody not ruled out it is said whom to ring instead (N-18)."""
    role = whom(moment, case, case.whom)
    if StaffRole.UNKNOWN not in case.staff:
        yield moment.say("receipt.staff", whom=role)
        return
    following = case.ladder[1].role if len(case.ladder) > 1 else "lado"
    yield moment.say("receipt.staff_unknown", whom=role)
    yield moment.say("receipt.or_ring", next=whom(moment, case, following))


def _is_late(case: Case) -> bool:
    """Nobody is known to have it, and the first who should cannot be reached here."""
    return not case.delivered_at and (case.rung > 0 or not case.ladder)


def _ring(case: Case, conversation: Conversation, moment: Moment) -> tuple[Passage, ...]:
    if case.acknowledged_at:
        return ()
    if case.is_exhausted:
        return (_why_ring(case, moment), ring_now(case, moment), outside_numbers(conversation, moment))
    if _is_late(case):
        return (_why_ring(case, moment), ring_now(case, moment))
    if case.alert:
        return (say(moment, "receipt.ring_as_well", Tone.URGENT), ring_now(case, moment))
    if _out_of_hours(case, moment):
        return (say(moment, "receipt.out_of_hours", Tone.URGENT), ring_now(case, moment))
    return ()


def _why_ring(case: Case, moment: Moment) -> Passage:
    if case.whom == routing.NOBODY:
        return say(moment, "receipt.no_one", Tone.URGENT, ref=case.ref)
    if _is_late(case):
        role = whom(moment, case, case.whom)
        return say(moment, "receipt.undelivered", Tone.URGENT, whom=role, ref=case.ref)
    return say(moment, "receipt.ring", Tone.URGENT, ref=case.ref)


def _out_of_hours(case: Case, moment: Moment) -> bool:
    """Shut; while the academy is not known, every academy is."""
    academies = [case.academy] if case.academy else [academy.id for academy in moment.directory.academies]
    return not any(moment.directory.in_school_hours(academy, moment.now) for academy in academies)


def ring_note(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message to the member of staff: nobody has it or has acknowledged it, ring now, and whom."""
    passages = (_why_ring(case, moment), ring_now(case, moment), outside_numbers(conversation, moment))
    return _ring_post(case, conversation, moment, *passages)


def lapsed_note(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message: somebody must act now, and one more rung has let its time pass."""
    waited = say(moment, "receipt.lapsed", Tone.URGENT, minutes=minutes_waited(case, moment.now))
    return _ring_post(case, conversation, moment, waited, ring_now(case, moment))


def _ring_post(case: Case, conversation: Conversation, moment: Moment, *passages: Passage) -> Post:
    card = Card(moment.say("notification.reply"), passages=(*passages, *lado_passage(case, moment)))
    slot = f"ring:{case.ref}:{moment.now.isoformat()}"
    return Post(to_reporter(conversation), slot, card, Lane.ESCALATION)


def called_away(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message to somebody who has fallen silent in danger: who has had it since when; the next steps follow."""
    card = Card(moment.say("notification.reply"), passages=(_away(case, moment),))
    return Post(to_reporter(conversation), f"away:{case.ref}", card, Lane.RECEIPT)


def _away(case: Case, moment: Moment) -> Passage:
    """That somebody has it is said only once it is true (I11)."""
    role, since = case.delivered_role, case.delivered_at
    if case.acknowledged_at:
        role, since = case.acknowledged_role, case.acknowledged_at
    if since is None:
        return say(moment, "silence.away")
    return say(moment, "silence.away_with", Whom=at_start(whom(moment, case, role)), time=clock(since))


def moved(before: Case, case: Case, conversation: Conversation, moment: Moment, key: str) -> tuple[Post, ...]:
    """A new message to the member of staff: it goes to somebody else now; `key` is the sentence that says why.

    Whoever had acknowledged it may have it no longer. Where nobody gets it, the numbers to ring say so instead.
    """
    if case.whom == routing.NOBODY:
        return ()
    said = moment.say(key, whom=whom(moment, case, case.whom))
    lapsed = bool(before.acknowledged_at and not case.acknowledged_at)
    lines = (said, moment.say("receipt.reopened")) if lapsed else (said,)
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), (Passage(lines),))
    return (Post(to_reporter(conversation), f"moved:{case.ref}:{moment.now.isoformat()}", card, Lane.RECEIPT),)


def taken_note(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message to the member of staff: who has it, by role, and since when."""
    at = case.acknowledged_at or moment.now
    role = at_start(whom(moment, case, case.acknowledged_role))
    lines = (moment.say("receipt.taken", Whom=role, time=clock(at), date=day(at)), *_if_they_do_not(case, moment))
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), (Passage(lines),))
    return Post(to_reporter(conversation), f"taken:{case.ref}:{case.acknowledged_by}", card, Lane.RECEIPT)


def _if_they_do_not(case: Case, moment: Moment) -> tuple[str, ...]:
    person = holding(case, moment)
    if person is None:
        return ()
    return (moment.say("receipt.expect", minutes=_EXPECTED_MINUTES, name=person.name, phone=person.phone),)


def blind_note(case: Case, conversation: Conversation, moment: Moment, *, sent: bool) -> Post:
    """What a notice without words means, and, when nobody may open the words, whom to ring."""
    passages = [say(moment, "blind.told")] if sent else []
    named = routing.opener(moment.directory, case)
    passages.append(say(moment, "blind.unscreened") if named else say(moment, "blind.nobody", Tone.URGENT))
    passages += [say(moment, "blind.danger", Tone.URGENT), ring_now(case, moment), say(moment, "blind.answer_it")]
    card = Card(moment.say("notification.reply"), passages=tuple(passages))
    return Post(to_reporter(conversation), f"blindnote:{conversation.id}", card, Lane.RECEIPT)
