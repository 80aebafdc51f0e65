"""What the member of staff is told once a report exists: the receipt, the notes beside it, and whom to ring. Pure.

Nothing is said before it is true (I11), and nobody the case is about is named (N-18). No case word enters.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot import contacts, routing
from bot.asking import say
from bot.case import Case
from bot.conversation import Conversation, home_of
from bot.directory import Authority, RosterPerson
from bot.facts import StaffRole
from bot.handoff import acknowledged, at_start, minutes_waited, whom
from bot.hours import Status
from bot.message import Card, Destination, Lane, Passage, Post, Reach, Tone
from bot.moment import Moment, clock, day

_EMERGENCY = "999"
_POLICE = frozenset({_EMERGENCY, "101"})
"""What a member of staff rings for the police: no children's services answer there."""

_OPEN = (Status.OPEN, Status.ALWAYS)
_EXPECTED_MINUTES = 10
"""How long the member of staff waits to hear from whoever has it, before ringing them."""

Part = tuple[RosterPerson, str]


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


def ring_now(case: Case, moment: Moment) -> Passage:
    """The trust's own people to ring, without anybody the case is about or, then, the usual team (N-18)."""
    if case.unscreened:
        lines = _unscreened_numbers(case, moment)
    elif case.ladder and case.is_exhausted:
        lines = _everybody(case, moment) or lado_numbers(case, moment)
    elif routing.concerns_staff(case):
        lines = _telephones(case, moment) or lado_numbers(case, moment)
    else:
        away = routing.implicated(moment.directory, case)
        lines = contacts.lead_numbers(moment.directory, case.academy or None, moment.now, away)
    return Passage(lines, tone=Tone.NUMBERS)


def _telephones(case: Case, moment: Moment) -> tuple[str, ...]:
    return _lines(_in_turn(case, moment), case, moment)


def _in_turn(case: Case, moment: Moment) -> Iterable[Part]:
    turns = routing.in_turn(moment.directory, case, moment.now)
    return ((person, turn.role) for turn in turns for person in turn.people)


def _lines(parts: Iterable[Part], case: Case, moment: Moment) -> tuple[str, ...]:
    """Each person once, with their role and telephone; nobody the case is about, whatever the list (N-18)."""
    seen, found = set(routing.implicated(moment.directory, case)), list[str]()
    for person, role in parts:
        if person.phone and person.id not in seen:
            seen.add(person.id)
            found.append(f"{person.name}, {whom(moment, case, role)}: {person.phone}")
    return tuple(found)


def _everybody(case: Case, moment: Moment) -> tuple[str, ...]:
    """Everybody on the ladder that was climbed, in its order, then whoever can only be rung."""
    roster = {person.id: person for person in moment.directory.people}
    climbed = [(roster[id], rung.role) for rung in case.ladder for id in rung.people if id in roster]
    return _lines((*climbed, *_in_turn(case, moment)), case, moment)


def _unscreened_numbers(case: Case, moment: Moment) -> tuple[str, ...]:
    """While it is not known whom the case is about: several people, so that there is another to ring (N-18)."""
    directory = moment.directory
    named = routing.opener(directory, case)
    parts = [*([(named, "unscreened")] if named else []), (directory.trust.lead, "trust_lead")]
    first = (moment.say("contacts.choose"), *_lines(parts, case, moment))
    if case.staff and routing.concerns_staff(case):
        return first if len(first) > 1 else lado_numbers(case, moment)
    away = frozenset({person.id for person, _ in parts}) | routing.implicated(directory, case)
    return (*first, *contacts.lead_numbers(directory, case.academy or None, moment.now, away))


def lado_numbers(case: Case, moment: Moment) -> tuple[str, ...]:
    """999, and how to reach the designated officer: the list for when there is nobody else to ring (N-18)."""
    emergency = [number for number in contacts.numbers(moment.directory, moment.now) if number.phone == _EMERGENCY]
    return (*contacts.lines((*emergency, *_officers(case, moment))), *_to_ask_for_one(case, moment))


