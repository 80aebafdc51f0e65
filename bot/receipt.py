"""What the member of staff is told once a report exists: the receipt, the notes beside it, and whom to ring. Pure.

Nothing is said before it is true (I11), and nobody the case is about is named (N-18). No case word enters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot import contacts, routing
from bot.asking import say
from bot.case import Case
from bot.conversation import Conversation, home_of
from bot.handoff import acknowledged, whom
from bot.hours import Status
from bot.message import Card, Destination, Lane, Passage, Post, Reach, Tone
from bot.moment import Moment, clock


def receipt_slot(case: Case) -> str:
    return f"receipt:{case.ref}"


def to_reporter(conversation: Conversation) -> Destination:
    return Destination(conversation.sender.door, Reach.PERSON, conversation.sender.id)


def receipt(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """Recorded, with the team, acknowledged: each said only once it is true (I11)."""
    lines = [moment.say("receipt.recorded", time=clock(conversation.started_at)), *_stages(case, moment)]
    passages = (Passage(tuple(lines)), *_ring(case, moment), say(moment, "receipt.keep", Tone.QUIET))
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), passages)
    return Post(to_reporter(conversation), receipt_slot(case), card, Lane.RECEIPT)


def _stages(case: Case, moment: Moment) -> Iterable[str]:
    if case.whom == routing.NOBODY:
        return
    if routing.concerns_staff(case) and not case.unscreened:
        yield moment.say("receipt.staff", whom=whom(moment, case, case.whom))
    if case.delivered_at:
        has_it = whom(moment, case, case.delivered_role)
        yield moment.say("receipt.delivered", whom=has_it, time=clock(case.delivered_at))
    elif not _is_late(case):
        yield moment.say("receipt.sending", whom=whom(moment, case, case.whom))
    if case.acknowledged_at:
        yield acknowledged("receipt.acknowledged", case, moment)
    elif case.rung and not case.is_exhausted:
        yield moment.say("receipt.climbing", whom=whom(moment, case, case.ladder[case.rung].role))


def _is_late(case: Case) -> bool:
    """Nobody is known to have it, and the first who should cannot be reached here."""
    return not case.delivered_at and (case.rung > 0 or not case.ladder)


def _ring(case: Case, moment: Moment) -> tuple[Passage, ...]:
    if case.acknowledged_at:
        return ()
    if case.is_exhausted or _is_late(case):
        return (_why_ring(case, moment), ring_now(case, moment))
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


def ring_now(case: Case, moment: Moment) -> Passage:
    """The trust's own people to ring, without anybody the case is about or, then, the usual team (N-18)."""
    if routing.concerns_staff(case):
        lines = _telephones(case, moment) or lado_numbers(case, moment)
    else:
        away = routing.implicated(moment.directory, case)
        lines = contacts.lead_numbers(moment.directory, case.academy or None, moment.now, away)
    return Passage(lines, tone=Tone.NUMBERS)


def _telephones(case: Case, moment: Moment) -> tuple[str, ...]:
    turns = routing.in_turn(moment.directory, case, moment.now)
    people = ((person, turn.role) for turn in turns for person in turn.people if person.phone)
    return tuple(f"{person.name}, {whom(moment, case, role)}: {person.phone}" for person, role in people)


def lado_numbers(case: Case, moment: Moment) -> tuple[str, ...]:
    """999, the designated officer of the academy's council (of every council while it is not known), what answers now.

    A council without one in the trust's file has its services told to ask for (N-18).
    """
    directory = moment.directory
    academy = directory.academy(case.academy)
    councils = [council for council in directory.authorities if not academy or council.id == academy.authority]
    found = tuple(dict.fromkeys(council.lado for council in councils if council.lado))
    officers = contacts.numbers(replace(directory, authorities=(), trust_contacts=found), moment.now)
    rung = {number.phone for number in officers}
    unknown = () if found else (moment.say("receipt.no_lado"),)
    services = (n for council in councils for n in _answering(moment, council.id) if n.phone not in rung)
    return (*contacts.lines(officers), *unknown, *contacts.lines(dict.fromkeys(services)))


def _answering(moment: Moment, home: str | None) -> Iterable[contacts.Number]:
    every = contacts.numbers(moment.directory, moment.now, authority=home)
    return (number for number in contacts.for_staff(every) if number.status is not Status.CLOSED)


def ring_note(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message to the member of staff: nobody has it or has acknowledged it, ring now, and whom."""
    passages = (_why_ring(case, moment), ring_now(case, moment), outside_numbers(conversation, moment))
    card = Card(moment.say("notification.reply"), passages=passages)
    slot = f"ring:{case.ref}:{moment.now.isoformat()}"
    return Post(to_reporter(conversation), slot, card, Lane.ESCALATION)


def moved_note(case: Case, conversation: Conversation, moment: Moment, *, lapsed: bool) -> Post:
    """A new message to the member of staff: their change has sent it to somebody else."""
    moved = moment.say("receipt.moved", whom=whom(moment, case, case.whom))
    lines = (moved, moment.say("receipt.reopened")) if lapsed else (moved,)
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), (Passage(lines),))
    return Post(to_reporter(conversation), f"moved:{case.ref}:{moment.now.isoformat()}", card, Lane.RECEIPT)


def taken_note(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message to the member of staff: who has it, by role, and since when."""
    passage = Passage((acknowledged("receipt.acknowledged", case, moment),))
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), (passage,))
    return Post(to_reporter(conversation), f"taken:{case.ref}:{case.acknowledged_by}", card, Lane.RECEIPT)


def blind_note(case: Case, conversation: Conversation, moment: Moment, *, sent: bool) -> Post:
    """What a notice without words means, and, when nobody may open the words, whom to ring."""
    passages = [say(moment, "blind.told")] if sent else []
    if routing.opener(moment.directory, case):
        passages.append(say(moment, "blind.unscreened"))
    else:
        away = routing.implicated(moment.directory, case)
        numbers = contacts.lead_numbers(moment.directory, case.academy or None, moment.now, away)
        passages += [say(moment, "blind.nobody", Tone.URGENT), Passage(numbers, tone=Tone.NUMBERS)]
    passages.append(say(moment, "blind.answer_it"))
    card = Card(moment.say("notification.reply"), passages=tuple(passages))
    return Post(to_reporter(conversation), f"blindnote:{conversation.id}", card, Lane.RECEIPT)


def outside_numbers(conversation: Conversation, moment: Moment) -> Passage:
    """999 and the services of the child's home council that answer now: all of them are behind "Contacts"."""
    now = _answering(moment, home_of(conversation) or None)
    return Passage(contacts.lines(now), moment.say("steps.numbers_heading"), Tone.NUMBERS)
