"""What each fact asks of each agency: one row a rule, with the policy behind it. Pure.

A rule only ever adds: for every agency the highest level of the rules that hit is what stands, so that no answer can
lower what another has raised. Wording for staff never enters: a rule has a key, and the flow's phrases speak.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot import facts as known
from bot.facts import AdultIs, AgeBand, ChildNow, Extent, Facts, Nature, PressureBy, Relationship, StaffRole, Tri
from bot.typology import EXPERIMENTAL, Type, propose


class Agency(StrEnum):
    """Whom the lead may have to turn to. Not `bot.facts.Agency`: those are already involved with the child."""

    POLICE = "police"
    SOCIAL_CARE = "social_care"
    LADO = "lado"
    EDUCATION_ADVICE = "education_advice"
    CEOP = "ceop"
    REMOVAL = "removal"


class Level(StrEnum):
    """What to do about an agency, as a verb (C-05). Compare by `rank`, never as text."""

    NONE = "none"
    ADVICE = "advice"
    DISCUSS = "discuss"
    REFER = "refer"
    NOW = "now"

    @property
    def rank(self) -> int:
        return _LEVELS.index(self)


_LEVELS = (Level.NONE, Level.ADVICE, Level.DISCUSS, Level.REFER, Level.NOW)


@dataclass(frozen=True, slots=True)
class Rule:
    """When `hits`, each agency named is to be raised to at least its level, because of `sources`."""

    key: str
    hits: Callable[[Facts], bool]
    levels: Mapping[Agency, Level]
    sources: tuple[str, ...]


_POLICE, _SOCIAL_CARE, _LADO = Agency.POLICE, Agency.SOCIAL_CARE, Agency.LADO
_EDUCATION, _CEOP, _REMOVAL = Agency.EDUCATION_ADVICE, Agency.CEOP, Agency.REMOVAL
_ADVICE, _DISCUSS, _REFER, _NOW = Level.ADVICE, Level.DISCUSS, Level.REFER, Level.NOW
_EXPLOITED = frozenset({PressureBy.GROOMED, PressureBy.SOLD})
_FORCED = _EXPLOITED | {PressureBy.THREATS, PressureBy.MONEY, PressureBy.MORE_IMAGES, PressureBy.TRICKED}


def _adult_online(facts: Facts) -> bool:
    met = AdultIs.ONLINE in facts.adult_is or facts.relationship is Relationship.ONLINE_ONLY
    return facts.adult and met


def _known_to_agencies(facts: Facts) -> bool:
    return bool(facts.agencies - {known.Agency.NONE, known.Agency.UNKNOWN})


HARM = (
    Rule(
        "immediate_danger",
        lambda f: f.immediate_danger is Tri.YES,
        {_POLICE: _NOW, _SOCIAL_CARE: _NOW},
        ("S2-34", "S2-49", "S2-121"),
    ),
    Rule(
        "self_harm",
        lambda f: ChildNow.SELF_HARM in f.child_now,
        {_SOCIAL_CARE: _NOW, _POLICE: _DISCUSS},
        ("S2-49", "N-03", "D-11"),
    ),
    Rule("hurt", lambda f: ChildNow.HURT in f.child_now, {_SOCIAL_CARE: _NOW, _POLICE: _REFER}, ("S2-49",)),
    Rule(
        "afraid_home",
        lambda f: ChildNow.AFRAID_HOME in f.child_now,
        {_SOCIAL_CARE: _NOW, _POLICE: _DISCUSS},
        ("S2-49", "S2-62"),
    ),
    Rule("missing", lambda f: ChildNow.MISSING in f.child_now, {_SOCIAL_CARE: _NOW, _POLICE: _NOW}, ("S2-49",)),
)

ADULTS = (
    Rule(
        "adult",
        lambda f: f.adult,
        {_POLICE: _NOW, _SOCIAL_CARE: _NOW, _CEOP: _ADVICE},
        ("N-02", "N-03", "S1-38", "S2-08", "C-12"),
    ),
    Rule(
        "adult_not_ruled_out",
        lambda f: f.adult_possible,
        {_POLICE: _ADVICE, _SOCIAL_CARE: _ADVICE},
        ("S1-38", "S2-38"),
    ),
    Rule("adult_online", _adult_online, {_CEOP: _DISCUSS}, ("N-14", "S2-101")),
    Rule(
        "staff",
        lambda f: f.staff_possible,
        {_LADO: _REFER, _POLICE: _REFER, _SOCIAL_CARE: _DISCUSS},
        ("N-18", "S1-38"),
    ),
    Rule("staff_unknown", lambda f: StaffRole.UNKNOWN in f.staff_concerned, {_LADO: _ADVICE}, ("N-18",)),
)

PRESSURE = (
    Rule(
        "coercion",
        lambda f: f.coerced,
        {_POLICE: _REFER, _SOCIAL_CARE: _REFER},
        ("S1-47", "S2-08", "S2-24", "S2-39", "N-03"),
    ),
    Rule(
        "forced",
        lambda f: not f.pressure_by.isdisjoint(_FORCED),
        {_POLICE: _NOW, _SOCIAL_CARE: _NOW},
        ("N-03", "N-12", "S2-08", "S2-24"),
    ),
    Rule("demand", lambda f: f.demand, {_CEOP: _DISCUSS, _REMOVAL: _ADVICE}, ("N-12", "N-13", "N-14")),
    Rule("groomed", lambda f: not f.pressure_by.isdisjoint(_EXPLOITED), {_CEOP: _DISCUSS}, ("N-03", "N-14")),
    Rule("profit", lambda f: f.for_profit, {_POLICE: _REFER, _SOCIAL_CARE: _REFER}, ("S2-08",)),
)

CONTENT = (
    Rule("extreme", lambda f: f.extreme, {_POLICE: _NOW, _SOCIAL_CARE: _NOW}, ("S2-41", "S2-66", "N-03")),
    Rule(
        "sexual_act_under_13",
        lambda f: f.sexual_act_under_13,
        {_POLICE: _NOW, _SOCIAL_CARE: _NOW},
        ("N-03", "S2-21"),
    ),
    Rule("sexual_act", lambda f: Nature.SEXUAL_ACT in f.nature, {_EDUCATION: _DISCUSS}, ("S2-15", "S2-21")),
    Rule(
        "without_agreement",
        lambda f: f.without_agreement,
        {_POLICE: _DISCUSS, _SOCIAL_CARE: _DISCUSS},
        ("S2-24", "S2-27", "S2-28", "C-04", "C-05"),
    ),
    Rule(
        "malice",
        lambda f: f.malice,
        {_POLICE: _DISCUSS, _SOCIAL_CARE: _DISCUSS},
        ("S2-24", "S2-26", "S2-28", "C-05"),
    ),
)

CHILD = (
    Rule(
        "under_13",
        lambda f: f.under_13,
        {_SOCIAL_CARE: _DISCUSS, _EDUCATION: _DISCUSS},
        ("S2-21", "S2-95", "C-12"),
    ),
    Rule(
        "vulnerable",
        lambda f: f.vulnerable,
        {_SOCIAL_CARE: _DISCUSS, _EDUCATION: _DISCUSS},
        ("S2-21", "S2-33"),
    ),
    Rule("capacity_in_doubt", lambda f: f.capacity_in_doubt, {_SOCIAL_CARE: _NOW}, ("N-03", "S2-40")),
    Rule("known_to_agencies", _known_to_agencies, {_EDUCATION: _DISCUSS}, ("S2-13", "S2-22", "S2-32")),
    Rule("repeat", lambda f: f.earlier is Tri.YES, {_EDUCATION: _DISCUSS}, ("S2-35", "S2-57", "N-20")),
)

SPREAD = (
    Rule(
        "beyond_pair",
        lambda f: f.beyond_pair,
        {_REMOVAL: _DISCUSS, _EDUCATION: _ADVICE},
        ("S1-18", "S2-36", "S2-58", "N-13"),
    ),
    Rule("online", lambda f: f.online, {_REMOVAL: _REFER}, ("S1-41", "S1-42", "N-13")),
    Rule("extent_unknown", lambda f: f.extent is Extent.UNKNOWN, {_REMOVAL: _ADVICE}, ("S1-18", "S2-58")),
    Rule("whereabouts_unknown", lambda f: f.whereabouts_known is Tri.NO, {_REMOVAL: _ADVICE}, ("S1-19", "S1-26")),
)

DOUBT = (
    Rule("insufficient", lambda f: propose(f).proposed is Type.INSUFFICIENT, {_EDUCATION: _ADVICE}, ("S2-59",)),
    Rule(
        "not_experimental",
        lambda f: propose(f).proposed not in EXPERIMENTAL,
        {_EDUCATION: _ADVICE},
        ("S2-59", "S2-98"),
    ),
)

RULES = (*HARM, *ADULTS, *PRESSURE, *CONTENT, *CHILD, *SPREAD, *DOUBT)

STRICT_POLICE = Rule(
    "any_illegal_image",
    lambda f: f.pictured_ages != {AgeBand.ADULT} and f.nature != {Nature.NOT_SEXUAL},
    {_POLICE: _REFER},
    ("S1-39", "C-03"),
)
"""S1-39 taken at its word would send nearly every case to the police: off unless the trust chooses it (C-03)."""
