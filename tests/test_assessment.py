"""The policies' own examples, case studies and thresholds come out as the policies have them."""

from __future__ import annotations

import json

import pytest

from bot.assess_cli import assess_json
from bot.assessment import Action, Agency, Assessment, Flag, Level, Type, assess
from bot.case import Urgency
from bot.facts import Facts, read_facts

QUIET: dict[str, object] = {
    "immediate_danger": "no",
    "staff_concerned": "none",
    "pictured_ages": 16,
    "others_ages": 16,
    "adult_involved": "no",
    "pressure": "no",
    "child_now": "calm",
    "made_with_agreement": "yes",
    "shared_with_agreement": "not_shared",
    "happened": "sent",
    "sharer": "nobody",
    "extent": "pair_only",
    "whereabouts_known": "yes",
    "relationship": "partners",
    "purposes": "relationship",
    "others_involved": "no",
    "vulnerabilities": "none",
    "understands_agreement": "yes",
    "agencies": "none",
    "earlier": "no",
    "nature": "sexual",
    "ai_made": "no",
}

ROMANTIC: dict[str, object] = {}
FLIRTING: dict[str, object] = {
    "pictured_ages": 13,
    "others_ages": 14,
    "relationship": "know_each_other",
    "purposes": "attention",
}
FOR_FUN: dict[str, object] = {
    "pictured_ages": 11,
    "others_ages": "none",
    "relationship": "no_other",
    "extent": "not_shared",
    "happened": "taken",
    "purposes": "joke",
}
ADULT_ASKED: dict[str, object] = {"others_ages": 25, "adult_involved": "yes", "adult_is": "online"}
REVENGE: dict[str, object] = {
    "pictured_ages": 14,
    "others_ages": 14,
    "relationship": "ex_partners",
    "shared_with_agreement": "no",
    "extent": "few",
    "purposes": ["breakup", "to_hurt"],
}
CHANGING_ROOM: dict[str, object] = {
    "pictured_ages": 15,
    "others_ages": 15,
    "relationship": "friends",
    "made_with_agreement": "no",
    "shared_with_agreement": "no",
    "happened": "posted",
    "extent": "public",
    "purposes": "joke",
}
CASE_A: dict[str, object] = {
    "pictured_ages": [15],
    "others_ages": [15],
    "child_now": "distressed",
    "came_from": "other_child",
}
CASE_B: dict[str, object] = {
    "pictured_ages": 11,
    "others_ages": 11,
    "pressure": "dare",
    "relationship": "friends",
    "happened": "taken",
    "extent": "not_shared",
    "purposes": "dare",
    "device": "school_device",
    "came_from": "found",
}
CASE_C: dict[str, object] = {
    "relationship": "ex_partners",
    "shared_with_agreement": "no",
    "happened": "shared_on",
    "sharer": "ex_partner",
    "extent": "few",
    "purposes": "breakup",
}


def judged(*changes: dict[str, object], strict_police: bool = False, **more: object) -> Assessment:
    given = dict(QUIET)
    for change in (*changes, more):
        given.update(change)
    return assess(read_facts(given), strict_police=strict_police)


def level(assessment: Assessment, agency: Agency) -> Level:
    return assessment.actions[agency].level


def levels(assessment: Assessment) -> dict[str, str]:
    return {agency.value: action.level.value for agency, action in assessment.actions.items()}


def at_least(assessment: Assessment, agency: Agency, floor: Level) -> bool:
    return level(assessment, agency).rank >= floor.rank


NO_ACTION = dict.fromkeys(["police", "social_care", "lado", "education_advice", "ceop", "removal"], "none")


@pytest.mark.parametrize(
    ("example", "proposed"),
    [
        pytest.param(ROMANTIC, Type.ROMANTIC, id="S2-18"),
        pytest.param(FLIRTING, Type.ATTENTION_SEEKING, id="S2-19"),
        pytest.param(FOR_FUN, Type.OTHER_EXPERIMENTAL, id="S2-20"),
        pytest.param(ADULT_ASKED, Type.ADULT_INVOLVED, id="S2-25"),
        pytest.param(REVENGE, Type.INTENT_TO_HARM, id="S2-26"),
        pytest.param(CHANGING_ROOM, Type.RECKLESS_MISUSE, id="S2-27"),
    ],
)
def test_the_six_examples_come_out_as_the_policy_has_them(example: dict[str, object], proposed: Type) -> None:
    assert judged(example).proposed is proposed


