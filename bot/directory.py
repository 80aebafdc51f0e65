"""The directory: who holds which part at which academy, whom to tell in which order, and whom to ring outside.

`parse_trust` makes it from the text of the trust's own file; nothing is read from disk and no clock is asked here. No
case, no child and nothing anybody wrote may enter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.hours import Status, day_name, status
from bot.message import Person
from bot.trust import (
    Academy,
    Authority,
    Closure,
    Contact,
    Escalation,
    Policy,
    RosterPerson,
    RungRule,
    StaffRule,
    StaffTable,
    Timing,
    TrustText,
)
from bot.trust_checks import first_fault
from bot.trust_faults import read_toml, refused, validated
from bot.trust_fields import ChannelIds

__all__ = [
    "Academy",
    "Authority",
    "Contact",
    "Directory",
    "Escalation",
    "Policy",
    "RosterPerson",
    "RungRule",
    "StaffRule",
    "Timing",
    "Trust",
    "parse_trust",
]


@dataclass(frozen=True)
class Trust:
    """The trust itself. `unscreened` alone may open what nobody has yet screened for a concern about staff."""

    name: str
    lead: RosterPerson
    unscreened: RosterPerson | None
    channel: ChannelIds
    timing: Timing
    policy: Policy
    staff: StaffTable


@dataclass(frozen=True)
class Directory:
    """A trust's file, read and checked. `digest` is the SHA-256 of its text, for the audit."""

    trust: Trust
    academies: tuple[Academy, ...]
    authorities: tuple[Authority, ...]
    contacts: tuple[Contact, ...]
    trust_contacts: tuple[str, ...]
    people: tuple[RosterPerson, ...]
    escalation: Escalation
    digest: str

    def academy(self, id: str) -> Academy | None:
        return self._academies.get(id)

    def authority(self, id: str) -> Authority | None:
        return self._authorities.get(id)

    def contact(self, id: str) -> Contact | None:
        return self._contacts.get(id)

    def person(self, id: str) -> RosterPerson:
        """Raises KeyError for an id that is not in [[people]]."""
        return self._people[id]

    def person_at(self, who: Person) -> RosterPerson | None:
        """Who on the roster this is, by door and platform id, or None for everybody else."""
        return self._doors.get(who)

    def roles(self, academy_id: str, person_id: str) -> frozenset[str]:
        """Of "dsl", "deputy", "head", "chair", "on_call", "trust_lead": the parts a person holds at an academy."""
        return frozenset(role for role in _ROLES if any(p.id == person_id for p in self.holders(academy_id, role)))

    def holders(self, academy_id: str, role: str) -> tuple[RosterPerson, ...]:
        """Everybody with that part, in the order of the file. "deputies" is the same as "deputy"."""
        if role == "trust_lead":
            return (self.trust.lead,)
        academy = self.academy(academy_id)
        return tuple(self.person(id) for id in _holding(academy, role)) if academy else ()

    def in_school_hours(self, academy_id: str, at: datetime) -> bool:
        """Whether that academy is open at `at`; False for one that is not in the file."""
        academy = self.academy(academy_id)
        return bool(academy) and status(self._school_hours[academy_id], at).status in (Status.OPEN, Status.ALWAYS)

    def on_call(self, academy_id: str, at: datetime) -> RosterPerson | None:
        """The first on that academy's rota whose hours hold `at`."""
        academy = self.academy(academy_id)
        for duty in academy.on_call if academy else ():
            if status(duty.hours, at).status in (Status.OPEN, Status.ALWAYS):
                return self.person(duty.person)
        return None

    def ladder(self, academy_id: str, at: datetime, staff_concern: bool) -> tuple[RungRule, ...]:
        """The rungs to climb from the first; the academy's own ladder goes before the trust's."""
        academy = self.academy(academy_id)
        rules = academy.escalation if academy and academy.escalation else self.escalation
        if staff_concern:
            return rules.staff_concern
        return rules.ladder if self.in_school_hours(academy_id, at) else rules.out_of_hours

    def channel(self, academy_id: str, door: str) -> str:
        """The platform's id of the academy's private channel on that door, or ''."""
        academy = self.academy(academy_id)
        return academy.channel.get(door, "") if academy else ""

    @cached_property
    def _academies(self) -> Mapping[str, Academy]:
        return {academy.id: academy for academy in self.academies}

    @cached_property
    def _authorities(self) -> Mapping[str, Authority]:
        return {authority.id: authority for authority in self.authorities}

    @cached_property
    def _contacts(self) -> Mapping[str, Contact]:
        return {contact.id: contact for contact in self.contacts}

    @cached_property
    def _people(self) -> Mapping[str, RosterPerson]:
        return {person.id: person for person in self.people}

    @cached_property
    def _doors(self) -> Mapping[Person, RosterPerson]:
        return {known: person for person in self.people for known in person.persons}

    @cached_property
    def _school_hours(self) -> Mapping[str, str]:
        return {academy.id: _with_closures(academy) for academy in self.academies}


_ROLES = ("dsl", "deputy", "head", "chair", "on_call", "trust_lead")


def _holding(academy: Academy, role: str) -> tuple[str, ...]:
    holding = {
        "dsl": (academy.dsl,),
        "deputy": academy.deputies,
        "deputies": academy.deputies,
        "head": (academy.head,),
        "chair": (academy.chair,),
        "on_call": tuple(duty.person for duty in academy.on_call),
    }
    return tuple(dict.fromkeys(id for id in holding[role] if id))


def _with_closures(academy: Academy) -> str:
    open_hours = "24/7" if academy.school_hours == Status.ALWAYS else academy.school_hours
    return "; ".join((open_hours, *(_shut(closure) for closure in academy.closures)))


def _shut(closure: Closure) -> str:
    return f"{day_name(closure.first)}-{day_name(closure.last)} off"


def parse_trust(text: str, file: str) -> Directory:
    """The directory a trust's file describes.

    Raises `ConfigError` with the file, the line and key, what is wrong and what to write, for the first fault found.
    """
    raw = read_toml(text, file)
    written = validated(raw, text, file)
    if fault := first_fault(written):
        raise refused(fault, raw, text, file)
    return _directory(written, hashlib.sha256(text.encode()).hexdigest())


def _directory(written: TrustText, digest: str) -> Directory:
    people = {person.id: person for person in written.people}
    trust = Trust(
        name=written.trust.name,
        lead=people[written.trust.lead],
        unscreened=people[written.trust.unscreened] if written.trust.unscreened else None,
        channel=written.trust.channel,
        timing=written.timing,
        policy=written.policy,
        staff=written.staff,
    )
    return Directory(
        trust=trust,
        academies=written.academies,
        authorities=written.authorities,
        contacts=written.contacts,
        trust_contacts=written.trust_contacts,
        people=written.people,
        escalation=written.escalation,
        digest=digest,
    )
