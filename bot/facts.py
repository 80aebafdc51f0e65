"""What is known about a concern, typed. Every field can say "unknown", and unknown is never read as "no".

Values are the option values of the flow (`fact = "..."` on a step names the field). Names, words and places of
children never enter: only what the assessment needs. Where two answers contradict each other, the worse one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import BadFacts
from bot.fact_fields import OLDEST, Ages, Picks
from bot.fact_values import (
    AdultIs,
    AgeBand,
    Agency,
    App,
    CameFrom,
    ChildNow,
    Contained,
    Device,
    Extent,
    Happened,
    LeadTold,
    Nature,
    Pressure,
    PressureBy,
    Purpose,
    Relationship,
    Seen,
    SharedWith,
    Sharer,
    StaffRole,
    Tri,
    Vulnerability,
    Worry,
)

__all__ = [
    "AdultIs",
    "AgeBand",
    "Agency",
    "App",
    "CameFrom",
    "ChildNow",
    "Contained",
    "Device",
    "Extent",
    "Facts",
    "Happened",
    "LeadTold",
    "Nature",
    "Pressure",
    "PressureBy",
    "Purpose",
    "Relationship",
    "Seen",
    "SharedWith",
    "Sharer",
    "StaffRole",
    "Tri",
    "Vulnerability",
    "Worry",
    "facts_from",
    "read_facts",
]


class Facts(BaseModel):
    """What is known so far. A field left out is unknown; a set that holds "unknown" is known in part only.

    Ages may also be given in whole years. Raises pydantic's ValidationError; `read_facts` says it in plain words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    immediate_danger: Tri = Tri.UNKNOWN
    staff_concerned: Picks[StaffRole] = frozenset({StaffRole.UNKNOWN})
    pictured_ages: Ages = frozenset({AgeBand.UNKNOWN})
    others_ages: Ages = frozenset({AgeBand.UNKNOWN})
    adult_involved: Tri = Tri.UNKNOWN
    adult_is: Picks[AdultIs] = frozenset({AdultIs.UNKNOWN})
    pressure: Pressure = Pressure.UNKNOWN
    pressure_by: Picks[PressureBy] = frozenset({PressureBy.UNKNOWN})
    child_now: Picks[ChildNow] = frozenset({ChildNow.UNKNOWN})
    made_with_agreement: Tri = Tri.UNKNOWN
    shared_with_agreement: SharedWith = SharedWith.UNKNOWN
    happened: Picks[Happened] = frozenset({Happened.UNKNOWN})
    sharer: Picks[Sharer] = frozenset({Sharer.UNKNOWN})
    extent: Extent = Extent.UNKNOWN
    whereabouts_known: Tri = Tri.UNKNOWN
    apps: Picks[App] = frozenset({App.UNKNOWN})
    contained: Picks[Contained] = frozenset({Contained.UNKNOWN})
    relationship: Relationship = Relationship.UNKNOWN
    purposes: Picks[Purpose] = frozenset({Purpose.UNKNOWN})
    others_involved: Tri = Tri.UNKNOWN
    home_authority: str = "unknown"
    vulnerabilities: Picks[Vulnerability] = frozenset({Vulnerability.UNKNOWN})
    understands_agreement: Tri = Tri.UNKNOWN
    agencies: Picks[Agency] = frozenset({Agency.UNKNOWN})
    earlier: Tri = Tri.UNKNOWN
    nature: Picks[Nature] = frozenset({Nature.UNKNOWN})
    ai_made: Tri = Tri.UNKNOWN
    worries: Picks[Worry] = frozenset({Worry.UNKNOWN})
    device: Device = Device.UNKNOWN
    seen_by_staff: Seen = Seen.UNKNOWN
    lead_told: LeadTold = LeadTold.UNKNOWN
    came_from: CameFrom = CameFrom.UNKNOWN

    def is_unknown(self, field: str) -> bool:
        """Whether the field, or a part of it, is not known."""
        value = getattr(self, field)
        return "unknown" in value if isinstance(value, frozenset) else value == "unknown"

    @property
    def ages(self) -> frozenset[AgeBand]:
        return self.pictured_ages | self.others_ages

    @property
    def staff_possible(self) -> bool:
        """A concern about an adult who works or volunteers there has been raised (N-18)."""
        return bool(self.staff_concerned - {StaffRole.NONE, StaffRole.UNKNOWN})

    @property
    def adult(self) -> bool:
        """Somebody of 18 or over is or may be involved, by whichever answer says so (S1-38, S2-25, C-12)."""
        return (
            self.adult_involved is Tri.YES
            or AgeBand.ADULT in self.ages
            or Sharer.ADULT in self.sharer
            or bool(self.adult_is - {AdultIs.NONE, AdultIs.UNKNOWN})
            or self.staff_possible
        )

    @property
    def adult_possible(self) -> bool:
        """An adult is, or cannot be ruled out: not asked yet, met online only, or a demand as in N-12."""
        return (
            self.adult
            or self.adult_involved is Tri.UNKNOWN
            or StaffRole.UNKNOWN in self.staff_concerned
            or self.relationship is Relationship.ONLINE_ONLY
            or self.demand
            or not self.pressure_by.isdisjoint({PressureBy.GROOMED, PressureBy.SOLD})
        )

    @property
    def adult_pictured(self) -> bool:
        """Somebody pictured is 18 or over, and the law on pictures of adults may apply too (S2-29, C-12)."""
        return AgeBand.ADULT in self.pictured_ages

    @property
    def under_13(self) -> bool:
        """Either side is under 13 (S2-21, C-12)."""
        return AgeBand.UNDER_13 in self.ages

    @property
    def vulnerable(self) -> bool:
        return bool(self.vulnerabilities - {Vulnerability.NONE, Vulnerability.UNKNOWN})

    @property
    def coerced(self) -> bool:
        """Pressed, threatened, tricked, groomed or sold (S2-24, S2-39). A dare is not (S2-94)."""
        return self.pressure is Pressure.YES or self.pressure_by != {PressureBy.UNKNOWN}

    @property
    def demand(self) -> bool:
        """Threats, or money or more images demanded (N-12)."""
        return not self.pressure_by.isdisjoint({PressureBy.THREATS, PressureBy.MONEY, PressureBy.MORE_IMAGES})

    @property
    def tricked(self) -> bool:
        """Deceived, for instance by somebody who was not who they said (S2-24, C-13)."""
        return PressureBy.TRICKED in self.pressure_by

    @property
    def without_agreement(self) -> bool:
        """Made or passed on without the pictured child's knowledge and agreement (S2-27, C-04)."""
        return self.made_with_agreement is Tri.NO or self.shared_with_agreement is SharedWith.NO

    @property
    def malice(self) -> bool:
        """Meant to hurt (S2-24, S2-26)."""
        return Purpose.TO_HURT in self.purposes

    @property
    def for_profit(self) -> bool:
        """A profit motive (S2-08)."""
        return Purpose.MONEY in self.purposes

    @property
    def extreme(self) -> bool:
        """Violent, or beyond the child's age, as told (S2-41, N-03)."""
        return not self.nature.isdisjoint({Nature.VIOLENT, Nature.BEYOND_AGE})

    @property
    def sexual_act_under_13(self) -> bool:
        return self.under_13 and Nature.SEXUAL_ACT in self.nature

    @property
    def capacity_in_doubt(self) -> bool:
        """Agreement may not have been understood: said so, or not known of a child with SEND (S2-40, N-03)."""
        unsure = self.understands_agreement is Tri.UNKNOWN and Vulnerability.SEND in self.vulnerabilities
        return self.understands_agreement is Tri.NO or unsure

    @property
    def online(self) -> bool:
        """Put where anybody may see it (S1-41, S2-36)."""
        return self.extent is Extent.PUBLIC or Happened.POSTED in self.happened

    @property
    def beyond_pair(self) -> bool:
        """Gone further than the one it was made for (S2-18, S2-36)."""
        further = self.extent in {Extent.FEW, Extent.MANY, Extent.PUBLIC}
        return further or self.online or Happened.SHARED_ON in self.happened

    @property
    def harm(self) -> bool:
        """Harmed, or at risk of harm, now (S2-34, S2-49, N-03)."""
        signs = {ChildNow.SELF_HARM, ChildNow.HURT, ChildNow.AFRAID_HOME, ChildNow.MISSING}
        return self.immediate_danger is Tri.YES or not self.child_now.isdisjoint(signs)