def test_two_sixteen_year_olds_who_shared_nothing_further_call_for_no_agency_at_all() -> None:
    assessment = judged(ROMANTIC)
    assert levels(assessment) == NO_ACTION
    assert (assessment.flags, assessment.alternatives, assessment.unknown) == ((), (), ())
    assert assessment.urgency is Urgency.SOON


def test_the_adult_of_the_policys_example_goes_to_the_police_at_once() -> None:
    assessment = judged(ADULT_ASKED)
    assert level(assessment, Agency.POLICE) is Level.NOW
    assert at_least(assessment, Agency.SOCIAL_CARE, Level.REFER)
    assert level(assessment, Agency.CEOP) is Level.DISCUSS
    assert assessment.urgency is Urgency.NOW


@pytest.mark.parametrize("example", [REVENGE, CHANGING_ROOM])
def test_aggravated_cases_are_discussed_with_social_care_and_the_police(example: dict[str, object]) -> None:
    assessment = judged(example)
    assert level(assessment, Agency.POLICE) is Level.DISCUSS
    assert level(assessment, Agency.SOCIAL_CARE) is Level.DISCUSS
    assert "S2-28" in assessment.actions[Agency.POLICE].sources
    assert assessment.urgency is Urgency.TODAY


def test_case_study_a_is_romantic_and_not_referred() -> None:
    assessment = judged(CASE_A)
    assert assessment.proposed is Type.ROMANTIC
    assert levels(assessment) == NO_ACTION


def test_case_study_b_is_experimental_and_taken_to_the_education_advisers_but_to_no_police() -> None:
    assessment = judged(CASE_B)
    assert assessment.proposed is Type.OTHER_EXPERIMENTAL
    assert assessment.flags == (Flag.UNDER_13,)
    assert level(assessment, Agency.EDUCATION_ADVICE) is Level.DISCUSS
    assert "S2-95" in assessment.actions[Agency.EDUCATION_ADVICE].sources
    assert level(assessment, Agency.POLICE) is Level.NONE
    assert level(assessment, Agency.SOCIAL_CARE) is Level.DISCUSS
    assert level(assessment, Agency.REMOVAL) is Level.NONE


def test_case_study_c_shows_both_readings_and_the_fact_that_decides_between_them() -> None:
    assessment = judged(CASE_C)
    assert assessment.proposed is Type.RECKLESS_MISUSE
    (other,) = assessment.alternatives
    assert (other.type, other.deciding_fact) == (Type.INTENT_TO_HARM, "purposes")
    assert {"S2-26", "S2-98", "C-02"} <= set(other.sources)


@pytest.mark.parametrize("purposes", [["breakup"], ["to_hurt"], ["breakup", "to_hurt"], ["joke"], ["unknown"]])
def test_case_study_c_keeps_its_actions_whichever_reading_is_taken(purposes: list[str]) -> None:
    assessment = judged(CASE_C, purposes=purposes)
    assert level(assessment, Agency.POLICE) is Level.DISCUSS
    assert level(assessment, Agency.SOCIAL_CARE) is Level.DISCUSS
    assert at_least(assessment, Agency.EDUCATION_ADVICE, Level.ADVICE)
    assert assessment.urgency is Urgency.TODAY


@pytest.mark.parametrize("purposes", [["unknown"], ["breakup", "unknown"], ["joke", "unknown"]])
def test_without_agreement_and_without_a_known_purpose_both_readings_stay_open(purposes: list[str]) -> None:
    assessment = judged(CASE_C, purposes=purposes)
    assert assessment.proposed is Type.INSUFFICIENT
    assert {a.type for a in assessment.alternatives} == {Type.INTENT_TO_HARM, Type.RECKLESS_MISUSE}
    assert {a.deciding_fact for a in assessment.alternatives} == {"purposes"}


