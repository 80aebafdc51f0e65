"""What a trust's own file may say, as types: the tables of `trust.toml`, one class each.

Every field's description is what the school's IT lead is told to write when it is wrong. Nothing is looked up here and
no table knows another: that is `bot.trust_checks`. No case, no child and nothing anybody wrote may enter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.hours import check_hours
from bot.message import Person

_PHONE = re.compile(r"\+?[0-9][0-9 ]{1,16}[0-9]")
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_PERSON_IDS = {
    "web": re.compile(_SLUG),
    "console": re.compile(_SLUG),
    "slack": re.compile(r"[UW][A-Z0-9]{5,20}"),
    "teams": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
_CHANNEL_IDS = {
    "web": re.compile(_SLUG),
    "console": re.compile(_SLUG),
    "slack": re.compile(r"[CG][A-Z0-9]{5,20}"),
    "teams": re.compile(r"19:[A-Za-z0-9_-]+@thread\.(tacv2|v2|skype)"),
}


def _phone(text: str) -> str:
    if text and not _PHONE.fullmatch(text):
        raise ValueError(f'"{text}" is not a telephone number')
    return text


def _hours(text: str) -> str:
    check_hours(text)
    return text


def _ids_like(patterns: Mapping[str, re.Pattern[str]], ids: Mapping[str, str]) -> Mapping[str, str]:
    for door, id in ids.items():
        if door not in patterns:
            raise ValueError(f'"{door}" is not a door; the doors are {", ".join(patterns)}')
        if not patterns[door].fullmatch(id):
            raise ValueError(f'"{id}" does not look like an id of {door}')
    return ids


def _person_ids(ids: Mapping[str, str]) -> Mapping[str, str]:
    return _ids_like(_PERSON_IDS, ids)


def _channel_ids(ids: Mapping[str, str]) -> Mapping[str, str]:
    return _ids_like(_CHANNEL_IDS, ids)


Slug = Annotated[
    str,
    Field(pattern=_SLUG, max_length=60, description='Write small letters, digits and hyphens, as in "example-north".'),
]
Line = Annotated[
    str, Field(min_length=1, max_length=160, pattern=r"^[^\r\n\x00-\x1f]+$", description="Write one line.")
]
Name = Annotated[
    str,
    Field(
        min_length=1, max_length=75, pattern=r"^[^\r\n\x00-\x1f]+$", description="Write one line, 75 letters at most."
    ),
]
Phone = Annotated[str, AfterValidator(_phone), Field(description='Write digits and spaces only, as in "01632 960123".')]
Hours = Annotated[
    str,
    AfterValidator(_hours),
    Field(
        description='Write days and times as in "Mo-Th 08:30-17:00; Fr 08:30-16:30; PH off", or "always", or "unknown".'
    ),
]
PersonIds = Annotated[
    Mapping[str, str],
    AfterValidator(_person_ids),
    Field(
        description='Write the platform\'s own id of the person, as in { slack = "U012ABCDEF" }, never a display name.'
    ),
]
ChannelIds = Annotated[
    Mapping[str, str],
    AfterValidator(_channel_ids),
    Field(description='Write the platform\'s own id of the channel, as in { slack = "C012ABCDEF" }, never its name.'),
]
Minutes = Annotated[float, Field(gt=0, le=1440, description="Write a number of minutes above 0, as in 10.")]
To = Literal["dsl", "deputies", "head", "chair", "on_call", "trust_lead"]
Audience = Literal["staff", "lead", "child", "parents", "adults"]
ForAgency = Literal["police", "social_care", "education_advice", "lado", "ceop", "removal"]


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
