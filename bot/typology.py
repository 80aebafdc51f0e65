"""Which class of the policies' typology the facts propose, and which other they leave open. Pure.

The label is one axis only: it decides no referral (that is `bot.rules`). Nothing but `Facts` may enter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bot.facts import AgeBand, Extent, Facts, Happened, Nature, Pressure, Purpose, Relationship, SharedWith, Tri


class Type(StrEnum):
    """The six classes, and "insufficient": not enough is known to say (derived decision order, 8)."""

    ROMANTIC = "romantic"
    ATTENTION_SEEKING = "attention_seeking"
    OTHER_EXPERIMENTAL = "other_experimental"
    ADULT_INVOLVED = "adult_involved"
    INTENT_TO_HARM = "intent_to_harm"
    RECKLESS_MISUSE = "reckless_misuse"
    INSUFFICIENT = "insufficient"


EXPERIMENTAL = frozenset({Type.ROMANTIC, Type.ATTENTION_SEEKING, Type.OTHER_EXPERIMENTAL})


class Alternative(BaseModel):
    """What it may be instead, the fact that would decide it, and the policy behind it."""

    model_config = ConfigDict(frozen=True)

    type: Type
    deciding_fact: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    proposed: Type
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Limb:
    """A part of the test for "experimental" (S2-17): settled only by an answer, and what it may be until then."""

    fact: str
    settled: Callable[[Facts], bool]
    otherwise: Type | None
    sources: tuple[str, ...]


_MISUSE = ("S2-26", "S2-97", "S2-98", "C-02")
_HARMLESS = frozenset({Purpose.RELATIONSHIP, Purpose.ATTENTION, Purpose.JOKE, Purpose.DARE, Purpose.FOR_SELF})
_CHILDS_PLAY = frozenset({Purpose.JOKE, Purpose.DARE, Purpose.FOR_SELF})
_CHILDREN = frozenset({AgeBand.UNDER_13, AgeBand.FROM_13_TO_15, AgeBand.FROM_16_TO_17})
_SENT = frozenset({Happened.SENT, Happened.RECEIVED})


def _passed_on_willingly(facts: Facts) -> bool:
    """ "Not shared" settles nothing while another answer says that it was."""
    if facts.shared_with_agreement is SharedWith.NOT_SHARED:
        return not facts.beyond_pair
    return facts.shared_with_agreement is SharedWith.YES


LIMBS = (
    Limb("adult_involved", lambda f: not f.adult_possible, Type.ADULT_INVOLVED, ("S1-12", "S1-38", "S2-25")),
    Limb("staff_concerned", lambda f: not f.is_unknown("staff_concerned"), Type.ADULT_INVOLVED, ("N-18", "S1-38")),
    Limb("pictured_ages", lambda f: f.pictured_ages <= _CHILDREN, Type.ADULT_INVOLVED, ("C-12", "S2-31")),
    Limb("pressure", lambda f: f.pressure in {Pressure.NO, Pressure.DARE}, Type.INTENT_TO_HARM, ("S2-24", "S2-39")),
    Limb("made_with_agreement", lambda f: f.made_with_agreement is Tri.YES, Type.RECKLESS_MISUSE, ("S2-17", "S2-27")),
    Limb("shared_with_agreement", _passed_on_willingly, Type.RECKLESS_MISUSE, ("S2-17", "S2-27")),
    Limb("purposes", lambda f: f.purposes <= _HARMLESS, Type.INTENT_TO_HARM, ("S2-17", "S2-26")),
    Limb("nature", lambda f: not f.is_unknown("nature"), None, ("S2-17", "S2-41")),
)

_KIND_SOURCES = {
    Type.ROMANTIC: ("S2-18",),
    Type.ATTENTION_SEEKING: ("S2-19", "C-01"),
    Type.OTHER_EXPERIMENTAL: ("S2-20", "C-01"),
}


def propose(facts: Facts) -> Proposal:
    """The class the facts propose, by the derived decision order: the first that fits, worst first."""
    if facts.adult:
        return Proposal(Type.ADULT_INVOLVED)
    if facts.coerced and facts.adult_involved is Tri.UNKNOWN:
        return Proposal(Type.INSUFFICIENT, (*_an_adult(facts), _harm_unless_an_adult()))
    if facts.coerced or facts.malice or (facts.for_profit and facts.without_agreement):
        return Proposal(Type.INTENT_TO_HARM, _an_adult(facts))
    if facts.without_agreement:
        return _misuse(facts)
    if unplaced(facts):
        return Proposal(Type.INSUFFICIENT, _criminal())
    return _experimental(facts)


def unplaced(facts: Facts) -> bool:
    """A criminal concern for which the typology has no class of its own (S2-08, S2-41, N-03, C-13)."""
    return facts.extreme or facts.for_profit or facts.sexual_act_under_13


def outside_typology(facts: Facts) -> bool:
    """No class fits exactly: what is proposed is the nearest (C-12, C-13)."""
    peer = facts.coerced or facts.malice or facts.without_agreement
    return (
        unplaced(facts)
        or facts.ai_made is Tri.YES
        or facts.tricked
        or facts.adult_pictured
        or facts.nature == {Nature.NOT_SEXUAL}
        or (peer and not facts.adult and facts.under_13)
    )


def _an_adult(facts: Facts) -> tuple[Alternative, ...]:
    if not facts.adult_possible:
        return ()
    return (Alternative(type=Type.ADULT_INVOLVED, deciding_fact="adult_involved", sources=("S1-12", "S1-38", "N-12")),)


def _harm_unless_an_adult() -> Alternative:
    """Who is behind the pressure comes before what it was for (derived decision order, 2)."""
    sources = ("S2-24", "S2-26", "S1-38", "N-12")
    return Alternative(type=Type.INTENT_TO_HARM, deciding_fact="adult_involved", sources=sources)


def _criminal() -> tuple[Alternative, ...]:
    return (
        Alternative(type=Type.ADULT_INVOLVED, deciding_fact="adult_involved", sources=("S1-38", "S2-08", "C-13")),
        Alternative(type=Type.INTENT_TO_HARM, deciding_fact="pressure", sources=("S2-24", "S2-26", "C-13")),
    )


def _misuse(facts: Facts) -> Proposal:
    """Without agreement: what it was for decides between harm meant and harm risked (S2-26, S2-27, C-02)."""
    harm = Alternative(type=Type.INTENT_TO_HARM, deciding_fact="purposes", sources=_MISUSE)
    reckless = Alternative(type=Type.RECKLESS_MISUSE, deciding_fact="purposes", sources=("S2-27", "S2-98", "C-02"))
    if facts.is_unknown("purposes"):
        return Proposal(Type.INSUFFICIENT, (harm, reckless, *_an_adult(facts)))
    readings = (harm,) if Purpose.BREAKUP in facts.purposes else ()
    return Proposal(Type.RECKLESS_MISUSE, (*readings, *_an_adult(facts)))


def _experimental(facts: Facts) -> Proposal:
    """Experimental only when every limb is answered; otherwise what the open ones may turn out to be (S2-17)."""
    unsettled = tuple(limb for limb in LIMBS if not limb.settled(facts))
    if unsettled:
        return Proposal(Type.INSUFFICIENT, tuple(_open(limb) for limb in unsettled if limb.otherwise))
    kinds = _open_kinds(facts)
    if kinds:
        return Proposal(Type.INSUFFICIENT, kinds)
    return Proposal(_kind(facts), _intent_to_send(facts))


def _open(limb: Limb) -> Alternative:
    return Alternative(type=limb.otherwise or Type.INSUFFICIENT, deciding_fact=limb.fact, sources=limb.sources)


def _open_kinds(facts: Facts) -> tuple[Alternative, ...]:
    """The experimental kinds that an unknown relationship or extent leaves open."""
    return (*_kinds_by(facts, "relationship", Relationship), *_kinds_by(facts, "extent", Extent))


def _kinds_by(facts: Facts, fact: str, values: type[StrEnum]) -> tuple[Alternative, ...]:
    if not facts.is_unknown(fact):
        return ()
    kinds = {_kind(facts.model_copy(update={fact: value})) for value in values}
    return tuple(_kind_as(kind, fact) for kind in Type if kind in kinds)


def _kind_as(kind: Type, fact: str) -> Alternative:
    return Alternative(type=kind, deciding_fact=fact, sources=_KIND_SOURCES[kind])


def _kind(facts: Facts) -> Type:
    """By the body text and examples of S2-18 to S2-20; their bracketed sub-titles are shifted (C-01)."""
    if facts.pictured_ages == {AgeBand.UNDER_13} and facts.purposes <= _CHILDS_PLAY:
        return Type.OTHER_EXPERIMENTAL
    if facts.beyond_pair:
        return Type.ATTENTION_SEEKING
    if facts.relationship is Relationship.PARTNERS:
        return Type.ROMANTIC
    sent = facts.extent is Extent.PAIR_ONLY or not facts.happened.isdisjoint(_SENT)
    return Type.ATTENTION_SEEKING if sent else Type.OTHER_EXPERIMENTAL


def _intent_to_send(facts: Facts) -> tuple[Alternative, ...]:
    """Nothing was sent, but it was not made for oneself or in play: it may have been meant to be (S2-20)."""
    if _kind(facts) is not Type.OTHER_EXPERIMENTAL or facts.purposes <= _CHILDS_PLAY:
        return ()
    return (_kind_as(Type.ATTENTION_SEEKING, "purposes"),)