@pytest.mark.parametrize(
    ("trigger", "agency", "floor"),
    [
        ({"adult_involved": "yes"}, Agency.POLICE, Level.NOW),
        ({"adult_involved": "yes"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"pressure": "yes"}, Agency.POLICE, Level.REFER),
        ({"pressure": "yes"}, Agency.SOCIAL_CARE, Level.REFER),
        ({"pressure_by": "threats"}, Agency.POLICE, Level.NOW),
        ({"pressure_by": "threats"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"pressure_by": "groomed"}, Agency.POLICE, Level.NOW),
        ({"pressure_by": "groomed"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"pressure_by": "sold"}, Agency.POLICE, Level.NOW),
        ({"pressure_by": "sold"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"pressure_by": "money"}, Agency.POLICE, Level.NOW),
        ({"pressure_by": "money"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"pressure_by": "more_images"}, Agency.POLICE, Level.NOW),
        ({"pressure_by": "more_images"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"pressure_by": "tricked"}, Agency.POLICE, Level.NOW),
        ({"pressure_by": "tricked"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"pressure_by": "threats"}, Agency.CEOP, Level.DISCUSS),
        ({"pressure_by": "groomed"}, Agency.CEOP, Level.DISCUSS),
        ({"understands_agreement": "no"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"understands_agreement": "unknown", "vulnerabilities": "send"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"nature": "violent"}, Agency.POLICE, Level.NOW),
        ({"nature": "violent"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"nature": "beyond_age"}, Agency.POLICE, Level.NOW),
        ({"nature": "beyond_age"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"nature": "sexual_act", "pictured_ages": 12}, Agency.POLICE, Level.NOW),
        ({"nature": "sexual_act", "others_ages": 12}, Agency.SOCIAL_CARE, Level.NOW),
        ({"child_now": "self_harm"}, Agency.SOCIAL_CARE, Level.NOW),
        ({"child_now": "self_harm"}, Agency.POLICE, Level.DISCUSS),
        ({"immediate_danger": "yes"}, Agency.POLICE, Level.NOW),
        ({"immediate_danger": "yes"}, Agency.SOCIAL_CARE, Level.NOW),
    ],
)
def test_each_trigger_of_the_immediate_referral_list_refers(
    trigger: dict[str, object], agency: Agency, floor: Level
) -> None:
    assert at_least(judged(trigger), agency, floor)


@pytest.mark.parametrize(
    ("fact", "agency", "expected", "flag"),
    [
        ({"child_now": "hurt"}, Agency.SOCIAL_CARE, Level.NOW, Flag.HARM),
        ({"child_now": "afraid_home"}, Agency.SOCIAL_CARE, Level.NOW, Flag.HARM),
        ({"child_now": "missing"}, Agency.POLICE, Level.NOW, Flag.HARM),
        ({"pictured_ages": 12}, Agency.EDUCATION_ADVICE, Level.DISCUSS, Flag.UNDER_13),
        ({"others_ages": 12}, Agency.SOCIAL_CARE, Level.DISCUSS, Flag.UNDER_13),
        ({"vulnerabilities": "in_care"}, Agency.SOCIAL_CARE, Level.DISCUSS, Flag.VULNERABLE),
        ({"vulnerabilities": "send"}, Agency.EDUCATION_ADVICE, Level.DISCUSS, Flag.VULNERABLE),
        ({"earlier": "yes"}, Agency.EDUCATION_ADVICE, Level.DISCUSS, Flag.REPEAT),
        ({"pressure_by": "money"}, Agency.POLICE, Level.NOW, Flag.MONEY_OR_MORE_IMAGES),
        ({"pressure_by": "threats"}, Agency.POLICE, Level.NOW, Flag.MONEY_OR_MORE_IMAGES),
        ({"pressure_by": "threats"}, Agency.REMOVAL, Level.ADVICE, Flag.ADULT_POSSIBLE),
        ({"pressure_by": "more_images"}, Agency.CEOP, Level.DISCUSS, Flag.MONEY_OR_MORE_IMAGES),
        ({"pressure_by": "money"}, Agency.POLICE, Level.NOW, Flag.ADULT_POSSIBLE),
        ({"purposes": "money"}, Agency.POLICE, Level.REFER, Flag.OUTSIDE_TYPOLOGY),
        ({"happened": "posted"}, Agency.REMOVAL, Level.REFER, Flag.PUBLIC),
        ({"pictured_ages": 18}, Agency.POLICE, Level.NOW, Flag.ADULT_PICTURED),
        ({"understands_agreement": "no"}, Agency.SOCIAL_CARE, Level.NOW, Flag.CAPACITY_IN_DOUBT),
        ({"pressure_by": "tricked"}, Agency.POLICE, Level.NOW, Flag.OUTSIDE_TYPOLOGY),
        ({"staff_concerned": "head"}, Agency.LADO, Level.REFER, Flag.STAFF),
    ],
)
def test_a_fact_raises_its_flag_and_lifts_its_agency(
    fact: dict[str, object], agency: Agency, expected: Level, flag: Flag
) -> None:
    assessment = judged(fact)
    assert level(assessment, agency) is expected
    assert flag in assessment.flags


