"""Whom a member of staff is to ring about a case, and in which order. Pure.

Nobody the case is about is ever named (N-18). No case word enters.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot import contacts, routing
from bot.case import Case
from bot.conversation import Conversation, home_of
from bot.directory import Authority, RosterPerson
from bot.handoff import whom
from bot.hours import Status
from bot.message import Passage, Tone
from bot.moment import Moment

_EMERGENCY = "999"
_POLICE = frozenset({_EMERGENCY, "101"})
"""What a member of staff rings for the police: no children's services answer there."""

_OPEN = (Status.OPEN, Status.ALWAYS)

Part = tuple[RosterPerson, str]


def ring_now(case: Case, moment: Moment) -> Passage:
    """The trust's own people to ring: whoever has acknowledged it, and then the others in turn.

    Nobody the case is about is among them or, then, of the usual team (N-18).
    """
    return Passage(_holder_first(_in_order(case, moment), case, moment), tone=Tone.NUMBERS)


def holding(case: Case, moment: Moment) -> RosterPerson | None:
    """Whoever has acknowledged the case, if they can be rung and it is not about them."""
    person = next((it for it in moment.directory.people if it.id == case.acknowledged_by), None)
    away = routing.implicated(moment.directory, case)
    return person if person and person.phone and person.id not in away else None


def _holder_first(lines: tuple[str, ...], case: Case, moment: Moment) -> tuple[str, ...]:
    person = holding(case, moment)
    if person is None:
        return lines
    own = next((line for line in lines if line.startswith(f"{person.name}, ") and line.endswith(person.phone)), "")
    first = own or f"{person.name}, {whom(moment, case, case.acknowledged_role)}: {person.phone}"
    return (first, *(line for line in lines if line != own))


def _in_order(case: Case, moment: Moment) -> tuple[str, ...]:
    if case.unscreened:
        return _unscreened_numbers(case, moment)
    if case.ladder and case.is_exhausted:
        return _everybody(case, moment) or lado_numbers(case, moment)
    if routing.concerns_staff(case):
        return _telephones(case, moment) or lado_numbers(case, moment)
    away = routing.implicated(moment.directory, case)
    return contacts.lead_numbers(moment.directory, case.academy or None, moment.now, away)


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


def outside_numbers(conversation: Conversation, moment: Moment) -> Passage:
    """999 and the services of the child's home council that answer now: all of them are behind "Contacts"."""
    now = contacts.answering(moment.directory, moment.now, home_of(conversation) or None)
    return Passage(now, moment.say("steps.numbers_heading"), Tone.NUMBERS)
