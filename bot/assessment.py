"""What the facts propose: a type, what else it may be, flags, and an action per agency with the policy behind each.

Pure. The bot proposes, the lead decides. No words of a child, no names, no clock and no wording for staff may enter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bot.case import Urgency
from bot.facts import Facts, Pressure, Tri
from bot.rules import RULES, STRICT_POLICE, Agency, Level, Rule
from bot.typology import Alternative, Type, outside_typology, propose

__all__ = ["Action", "Agency", "Alternative", "Assessment", "Flag", "Level", "Type", "assess"]


class Flag(StrEnum):
    """What is true of a concern whatever its type. Several can be true at once."""

    IMMEDIATE_DANGER = "immediate_danger"
    HARM = "harm"
    STAFF = "staff"
    ADULT = "adult"
    ADULT_POSSIBLE = "adult_possible"
    ADULT_PICTURED = "adult_pictured"
    COERCION = "coercion"
    MONEY_OR_MORE_IMAGES = "money_or_more_images"
    VIOLENT_OR_EXTREME = "violent_or_extreme"
    SEXUAL_ACT_UNDER_13 = "sexual_act_under_13"
    UNDER_13 = "under_13"
    VULNERABLE = "vulnerable"
    CAPACITY_IN_DOUBT = "capacity_in_doubt"
    REPEAT = "repeat"
    PUBLIC = "public"
    AI_MADE = "ai_made"
    OUTSIDE_TYPOLOGY = "outside_typology"


class Action(BaseModel):
    """What is proposed for one agency: the level, the policy ids behind it, and the keys of the rules that hit."""

    model_config = ConfigDict(frozen=True)

    level: Level = Level.NONE
    sources: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


class Assessment(BaseModel):
    """A proposal for the lead to decide on. `actions` has an entry for every agency, "none" among them.

    `unknown` names the facts that are not known, or not wholly, and could still change it, the most pressing first.
    """

    model_config = ConfigDict(frozen=True)

    proposed: Type
    alternatives: tuple[Alternative, ...]
    flags: tuple[Flag, ...]
    actions: Mapping[Agency, Action]
    unknown: tuple[str, ...]
    urgency: Urgency


_FLAGGED: Mapping[Flag, Callable[[Facts], bool]] = {
    Flag.IMMEDIATE_DANGER: lambda f: f.immediate_danger is Tri.YES,
    Flag.HARM: lambda f: f.harm,
    Flag.STAFF: lambda f: f.staff_possible,
    Flag.ADULT: lambda f: f.adult,
    Flag.ADULT_POSSIBLE: lambda f: f.adult_possible and not f.adult,
    Flag.ADULT_PICTURED: lambda f: f.adult_pictured,
    Flag.COERCION: lambda f: f.coerced,
    Flag.MONEY_OR_MORE_IMAGES: lambda f: f.demand,
    Flag.VIOLENT_OR_EXTREME: lambda f: f.extreme,
    Flag.SEXUAL_ACT_UNDER_13: lambda f: f.sexual_act_under_13,
    Flag.UNDER_13: lambda f: f.under_13,
    Flag.VULNERABLE: lambda f: f.vulnerable,
    Flag.CAPACITY_IN_DOUBT: lambda f: f.capacity_in_doubt,
    Flag.REPEAT: lambda f: f.earlier is Tri.YES,
    Flag.PUBLIC: lambda f: f.online,
    Flag.AI_MADE: lambda f: f.ai_made is Tri.YES,
    Flag.OUTSIDE_TYPOLOGY: outside_typology,
}

_MATTERS = (
    "immediate_danger",
    "staff_concerned",
    "adult_involved",
    "adult_is",
    "child_now",
    "pressure",
    "pressure_by",
    "pictured_ages",
    "others_ages",
    "nature",
    "made_with_agreement",
    "shared_with_agreement",
    "purposes",
    "understands_agreement",
    "vulnerabilities",
    "relationship",
    "extent",
    "happened",
    "sharer",
    "whereabouts_known",
    "earlier",
    "agencies",
    "ai_made",
)

_ASKED_ONLY_IF: Mapping[str, Callable[[Facts], bool]] = {
    "adult_is": lambda f: f.adult or f.adult_involved is not Tri.NO,
    "pressure_by": lambda f: f.coerced or f.pressure is Pressure.UNKNOWN,
}


def assess(facts: Facts, *, strict_police: bool = False) -> Assessment:
    """Follow the derived decision order. `strict_police` refers every picture of a child to the police (S1-39, C-03).

    It never raises: every combination of facts has an answer, and where too little is known the answer says so.
    """
    rules = (*RULES, STRICT_POLICE) if strict_police else RULES
    hits = tuple(rule for rule in rules if rule.hits(facts))
    actions = {agency: _action(agency, hits) for agency in Agency}
    proposal = propose(facts)
    return Assessment(
        proposed=proposal.proposed,
        alternatives=proposal.alternatives,
        flags=tuple(flag for flag, raised in _FLAGGED.items() if raised(facts)),
        actions=actions,
        unknown=tuple(_still_unknown(facts)),
        urgency=_urgency(proposal.proposed, actions),
    )


def _action(agency: Agency, hits: Sequence[Rule]) -> Action:
    """The highest level that a rule asks for; what asks for most is named first."""
    asking = sorted((rule for rule in hits if agency in rule.levels), key=lambda rule: -rule.levels[agency].rank)
    if not asking:
        return Action()
    sources = dict.fromkeys(source for rule in asking for source in rule.sources)
    return Action(level=asking[0].levels[agency], sources=tuple(sources), because=tuple(rule.key for rule in asking))


def _still_unknown(facts: Facts) -> Sequence[str]:
    asked = (fact for fact in _MATTERS if _ASKED_ONLY_IF.get(fact, _always)(facts))
    return [fact for fact in asked if facts.is_unknown(fact)]


def _always(_: Facts) -> bool:
    return True


def _urgency(proposed: Type, actions: Mapping[Agency, Action]) -> Urgency:
    highest = max(action.level.rank for action in actions.values())
    if highest == Level.NOW.rank:
        return Urgency.NOW
    pressing = highest >= Level.DISCUSS.rank or proposed is Type.INSUFFICIENT
    return Urgency.TODAY if pressing else Urgency.SOON
