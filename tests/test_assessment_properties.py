"""What is always and never true of an assessment, over the whole space of facts.

`WORSE` says, field by field, which answer is worse than which; it is written here from the policies and owes nothing
to the rules under test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from itertools import combinations_with_replacement, product
from typing import Any, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.assessment import Agency, Assessment, Flag, Level, Type, assess
from bot.case import Urgency
from bot.facts import (
    AdultIs,
    AgeBand,
    ChildNow,
    Extent,
    Facts,
    Happened,
    Nature,
    Pressure,
    PressureBy,
    Purpose,
    Relationship,
    SharedWith,
    Sharer,
    StaffRole,
    Tri,
    Vulnerability,
)
from bot.facts import Agency as Involved

MANY = settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

EXPERIMENTAL = {Type.ROMANTIC, Type.ATTENTION_SEEKING, Type.OTHER_EXPERIMENTAL}

QUIET = Facts(
    immediate_danger=Tri.NO,
    staff_concerned=frozenset({StaffRole.NONE}),
    pictured_ages=frozenset({AgeBand.FROM_16_TO_17}),
    others_ages=frozenset({AgeBand.FROM_16_TO_17}),
    adult_involved=Tri.NO,
    pressure=Pressure.NO,
    child_now=frozenset({ChildNow.CALM}),
    made_with_agreement=Tri.YES,
    shared_with_agreement=SharedWith.NOT_SHARED,
    happened=frozenset({Happened.SENT}),
    sharer=frozenset({Sharer.NOBODY}),
    extent=Extent.PAIR_ONLY,
    whereabouts_known=Tri.YES,
    relationship=Relationship.PARTNERS,
    purposes=frozenset({Purpose.RELATIONSHIP}),
    vulnerabilities=frozenset({Vulnerability.NONE}),
    understands_agreement=Tri.YES,
    agencies=frozenset({Involved.NONE}),
    earlier=Tri.NO,
    nature=frozenset({Nature.SEXUAL}),
    ai_made=Tri.NO,
)

LIMBS = {
    "adult_involved",
    "staff_concerned",
    "pictured_ages",
    "pressure",
    "made_with_agreement",
    "shared_with_agreement",
    "purposes",
    "nature",
    "extent",
    "relationship",
}

NO_TO_YES = (Tri.NO, Tri.UNKNOWN, Tri.YES)
YES_TO_NO = (Tri.YES, Tri.UNKNOWN, Tri.NO)

WORSE_ALONG: dict[str, tuple[StrEnum, ...]] = {
    "immediate_danger": NO_TO_YES,
    "adult_involved": NO_TO_YES,
    "pressure": (Pressure.NO, Pressure.DARE, Pressure.UNKNOWN, Pressure.YES),
    "made_with_agreement": YES_TO_NO,
    "shared_with_agreement": (SharedWith.NOT_SHARED, SharedWith.YES, SharedWith.UNKNOWN, SharedWith.NO),
    "extent": (Extent.NOT_SHARED, Extent.PAIR_ONLY, Extent.UNKNOWN, Extent.FEW, Extent.MANY, Extent.PUBLIC),
    "whereabouts_known": YES_TO_NO,
    "understands_agreement": YES_TO_NO,
    "earlier": NO_TO_YES,
    "others_involved": NO_TO_YES,
    "ai_made": NO_TO_YES,
}

WORSE_WITH: dict[str, AbstractSet[StrEnum]] = {
    "staff_concerned": set(StaffRole) - {StaffRole.NONE, StaffRole.UNKNOWN},
    "pictured_ages": {AgeBand.UNDER_13, AgeBand.ADULT},
    "others_ages": {AgeBand.UNDER_13, AgeBand.ADULT},
    "adult_is": set(AdultIs) - {AdultIs.NONE, AdultIs.UNKNOWN},
    "pressure_by": set(PressureBy) - {PressureBy.UNKNOWN},
    "child_now": {ChildNow.SELF_HARM, ChildNow.HURT, ChildNow.AFRAID_HOME, ChildNow.MISSING},
    "happened": {Happened.POSTED, Happened.SHARED_ON},
    "sharer": {Sharer.ADULT},
    "purposes": {Purpose.TO_HURT, Purpose.BREAKUP, Purpose.MONEY},
    "vulnerabilities": set(Vulnerability) - {Vulnerability.NONE, Vulnerability.UNKNOWN},
    "agencies": set(Involved) - {Involved.NONE, Involved.UNKNOWN},
    "nature": {Nature.SEXUAL_ACT, Nature.VIOLENT, Nature.BEYOND_AGE},
}


def values_of(field: str) -> st.SearchStrategy[Any]:
    annotation: Any = Facts.model_fields[field].annotation
    if annotation is str:
        return st.sampled_from(["unknown", "staffordshire"])
    if get_origin(annotation) is frozenset:
        return st.frozensets(st.sampled_from(list(get_args(annotation)[0])), min_size=1, max_size=3)
    return st.sampled_from(list(annotation))


EVERY_FIELD = {field: values_of(field) for field in Facts.model_fields}


def changed(base: Facts, changes: dict[str, Any]) -> Facts:
    return Facts(**(dict(base) | changes))


def answers_to(field: str) -> list[tuple[str, Any]]:
    """Every single answer to a field, and for a set every pair of them too."""
    annotation: Any = Facts.model_fields[field].annotation
    if annotation is str:
        return [(field, "unknown"), (field, "staffordshire")]
    if get_origin(annotation) is frozenset:
        members = list(get_args(annotation)[0])
        return [(field, frozenset(pair)) for pair in combinations_with_replacement(members, 2)]
    return [(field, value) for value in annotation]


ANY_ANSWER = st.sampled_from([answer for field in Facts.model_fields for answer in answers_to(field)])


def near(base: Facts) -> st.SearchStrategy[Facts]:
    """A few answers away from `base`: a uniform draw from so wide a space almost never meets a quiet case."""
    return st.lists(ANY_ANSWER, max_size=5).map(lambda answers: changed(base, dict(answers)))


ANY_FACTS = st.one_of(near(QUIET), near(QUIET), near(Facts()), st.builds(Facts, **EVERY_FIELD))


def worse_answers(facts: Facts) -> Iterator[tuple[str, Any]]:
    """Every single answer that may be changed for a worse one."""
    for field, ladder in WORSE_ALONG.items():
        here = ladder.index(getattr(facts, field))
        yield from ((field, value) for value in ladder[here + 1 :])
    for field, bad in WORSE_WITH.items():
        value = getattr(facts, field)
        yield from ((field, value | {member}) for member in bad - value)
        yield from ((field, frozenset({member})) for member in bad if value == {"unknown"})
        if value == {"none"}:
            yield field, frozenset({"unknown"})


def lowered(before: Assessment, after: Assessment) -> list[str]:
    agencies = [
        agency.value for agency in Agency if after.actions[agency].level.rank < before.actions[agency].level.rank
    ]
    return agencies + ["urgency"] * (after.urgency.rank < before.urgency.rank)


@MANY
@given(ANY_FACTS, st.booleans())
def test_a_worse_fact_never_lowers_an_action_or_the_urgency(facts: Facts, strict: bool) -> None:
    before = assess(facts, strict_police=strict)
    for field, value in worse_answers(facts):
        after = assess(changed(facts, {field: value}), strict_police=strict)
        assert not lowered(before, after), (field, value)


@MANY
@given(ANY_FACTS, st.sampled_from(sorted(LIMBS)))
def test_an_unknown_in_any_limb_is_never_experimental(facts: Facts, limb: str) -> None:
    annotation: Any = Facts.model_fields[limb].annotation
    unknown: Any = frozenset({"unknown"}) if get_origin(annotation) is frozenset else "unknown"
    assert assess(changed(facts, {limb: unknown})).proposed not in EXPERIMENTAL
    if isinstance(unknown, frozenset):
        assert assess(changed(facts, {limb: getattr(facts, limb) | unknown})).proposed not in EXPERIMENTAL


@MANY
@given(ANY_FACTS)
def test_nothing_experimental_has_an_aggravating_fact_or_an_open_limb(facts: Facts) -> None:
    if assess(facts).proposed not in EXPERIMENTAL:
        return
    assert not any(facts.is_unknown(limb) for limb in LIMBS)
    assert facts.adult_involved is Tri.NO and AgeBand.ADULT not in facts.pictured_ages | facts.others_ages
    assert facts.pressure in {Pressure.NO, Pressure.DARE} and facts.pressure_by == {PressureBy.UNKNOWN}
    assert facts.made_with_agreement is Tri.YES and facts.shared_with_agreement is not SharedWith.NO
    assert facts.purposes.isdisjoint({Purpose.TO_HURT, Purpose.BREAKUP, Purpose.MONEY})
    assert facts.nature.isdisjoint({Nature.VIOLENT, Nature.BEYOND_AGE})


@MANY
@given(ANY_FACTS)
def test_a_possible_adult_staff_pressure_under_13_vulnerability_and_harm_always_lift_what_they_must(
    facts: Facts,
) -> None:
    for change, flag, floors in lifts(facts):
        assessment = assess(changed(facts, change))
        assert flag in assessment.flags
        assert flag not in NEVER_EXPERIMENTAL or assessment.proposed not in EXPERIMENTAL
        assert flag is not Flag.ADULT or assessment.proposed is Type.ADULT_INVOLVED
        assert Level.NOW not in floors.values() or assessment.urgency is Urgency.NOW
        for agency, floor in floors.items():
            assert assessment.actions[agency].level.rank >= floor.rank, (change, agency)


NEVER_EXPERIMENTAL = {Flag.ADULT, Flag.STAFF, Flag.COERCION, Flag.MONEY_OR_MORE_IMAGES, Flag.SEXUAL_ACT_UNDER_13}


def lifts(facts: Facts) -> Iterator[tuple[dict[str, Any], Flag, dict[Agency, Level]]]:
    """What each grave fact must raise, whatever else is known."""
    adult = {Agency.POLICE: Level.NOW, Agency.SOCIAL_CARE: Level.NOW}
    yield {"adult_involved": Tri.YES}, Flag.ADULT, adult
    yield {"others_ages": facts.others_ages | {AgeBand.ADULT}}, Flag.ADULT, adult
    yield {"staff_concerned": {StaffRole.DSL}}, Flag.STAFF, {Agency.LADO: Level.REFER, Agency.POLICE: Level.REFER}
    referred = {Agency.POLICE: Level.REFER, Agency.SOCIAL_CARE: Level.REFER}
    yield {"pressure": Pressure.YES}, Flag.COERCION, referred
    at_once = {Agency.POLICE: Level.NOW, Agency.SOCIAL_CARE: Level.NOW}
    for forced in (PressureBy.GROOMED, PressureBy.SOLD, PressureBy.TRICKED):
        yield {"pressure_by": {forced}}, Flag.COERCION, at_once
    for demand in (PressureBy.THREATS, PressureBy.MONEY, PressureBy.MORE_IMAGES):
        yield {"pressure_by": {demand}}, Flag.MONEY_OR_MORE_IMAGES, at_once | {Agency.CEOP: Level.DISCUSS}
    for extreme in (Nature.VIOLENT, Nature.BEYOND_AGE):
        yield {"nature": facts.nature | {extreme}}, Flag.VIOLENT_OR_EXTREME, at_once
    yield {"understands_agreement": Tri.NO}, Flag.CAPACITY_IN_DOUBT, {Agency.SOCIAL_CARE: Level.NOW}
    board = {Agency.SOCIAL_CARE: Level.DISCUSS, Agency.EDUCATION_ADVICE: Level.DISCUSS}
    for side in ("pictured_ages", "others_ages"):
        young = {side: getattr(facts, side) | {AgeBand.UNDER_13}}
        yield young, Flag.UNDER_13, board
        yield young | {"nature": facts.nature | {Nature.SEXUAL_ACT}}, Flag.SEXUAL_ACT_UNDER_13, at_once
    yield {"vulnerabilities": facts.vulnerabilities | {Vulnerability.IN_CARE}}, Flag.VULNERABLE, board
    yield {"immediate_danger": Tri.YES}, Flag.HARM, {Agency.SOCIAL_CARE: Level.NOW, Agency.POLICE: Level.NOW}
    for sign in WORSE_WITH["child_now"]:
        yield {"child_now": facts.child_now | {sign}}, Flag.HARM, {Agency.SOCIAL_CARE: Level.NOW}


@MANY
@given(ANY_FACTS)
def test_ai_made_never_changes_an_action_the_type_or_the_urgency(facts: Facts) -> None:
    said, real = assess(changed(facts, {"ai_made": Tri.YES})), assess(changed(facts, {"ai_made": Tri.NO}))
    assert (said.actions, said.proposed, said.urgency) == (real.actions, real.proposed, real.urgency)
    assert set(real.flags) < set(said.flags)


@MANY
@given(ANY_FACTS)
def test_the_strict_reading_only_ever_raises_the_police(facts: Facts) -> None:
    usual, strict = assess(facts), assess(facts, strict_police=True)
    assert not lowered(usual, strict)
    assert {a: usual.actions[a] for a in Agency if a != "police"} == {
        a: strict.actions[a] for a in Agency if a != "police"
    }


@MANY
@given(ANY_FACTS)
def test_every_assessment_is_whole_and_survives_json(facts: Facts) -> None:
    assessment = assess(facts)
    assert Assessment.model_validate_json(assessment.model_dump_json()) == assessment
    assert Facts.model_validate_json(facts.model_dump_json()) == facts
    assert set(assessment.actions) == set(Agency)
    for action in assessment.actions.values():
        assert (action.level is Level.NONE) is (action.because == ()) is (action.sources == ())
    assert all(alternative.type is not assessment.proposed for alternative in assessment.alternatives)
    assert all(alternative.deciding_fact in Facts.model_fields for alternative in assessment.alternatives)


@MANY
@given(ANY_FACTS, st.data())
def test_a_fact_that_is_unknown_and_could_change_anything_is_listed(facts: Facts, data: st.DataObject) -> None:
    assessment = assess(facts)
    assert all(facts.is_unknown(field) for field in assessment.unknown)
    field = data.draw(st.sampled_from([f for f in EVERY_FIELD if facts.is_unknown(f)] or ["home_authority"]))
    after = assess(changed(facts, {field: data.draw(EVERY_FIELD[field])}))
    if (after.proposed, after.flags, after.actions) != (assessment.proposed, assessment.flags, assessment.actions):
        contradicts = {"adult_is": facts.adult_involved is Tri.NO, "pressure_by": facts.pressure in {"no", "dare"}}
        assert field in assessment.unknown or contradicts.get(field)


@pytest.mark.parametrize("field", list(Facts.model_fields))
def test_each_fact_whose_answer_changes_a_quiet_case_is_listed_while_it_is_unknown(field: str) -> None:
    facts = changed(QUIET, {field: getattr(Facts(), field)})
    before = assess(facts)
    after = [assess(changed(facts, {name: value})) for name, value in answers_to(field)]
    moved = any((a.proposed, a.flags, a.actions) != (before.proposed, before.flags, before.actions) for a in after)
    never_asked = field in {"adult_is", "pressure_by"}
    assert (field in before.unknown) is (moved and not never_asked)


def test_over_every_combination_of_the_limbs_experimental_means_all_of_them_answered_well() -> None:
    limbs: dict[str, Sequence[Any]] = {
        "adult_involved": list(Tri),
        "staff_concerned": [frozenset({r}) for r in (StaffRole.NONE, StaffRole.UNKNOWN, StaffRole.HEAD)],
        "pressure": list(Pressure),
        "made_with_agreement": list(Tri),
        "shared_with_agreement": list(SharedWith),
        "purposes": [frozenset({p}) for p in Purpose],
        "nature": [frozenset({n}) for n in Nature],
    }
    harmless = set(Purpose) - {Purpose.BREAKUP, Purpose.TO_HURT, Purpose.MONEY, Purpose.UNKNOWN}
    mild = {Nature.NOT_SEXUAL, Nature.SEXUAL, Nature.SEXUAL_ACT}
    seen = 0
    for answers in product(*limbs.values()):
        adult, staff, pressure, made, shared, purposes, nature = answers
        well = (
            (adult, made) == (Tri.NO, Tri.YES)
            and staff == {StaffRole.NONE}
            and pressure in {Pressure.NO, Pressure.DARE}
            and shared in {SharedWith.YES, SharedWith.NOT_SHARED}
            and set(purposes) <= harmless
            and set(nature) <= mild
        )
        facts = QUIET.model_copy(update=dict(zip(limbs, answers, strict=True)))
        assert (assess(facts).proposed in EXPERIMENTAL) is well, facts
        seen += well
    assert seen == 2 * 2 * 5 * 3


def test_over_every_relationship_extent_age_and_purpose_the_kind_follows_the_policys_text() -> None:
    fields = ("relationship", "extent", "pictured_ages", "purposes", "happened")
    ages = [frozenset({a}) for a in (AgeBand.UNDER_13, AgeBand.FROM_13_TO_15, AgeBand.FROM_16_TO_17)]
    purposes = [frozenset({p}) for p in (Purpose.RELATIONSHIP, Purpose.ATTENTION, Purpose.JOKE, Purpose.FOR_SELF)]
    happened = [frozenset({h}) for h in Happened]
    for answers in product(Relationship, Extent, ages, purposes, happened):
        changes = dict(zip(fields, answers, strict=True)) | {"shared_with_agreement": SharedWith.YES}
        assert assess(QUIET.model_copy(update=changes)).proposed is expected_kind(*answers), answers


def expected_kind(
    relationship: Relationship,
    extent: Extent,
    ages: frozenset[AgeBand],
    purposes: frozenset[Purpose],
    happened: frozenset[Happened],
) -> Type:
    """S2-18 to S2-20 as an independent reading."""
    if "unknown" in {relationship, extent} or relationship is Relationship.ONLINE_ONLY:
        return Type.INSUFFICIENT
    if ages == {AgeBand.UNDER_13} and purposes <= {Purpose.JOKE, Purpose.FOR_SELF}:
        return Type.OTHER_EXPERIMENTAL
    kept = extent in {Extent.NOT_SHARED, Extent.PAIR_ONLY} and happened.isdisjoint({"posted", "shared_on"})
    if relationship is Relationship.PARTNERS and kept:
        return Type.ROMANTIC
    nothing_sent = extent is Extent.NOT_SHARED and happened <= {"taken", "asked_for", "unknown"}
    return Type.OTHER_EXPERIMENTAL if nothing_sent else Type.ATTENTION_SEEKING


@pytest.mark.parametrize("base", [QUIET, Facts()])
def test_the_order_of_worse_answers_is_not_empty_and_would_notice_a_lowered_action(base: Facts) -> None:
    """The control: read backwards, the same order must find actions that fall."""
    before = assess(base)
    fallen = [field for field, value in worse_answers(base) if lowered(assess(changed(base, {field: value})), before)]
    assert set(WORSE_WITH) <= set(fallen) | {"purposes"}
    assert {"immediate_danger", "adult_involved", "pressure", "understands_agreement", "earlier"} <= set(fallen)