def facts_from(picked: Mapping[str, Sequence[str]]) -> Facts:
    """Picked values by fact name, as the flow's steps name them. Raises BadFacts: nothing is silently dropped."""
    return read_facts({name: _picked(name, values) for name, values in picked.items() if values})


def read_facts(given: Mapping[str, object]) -> Facts:
    """Facts from outside. Raises BadFacts with the fact's name and what to write, never with what was written."""
    for name in given:
        if name not in Facts.model_fields:
            raise BadFacts(_shown(name), "there is no such fact", f"Write one of: {', '.join(Facts.model_fields)}")
    try:
        return Facts.model_validate(dict(given))
    except ValidationError as error:
        name = str(error.errors(include_url=False, include_input=False, include_context=False)[0]["loc"][0])
    raise BadFacts(name, "this value cannot be used", _to_write(name))


def _picked(name: str, values: Sequence[str]) -> object:
    """A fact that takes one value must have been picked once."""
    field = Facts.model_fields.get(name)
    if field is None or get_origin(field.annotation) is frozenset:
        return list(values)
    if len(values) > 1:
        raise BadFacts(name, "it takes one value only", _to_write(name))
    return values[0]


def _shown(name: str) -> str:
    """A name from outside is shown only while it looks like one."""
    return name if name.isascii() and name.isidentifier() and len(name) <= 40 else "a name that is not a fact's"


def _to_write(name: str) -> str:
    annotation = Facts.model_fields[name].annotation
    many = get_origin(annotation) is frozenset
    kind: Any = get_args(annotation)[0] if many else annotation
    if kind is str:
        return 'Write the id of a council from trust.toml, or "unknown"'
    years = f"a whole number of years from 0 to {OLDEST}, or " if kind is AgeBand else ""
    return f"Write {years}{'one or more' if many else 'one'} of: {', '.join(kind)}"
