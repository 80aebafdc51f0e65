"""What must hold between the tables of a `trust.toml`: names that are found, numbers that are one person's only, a
roster that can be reached. Each check is one small function that yields what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from bot.hours import Status
from bot.trust import Academy, Contact, Escalation, TrustText
from bot.trust_faults import Fault, Path

Faults = Iterator[Fault]


def first_fault(written: TrustText) -> Fault | None:
    """The first thing that is wrong, in the order of the checks."""
    return next(chain.from_iterable(check(written) for check in _CHECKS), None)


def _ids_are_unique(written: TrustText) -> Faults:
    for table in ("people", "academies", "authorities", "contacts"):
        seen: set[str] = set()
        for number, row in enumerate(getattr(written, table)):
            if row.id in seen:
                yield Fault(
                    (table, number, "id"), f'there are two with the id "{row.id}"', "Give one of them another id."
                )
            seen.add(row.id)


def _people_are_named(written: TrustText) -> Faults:
    known = {person.id for person in written.people}
    for path, id in _people_meant(written):
        if id is not None and id not in known:
            yield _dangling(path, id, "people")


def _people_meant(written: TrustText) -> Iterator[tuple[Path, str | None]]:
    yield ("trust", "lead"), written.trust.lead
    yield ("trust", "unscreened"), written.trust.unscreened
    for number, academy in enumerate(written.academies):
        for key, id in _roster(academy):
            yield ("academies", number, key), id


def _roster(academy: Academy) -> Iterator[tuple[str, str | None]]:
    yield "dsl", academy.dsl
    yield from (("deputies", id) for id in academy.deputies)
    yield "head", academy.head
    yield "chair", academy.chair
    yield from (("on_call", duty.person) for duty in academy.on_call)


def _authorities_are_named(written: TrustText) -> Faults:
    known = {authority.id for authority in written.authorities}
    for number, academy in enumerate(written.academies):
        if academy.authority not in known:
            yield _dangling(("academies", number, "authority"), academy.authority, "authorities")


def _contacts_are_named(written: TrustText) -> Faults:
    known = {contact.id for contact in written.contacts}
    for path, id in _contacts_meant(written):
        if id is not None and id not in known:
            yield _dangling(path, id, "contacts")


def _contacts_meant(written: TrustText) -> Iterator[tuple[Path, str | None]]:
    yield from ((("trust_contacts",), id) for id in written.trust_contacts)
    for number, authority in enumerate(written.authorities):
        yield from ((("authorities", number, "contacts"), id) for id in authority.contacts)
        yield ("authorities", number, "lado"), authority.lado
    for number, contact in enumerate(written.contacts):
        yield ("contacts", number, "when_closed"), contact.when_closed


def _dangling(path: Path, id: str, table: str) -> Fault:
    return Fault(
        path,
        f'names "{id}", and no [[{table}]] has that id',
        f'Add [[{table}]] with id = "{id}", or write an id that is there.',
    )


def _contacts_take_over_once(written: TrustText) -> Faults:
    """One that takes over from one that itself takes over could go round in a ring with nobody ever open."""
    waiting = {contact.id for contact in written.contacts if contact.when_closed}
    for number, contact in enumerate(written.contacts):
        if contact.when_closed in waiting:
            yield Fault(
                ("contacts", number, "when_closed"),
                f'"{contact.when_closed}" has no hours of its own: it also waits for another to close',
                "Write the id of a service that has hours.",
            )


def _contacts_say_enough(written: TrustText) -> Faults:
    for number, contact in enumerate(written.contacts):
        for key, wrong, write in _lacking(contact):
            yield Fault(("contacts", number, key), wrong, write)


def _lacking(contact: Contact) -> Iterator[tuple[str, str, str]]:
    if not (contact.phone or contact.text or contact.web or contact.email):
        yield "phone", "there is no way to reach it", 'Write phone = "01632 960123", or web, or email.'
    if contact.when_closed and contact.hours != Status.UNKNOWN:
        yield "when_closed", "it has both hours and when_closed", "Take one of the two out."
    if contact.verified_on != "never" and contact.verify_by < contact.verified_on:
        yield "verify_by", "is earlier than verified_on", "Write a day after verified_on."


def _channels_are_unique(written: TrustText) -> Faults:
    seen: set[tuple[str, str]] = set()
    for path, channel in _channels(written):
        for door, id in channel.items():
            if (door, id) in seen:
                yield Fault(
                    path,
                    f'the {door} channel "{id}" is also another\'s',
                    "Give every academy a private channel of its own.",
                )
            seen.add((door, id))


def _channels(written: TrustText) -> Iterator[tuple[Path, dict[str, str]]]:
    yield ("trust", "channel"), dict(written.trust.channel)
    for number, academy in enumerate(written.academies):
        yield ("academies", number, "channel"), dict(academy.channel)


def _platform_ids_are_unique(written: TrustText) -> Faults:
    seen: dict[str, str] = {}
    for number, person in enumerate(written.people):
        for known in person.persons:
            if known.key in seen:
                wrong = f'the {known.door} id "{known.id}" is also written for "{seen[known.key]}"'
                yield Fault(("people", number, "ids"), wrong, "Give every person their own id.")
            seen[known.key] = person.id


def _rosters_can_be_reached(written: TrustText) -> Faults:
    reachable = {person.id for person in written.people if person.reachable}
    for path, id in _people_meant(written):
        if id is not None and id not in reachable:
            yield Fault(path, f'"{id}" cannot be reached', f'Write a phone or ids for "{id}" under [[people]].')


def _rosters_have_two(written: TrustText) -> Faults:
    """A lone DSL may be ill, on leave, or the person it is about (N-19)."""
    for number, academy in enumerate(written.academies):
        if not {*academy.deputies, academy.head} - {academy.dsl, None}:
            yield Fault(
                ("academies", number, "deputies"),
                "nobody stands beside the DSL",
                "Write at least one other person in deputies, or as head.",
            )


def _times_make_sense(written: TrustText) -> Faults:
    if written.timing.nudge_minutes >= written.timing.silent_minutes:
        yield Fault(("timing", "nudge_minutes"), "is not shorter than silent_minutes", "Write a smaller number.")
    for number, academy in enumerate(written.academies):
        yield from _academy_times(number, academy)


def _academy_times(number: int, academy: Academy) -> Faults:
    example = 'Write the days and times as in "Mo-Fr 08:00-17:00; PH off".'
    if academy.school_hours == Status.UNKNOWN:
        yield Fault(("academies", number, "school_hours"), 'cannot be "unknown"', example)
    if any(duty.hours == Status.UNKNOWN for duty in academy.on_call):
        yield Fault(("academies", number, "on_call"), 'hours here cannot be "unknown"', example)
    if any(closure.last < closure.first for closure in academy.closures):
        yield Fault(("academies", number, "closures"), "a closure ends before it begins", "Write first before last.")


def _ladders_are_sound(written: TrustText) -> Faults:
    yield from _ladder_faults(("escalation",), written.escalation)
    for number, academy in enumerate(written.academies):
        if academy.escalation:
            yield from _ladder_faults(("academies", number, "escalation"), academy.escalation)


def _ladder_faults(path: Path, escalation: Escalation) -> Faults:
    ladders = (
        ("ladder", escalation.ladder),
        ("out_of_hours", escalation.out_of_hours),
        ("staff_concern", escalation.staff_concern),
    )
    for name, rungs in ladders:
        if any(rung.urgent_minutes is not None and rung.urgent_minutes > rung.minutes for rung in rungs):
            yield Fault(
                (*path, name), "urgent_minutes is longer than minutes", "Write the shorter wait as urgent_minutes."
            )


_CHECKS: Iterable[Callable[[TrustText], Faults]] = (
    _ids_are_unique,
    _people_are_named,
    _authorities_are_named,
    _contacts_are_named,
    _contacts_take_over_once,
    _contacts_say_enough,
    _channels_are_unique,
    _platform_ids_are_unique,
    _rosters_can_be_reached,
    _rosters_have_two,
    _times_make_sense,
    _ladders_are_sound,
)