@pytest.mark.parametrize("role", ["head", "dsl", "deputy", "chair", "other"])
def test_a_concern_about_staff_is_an_adult_involved_and_goes_to_the_lado_and_the_police(role: str) -> None:
    assessment = judged(staff_concerned=role)
    assert assessment.proposed is Type.ADULT_INVOLVED
    assert {Flag.STAFF, Flag.ADULT} <= set(assessment.flags)
    assert level(assessment, Agency.LADO) is Level.REFER
    assert at_least(assessment, Agency.POLICE, Level.REFER)
    assert at_least(assessment, Agency.SOCIAL_CARE, Level.DISCUSS)


def test_not_knowing_whether_staff_are_concerned_suggests_asking_the_lado() -> None:
    assert level(judged(staff_concerned="unknown"), Agency.LADO) is Level.ADVICE


@pytest.mark.parametrize("side", ["pictured_ages", "others_ages"])
def test_an_eighteen_year_old_pupil_is_an_adult_even_where_no_adult_was_said(side: str) -> None:
    assessment = judged({side: [17, 18]})
    assert assessment.proposed is Type.ADULT_INVOLVED
    assert level(assessment, Agency.POLICE) is Level.NOW


def test_somebody_met_only_online_may_be_an_adult_whatever_was_said() -> None:
    assessment = judged(relationship="online_only")
    assert assessment.proposed is Type.INSUFFICIENT
    assert Flag.ADULT_POSSIBLE in assessment.flags
    assert [a.type for a in assessment.alternatives] == [Type.ADULT_INVOLVED]


def test_pressure_between_young_people_is_intent_to_harm() -> None:
    assessment = judged(pressure="yes")
    assert assessment.proposed is Type.INTENT_TO_HARM
    assert assessment.alternatives == ()


@pytest.mark.parametrize("told", [{"pressure": "yes"}, {"pressure_by": "threats"}, {"pressure_by": "kept_asking"}])
def test_pressure_while_an_adult_is_not_ruled_out_stays_open_with_the_adult_named_first(
    told: dict[str, object],
) -> None:
    """Derived decision order, 2: who is behind it comes before what it was for."""
    assessment = judged(told, adult_involved="unknown")
    assert assessment.proposed is Type.INSUFFICIENT
    assert [a.type for a in assessment.alternatives] == [Type.ADULT_INVOLVED, Type.INTENT_TO_HARM]
    assert {a.deciding_fact for a in assessment.alternatives} == {"adult_involved"}


@pytest.mark.parametrize("told", [{"pressure": "yes"}, {"pressure_by": "kept_asking"}])
def test_being_asked_again_and_again_or_pressed_in_an_unknown_way_is_referred_and_not_at_once(
    told: dict[str, object],
) -> None:
    assessment = judged(told)
    assert level(assessment, Agency.POLICE) is Level.REFER
    assert level(assessment, Agency.SOCIAL_CARE) is Level.REFER
    assert assessment.urgency is Urgency.TODAY


def test_a_dare_is_not_pressure() -> None:
    assert levels(judged(pressure="dare", purposes="dare")) == NO_ACTION