def lado_lines(case: Case, moment: Moment) -> tuple[str, ...]:
    """The designated officer of the academy's council, of every council while it is not known.

    Of a council whose officer's number is missing or shut: its services that answer now, to be asked for them (N-18).
    """
    return (*contacts.lines(_officers(case, moment)), *_to_ask_for_one(case, moment))


def _councils(case: Case, moment: Moment) -> tuple[Authority, ...]:
    academy = moment.directory.academy(case.academy)
    return tuple(it for it in moment.directory.authorities if not academy or it.id == academy.authority)


def _officers(case: Case, moment: Moment) -> tuple[contacts.Number, ...]:
    found = (contacts.lado(moment.directory, it.id, None, moment.now) for it in _councils(case, moment))
    return tuple(dict.fromkeys(number for numbers in found for number in numbers))


def _to_ask_for_one(case: Case, moment: Moment) -> tuple[str, ...]:
    asked = (line for council in _councils(case, moment) for line in _instead(council, moment))
    return tuple(dict.fromkeys(asked))


def _instead(council: Authority, moment: Moment) -> Iterable[str]:
    officers = contacts.lado(moment.directory, council.id, None, moment.now)
    if not officers:
        yield moment.say("receipt.no_lado")
    if any(number.status in _OPEN for number in officers):
        return
    own = {contact.name for id in council.contacts if (contact := moment.directory.contact(id))}
    for number in _answering(moment, council.id):
        if number.name in own and number.status in _OPEN and number.phone not in _POLICE:
            yield moment.say("receipt.ask_for_lado", service=f"{number.name}, {number.phone},")


def lado_passage(case: Case, moment: Moment) -> tuple[Passage, ...]:
    """In a staff case: the designated officer, whom anybody may ring without leave (N-18, D-27)."""
    if not routing.concerns_staff(case) or not case.staff or case.whom == routing.NOBODY:
        return ()
    lines = (*lado_lines(case, moment), moment.say("receipt.lado_yourself"))
    return (Passage(lines, tone=Tone.NUMBERS),)


def _answering(moment: Moment, home: str | None) -> Iterable[contacts.Number]:
    every = contacts.numbers(moment.directory, moment.now, authority=home)
    return (number for number in contacts.for_staff(every) if number.status is not Status.CLOSED)


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


def moved_note(case: Case, conversation: Conversation, moment: Moment, *, lapsed: bool) -> Post:
    """A new message to the member of staff: their change has sent it to somebody else."""
    moved = moment.say("receipt.moved", whom=whom(moment, case, case.whom))
    lines = (moved, moment.say("receipt.reopened")) if lapsed else (moved,)
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), (Passage(lines),))
    return Post(to_reporter(conversation), f"moved:{case.ref}:{moment.now.isoformat()}", card, Lane.RECEIPT)


def taken_note(case: Case, conversation: Conversation, moment: Moment) -> Post:
    """A new message to the member of staff: who has it, by role, and since when."""
    at = case.acknowledged_at or moment.now
    role = at_start(whom(moment, case, case.acknowledged_role))
    lines = (moment.say("receipt.taken", Whom=role, time=clock(at), date=day(at)), *_if_they_do_not(case, moment))
    card = Card(moment.say("notification.reply"), moment.say("receipt.title", ref=case.ref), (Passage(lines),))
    return Post(to_reporter(conversation), f"taken:{case.ref}:{case.acknowledged_by}", card, Lane.RECEIPT)


def _if_they_do_not(case: Case, moment: Moment) -> tuple[str, ...]:
    person = next((p for p in moment.directory.people if p.id == case.acknowledged_by), None)
    if person is None or not person.phone:
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


def outside_numbers(conversation: Conversation, moment: Moment) -> Passage:
    """999 and the services of the child's home council that answer now: all of them are behind "Contacts"."""
    now = contacts.answering(moment.directory, moment.now, home_of(conversation) or None)
    return Passage(now, moment.say("steps.numbers_heading"), Tone.NUMBERS)
