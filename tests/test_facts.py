"""Facts from outside are taken whole, or refused with the fact and what to write: never dropped, never guessed."""

from __future__ import annotations

import json

import pytest

from bot.assess_cli import assess_json, schema_json
from bot.assessment import Assessment
from bot.errors import BadFacts
from bot.facts import AgeBand, Facts, Nature, StaffRole, Tri, Vulnerability, facts_from, read_facts


def test_ages_may_be_given_in_years_or_in_bands_alone_or_in_a_list() -> None:
    assert Facts(pictured_ages=[0, 12]).pictured_ages == {AgeBand.UNDER_13}  # type: ignore[arg-type]
    assert read_facts({"pictured_ages": [13, 15]}).pictured_ages == {AgeBand.FROM_13_TO_15}
    assert read_facts({"pictured_ages": 16}).pictured_ages == {AgeBand.FROM_16_TO_17}
    assert read_facts({"pictured_ages": [17, 18, 120]}).pictured_ages == {AgeBand.FROM_16_TO_17, AgeBand.ADULT}
    assert read_facts({"pictured_ages": "13_15"}) == read_facts({"pictured_ages": [14, "13_15"]})


def test_none_gives_way_to_a_real_value_and_unknown_stays_beside_it() -> None:
    facts = read_facts({"vulnerabilities": ["none", "send", "unknown"], "staff_concerned": ["none", "unknown"]})
    assert facts.vulnerabilities == {Vulnerability.SEND, Vulnerability.UNKNOWN}
    assert facts.staff_concerned == {StaffRole.UNKNOWN}
    assert facts.is_unknown("vulnerabilities")
    assert facts.vulnerable
    assert not facts.staff_possible


def test_an_empty_list_says_nothing_and_is_unknown() -> None:
    assert read_facts({"nature": [], "pictured_ages": []}) == Facts()


def test_picked_values_become_facts_by_name() -> None:
    facts = facts_from({"adult_involved": ("no",), "nature": ("sexual", "violent"), "earlier": ()})
    assert facts.adult_involved is Tri.NO
    assert facts.nature == {Nature.SEXUAL, Nature.VIOLENT}
    assert facts.earlier is Tri.UNKNOWN


@pytest.mark.parametrize(
    "picked",
    [
        {"adult_involved": ("perhaps",)},
        {"nature": ("sexual", "perhaps")},
        {"adult_involved": ("yes", "no")},
        {"no_such_fact": ("yes",)},
        {"pictured_ages": ("-3",)},
    ],
)
def test_a_picked_value_that_is_not_known_is_refused_never_dropped(picked: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(BadFacts) as refused:
        facts_from(picked)
    assert refused.value.fact in picked


@pytest.mark.parametrize(
    ("raw", "fact"),
    [
        (b'{"pictured_ages": "-3"}', "pictured_ages"),
        (b'{"pictured_ages": -3}', "pictured_ages"),
        (b'{"pictured_ages": [15, 3.5]}', "pictured_ages"),
        (b'{"pictured_ages": 15.0}', "pictured_ages"),
        (b'{"others_ages": 200}', "others_ages"),
        (b'{"others_ages": true}', "others_ages"),
        (b'{"others_ages": [[15]]}', "others_ages"),
        (b'{"others_ages": null}', "others_ages"),
        (b'{"others_ages": {"age": 15}}', "others_ages"),
        (b'{"others_ages": 1e999}', "others_ages"),
        (b'{"adult_involved": true}', "adult_involved"),
        (b'{"adult_involved": ["yes"]}', "adult_involved"),
        (b'{"adult_involved": "SECRET WORDS"}', "adult_involved"),
        (b'{"nature": "\\ud800"}', "nature"),
        (b'{"nature": ["\\u0000"]}', "nature"),
        (b'{"home_authority": 3}', "home_authority"),
        (b'{"shoe_size": 3}', "shoe_size"),
        (b'{"SECRET WORDS": 3}', "a name that is not a fact's"),
        (b'{"\\ud800": 3}', "a name that is not a fact's"),
        (b'{"adult_involved": "yes", "adult_involved": "no"}', "the facts"),
        (b"", "the facts"),
        (b"null", "the facts"),
        (b"[]", "the facts"),
        (b'"yes"', "the facts"),
        (b"{'adult_involved': 'yes'}", "the facts"),
        (b'{"pictured_ages": NaN}', "the facts"),
        (b"\xff\xfe\xfa", "the facts"),
        (b"\x00", "the facts"),
        pytest.param(b"[" * 100_000, "the facts", id="deep"),
        pytest.param(b'{"pictured_ages": ' + b"9" * 100_000 + b"}", "the facts", id="huge number"),
        pytest.param(b'{"nature": "' + b"x" * 100_000 + b'"}', "nature", id="huge value"),
        pytest.param(b'{"' + b"x" * 100_000 + b'": 1}', "a name that is not a fact's", id="huge name"),
    ],
)
def test_bad_input_is_refused_with_the_fact_and_what_to_write_and_never_repeated(raw: bytes, fact: str) -> None:
    with pytest.raises(BadFacts) as refused:
        assess_json(raw)
    said = str(refused.value)
    assert refused.value.exit_code == 65
    assert refused.value.fact == fact
    assert "Write " in refused.value.write
    assert said.startswith(f"{fact}: ")
    assert "SECRET" not in said
    assert len(said) < 800
    assert said.isprintable()


def test_a_long_council_id_with_any_characters_is_taken_as_it_is() -> None:
    odd = "\x00\udc00\u202e<!channel>" + "x" * 100_000
    assert read_facts({"home_authority": odd}).home_authority == odd
    assert json.loads(assess_json(json.dumps({"home_authority": odd}).encode()))["proposed"] == "insufficient"


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    assert json.loads(assess_json(b'\xef\xbb\xbf{"adult_involved": "yes"}'))["proposed"] == "adult_involved"


def test_the_schema_names_every_fact_and_every_part_of_the_assessment() -> None:
    schemas = json.loads(schema_json())
    assert set(schemas["facts"]["properties"]) == set(Facts.model_fields)
    assert set(schemas["assessment"]["required"]) == set(Assessment.model_fields)
    assert schemas["facts"]["additionalProperties"] is False
    one, many = schemas["facts"]["properties"]["nature"]["anyOf"]
    assert many == {"type": "array", "items": one}
    assert {"type": "integer", "minimum": 0, "maximum": 120} in schemas["facts"]["properties"]["pictured_ages"][
        "anyOf"
    ][0]["anyOf"]