@pytest.mark.parametrize(
    ("limb", "open_type"),
    [
        ("adult_involved", Type.ADULT_INVOLVED),
        ("staff_concerned", Type.ADULT_INVOLVED),
        ("pictured_ages", Type.ADULT_INVOLVED),
        ("pressure", Type.INTENT_TO_HARM),
        ("made_with_agreement", Type.RECKLESS_MISUSE),
        ("shared_with_agreement", Type.RECKLESS_MISUSE),
        ("purposes", Type.INTENT_TO_HARM),
        ("relationship", Type.ROMANTIC),
        ("extent", Type.ROMANTIC),
        ("nature", None),
    ],
)
def test_one_answer_missing_is_insufficient_and_says_which(limb: str, open_type: Type | None) -> None:
    assessment = judged({limb: "unknown"})
    assert assessment.proposed is Type.INSUFFICIENT
    assert limb in assessment.unknown
    assert at_least(assessment, Agency.EDUCATION_ADVICE, Level.ADVICE)
    assert assessment.urgency is Urgency.TODAY
    named = {(a.type, a.deciding_fact) for a in assessment.alternatives}
    assert (open_type is None) is (named == set())
    assert open_type is None or (open_type, limb) in named


@pytest.mark.parametrize(
    ("relationship", "extent", "purposes", "proposed"),
    [
        ("partners", "not_shared", "relationship", Type.ROMANTIC),
        ("partners", "pair_only", "attention", Type.ROMANTIC),
        ("friends", "pair_only", "attention", Type.ATTENTION_SEEKING),
        ("partners", "few", "attention", Type.ATTENTION_SEEKING),
        ("no_other", "not_shared", "for_self", Type.OTHER_EXPERIMENTAL),
        ("no_other", "public", "attention", Type.ATTENTION_SEEKING),
    ],
)
def test_the_experimental_kinds_follow_the_policys_text_not_its_shifted_sub_titles(
    relationship: str, extent: str, purposes: str, proposed: Type
) -> None:
    assessment = judged(
        relationship=relationship,
        extent=extent,
        purposes=purposes,
        happened="taken",
        shared_with_agreement="yes",
    )
    assert assessment.proposed is proposed


def test_not_shared_settles_nothing_when_it_has_gone_further() -> None:
    assessment = judged(extent="many", shared_with_agreement="not_shared")
    assert assessment.proposed is Type.INSUFFICIENT
    assert "shared_with_agreement" in {a.deciding_fact for a in assessment.alternatives}


def test_a_partners_picture_passed_on_without_agreement_is_aggravated_not_attention_seeking() -> None:
    assert judged(extent="few", shared_with_agreement="no", purposes="joke").proposed is Type.RECKLESS_MISUSE


def test_ai_made_changes_nothing_but_its_flags() -> None:
    told, untold = judged(CASE_C, ai_made="yes"), judged(CASE_C)
    assert told.actions == untold.actions
    assert told.proposed is untold.proposed
    assert set(told.flags) - set(untold.flags) == {Flag.AI_MADE, Flag.OUTSIDE_TYPOLOGY}


def test_the_strict_reading_refers_any_picture_of_a_child_to_the_police_and_is_off_by_default() -> None:
    assert level(judged(CASE_A), Agency.POLICE) is Level.NONE
    strict = judged(CASE_A, strict_police=True)
    assert level(strict, Agency.POLICE) is Level.REFER
    assert "S1-39" in strict.actions[Agency.POLICE].sources
    assert level(judged(strict_police=True, nature="not_sexual"), Agency.POLICE) is Level.NONE


def test_with_nothing_known_the_type_is_insufficient_and_everything_that_matters_is_listed() -> None:
    assessment = assess(Facts())
    assert assessment.proposed is Type.INSUFFICIENT
    assert assessment.unknown[:3] == ("immediate_danger", "staff_concerned", "adult_involved")
    assert Flag.ADULT_POSSIBLE in assessment.flags
    assert assessment.urgency is Urgency.TODAY


def test_an_action_names_every_rule_behind_it_the_strongest_first() -> None:
    police = judged(CASE_C, immediate_danger="yes").actions[Agency.POLICE]
    assert police.because == ("immediate_danger", "without_agreement")
    assert police.sources[:3] == ("S2-34", "S2-49", "S2-121")


def test_an_action_of_none_has_no_reason() -> None:
    assert judged(ROMANTIC).actions[Agency.LADO] == Action()


def test_the_command_prints_the_same_assessment_as_json() -> None:
    raw = json.dumps({**QUIET, **CASE_C}).encode()
    assert Assessment.model_validate_json(assess_json(raw)) == judged(CASE_C)
    assert json.loads(assess_json(raw, strict_police=True))["actions"]["police"]["level"] == "refer"
