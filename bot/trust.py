"""What a trust's own file may say, as types: the tables of `trust.toml`, one class each.

A field's description (here and in `bot.trust_fields`) is what the school's IT lead is told to write when it is wrong.
Nothing is looked up here and no table knows another: that is `bot.trust_checks`. No case, no child and nothing anybody
wrote may enter.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.message import Person
from bot.trust_fields import (
    Audience,
    ChannelIds,
    Domain,
    EntraId,
    ForAgency,
    Hours,
    Line,
    Minutes,
    Name,
    PersonIds,
    Phone,
    Slug,
    To,
)


class Table(BaseModel):
    """A table of the file: frozen, and a key nobody knows is a fault, not a shrug."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RosterPerson(Table):
    """Somebody with a part in safeguarding, by the platforms' own ids."""

    id: Slug
    name: Line
    title: Line
    phone: Phone = ""
    ids: PersonIds = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def persons(self) -> tuple[Person, ...]:
        """The person as each door knows them."""
        return tuple(Person(door, id) for door, id in self.ids.items())

    @property
    def reachable(self) -> bool:
        return bool(self.phone or self.ids)


class Closure(Table):
    """Days on which a school is shut, both ends included."""

    first: date = Field(description="Write the first closed day, as in 2026-12-19, without quotation marks.")
    last: date = Field(description="Write the last closed day, as in 2027-01-03, without quotation marks.")


class Duty(Table):
    """Who answers when: one line of the on-call rota."""

    hours: Hours
    person: Slug


class RungRule(Table):
    """One rung of a ladder: whom to tell, and how many minutes to wait there for an acknowledgement."""

    to: To = Field(description='Write one of "dsl", "deputies", "head", "chair", "on_call", "trust_lead".')
    minutes: Minutes
    urgent_minutes: Minutes | None = Field(default=None, description="Write a number of minutes above 0, as in 3.")


class Escalation(Table):
    """The ladders; after the last rung the teacher is told to ring (N-19)."""

    ladder: tuple[RungRule, ...] = Field(
        min_length=1, description='Write at least one rung, as in [{ to = "dsl", minutes = 10 }].'
    )
    out_of_hours: tuple[RungRule, ...] = Field(
        min_length=1, description='Write at least one rung, as in [{ to = "on_call", minutes = 10 }].'
    )
    staff_concern: tuple[RungRule, ...] = Field(
        min_length=1, description='Write at least one rung, as in [{ to = "head", minutes = 10 }].'
    )


class Timing(Table):
    """How long a silence lasts before something is done about it, in minutes."""

    nudge_minutes: Minutes = 5
    silent_minutes: Minutes = 15
    danger_silent_minutes: Minutes = 3


class Policy(Table):
    """What a trust may choose. `police_for_any_image` is the strict reading of S1-39 (C-03)."""

    police_for_any_image: bool = Field(default=False, description="Write true or false, without quotation marks.")


class StaffRule(Table):
    """Who is staff where pupils have accounts too: by Entra's object ids, by the domains of sign-in names, by groups.

    A pupil or a guest is given the numbers only; of whoever fits neither side the words are kept and marked.
    """

    people: tuple[EntraId, ...] = ()
    domains: tuple[Domain, ...] = ()
    groups: tuple[EntraId, ...] = ()
    pupils: tuple[EntraId, ...] = ()
    pupil_domains: tuple[Domain, ...] = ()
    pupil_groups: tuple[EntraId, ...] = ()


class StaffTable(Table):
    """One rule for each platform whose accounts pupils share."""

    teams: StaffRule = StaffRule()


class TrustTable(Table):
    """The trust itself. `unscreened` may open what nobody has yet screened for a concern about staff."""

    name: Line
    lead: Slug
    unscreened: Slug | None = None
    channel: ChannelIds = Field(default_factory=dict)


class Academy(Table):
    """One academy and its roster: ids of people, in the order in which they are rung."""

    id: Slug
    name: Name
    authority: Slug
    dsl: Slug
    deputies: tuple[Slug, ...] = ()
    head: Slug | None = None
    chair: Slug | None = None
    channel: ChannelIds = Field(default_factory=dict)
    school_hours: Hours
    closures: tuple[Closure, ...] = ()
    on_call: tuple[Duty, ...] = ()
    escalation: Escalation | None = None

    def __hash__(self) -> int:
        return hash(self.id)


class Contact(Table):
    """A service outside the school. `when_closed` names the service it takes over from when that one is shut.

    `agency` is whom a lead reaches there, and `advice` what to know before ringing, shown beside it.
    """

    id: Slug
    name: Line
    what_for: Line
    audience: Audience = Field(description='Write one of "staff", "lead", "child", "parents", "adults".')
    agency: ForAgency | None = Field(
        default=None,
        description='Write one of "police", "social_care", "education_advice", "lado", "ceop", "removal".',
    )
    advice: str = Field(
        default="", max_length=200, description="Write in one plain sentence what to know before ringing."
    )
    phone: Phone = ""
    text: Phone = ""
    email: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$", description="Write one e-mail address.")
    web: str = Field(default="", pattern=r"^(https?://\S+)?$", description="Write an address that begins with https://")
    hours: Hours = "unknown"
    when_closed: Slug | None = None
    source: tuple[Line, ...] = Field(
        min_length=1, description='Write where the number comes from, as in ["S2-114"] or ["the council\'s website"].'
    )
    verified_on: date | Literal["never"] = Field(
        description='Write the day somebody last checked it, as in 2026-09-01, or "never".'
    )
    verify_by: date = Field(description="Write the day by which it must be checked again, as in 2027-09-01.")
    unverified: str = Field(default="", max_length=200, description="Write in one plain sentence what is not verified.")
    probably_closed: bool = Field(default=False, description="Write true or false, without quotation marks.")


class Authority(Table):
    """A local authority. `contacts` stand in the order in which they are rung; `marf_hours` is S2-119 (C-14)."""

    id: Slug
    name: Name
    contacts: tuple[Slug, ...] = Field(
        min_length=1, description="Write the ids of its contacts in the order to ring them."
    )
    marf_hours: float = Field(default=48, gt=0, le=240, description="Write a number of hours, as in 48.")
    lado: Slug | None = None


class TrustText(Table):
    """The whole file. Only England's law and numbers are known; another country is refused, not guessed (N-26)."""

    country: Literal["england"] = Field(
        description='Write country = "england": Handrail knows the law of no other country.'
    )
    trust: TrustTable
    timing: Timing = Timing()
    policy: Policy = Policy()
    staff: StaffTable = StaffTable()
    escalation: Escalation
    people: tuple[RosterPerson, ...] = Field(min_length=2, description="Write one [[people]] table for each person.")
    academies: tuple[Academy, ...] = Field(min_length=1, description="Write one [[academies]] table for each academy.")
    authorities: tuple[Authority, ...] = Field(
        min_length=1, description="Write one [[authorities]] table for each council."
    )
    contacts: tuple[Contact, ...] = Field(min_length=1, description="Write one [[contacts]] table for each service.")
    trust_contacts: tuple[Slug, ...] = Field(
        default=(), description="Write the ids of the contacts that every academy shows, in the order to ring them."
    )
