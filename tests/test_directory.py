"""The trust's file: what it says is found again, every fault is refused by line and key, a damaged one does no harm."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.trust_file import TrustFile
from bot.directory import Directory, parse_trust
from bot.errors import ConfigError
from bot.message import Person

TEXT = (Path(__file__).parent.parent / "examples/staffordshire/trust.toml").read_text(encoding="utf-8")
EXAMPLE = parse_trust(TEXT, "trust.toml")
AT_WORK = datetime(2026, 11, 19, 10, tzinfo=UTC)
EVENING = datetime(2026, 11, 19, 20, tzinfo=UTC)


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_trust(text, "trust.toml")
    return caught.value


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


def test_the_example_holds_the_trust_and_at_least_three_made_up_academies() -> None:
    assert EXAMPLE.trust.name == "Staffordshire University Academies Trust"
    assert len(EXAMPLE.academies) >= 3
    assert all("Example" in academy.name for academy in EXAMPLE.academies)
    assert all("Example" in person.name for person in EXAMPLE.people)


def test_every_telephone_of_a_made_up_person_is_one_of_ofcoms_drama_numbers() -> None:
    assert all(re.fullmatch(r"01632 960\d{3}|07700 900\d{3}", person.phone) for person in EXAMPLE.people)


def test_the_trusts_timing_policy_and_leads_are_as_written() -> None:
    timing = EXAMPLE.trust.timing
    assert (timing.nudge_minutes, timing.silent_minutes, timing.danger_silent_minutes) == (5, 15, 3)
    assert EXAMPLE.trust.policy.police_for_any_image is False
    assert EXAMPLE.trust.lead.id == "trust-lead"
    assert EXAMPLE.trust.unscreened is not None


def test_without_an_unscreened_person_there_is_none() -> None:
    assert parse_trust(TEXT.replace('unscreened = "trust-unscreened"', ""), "t").trust.unscreened is None


def test_somebody_is_known_by_door_and_platform_id_and_nobody_by_another_door() -> None:
    dana = EXAMPLE.person_at(Person("web", "dsl-north"))
    assert dana is not None
    assert dana.name == "Dana Example"
    assert EXAMPLE.person_at(Person("slack", "dsl-north")) is None
    assert EXAMPLE.person_at(Person("web", "sam")) is None


def test_roles_and_holders_are_an_academys_own() -> None:
    assert EXAMPLE.roles("north", "dsl-north") == {"dsl"}
    assert EXAMPLE.roles("north", "deputy-north") == {"deputy", "on_call"}
    assert EXAMPLE.roles("south", "dsl-north") == frozenset()
    assert EXAMPLE.roles("north", "trust-lead") == {"trust_lead", "on_call"}
    assert [person.id for person in EXAMPLE.holders("north", "deputies")] == ["deputy-north"]
    assert EXAMPLE.holders("north", "deputies") == EXAMPLE.holders("north", "deputy")
    assert EXAMPLE.holders("nowhere", "dsl") == ()


def test_school_hours_know_the_clock_the_bank_holidays_and_the_closures() -> None:
    assert EXAMPLE.in_school_hours("north", AT_WORK)
    assert not EXAMPLE.in_school_hours("north", EVENING)
    assert not EXAMPLE.in_school_hours("north", datetime(2026, 8, 31, 10, tzinfo=UTC))
    assert not EXAMPLE.in_school_hours("north", datetime(2026, 12, 22, 10, tzinfo=UTC))
    assert EXAMPLE.in_school_hours("north", datetime(2027, 1, 4, 10, tzinfo=UTC))
    assert not EXAMPLE.in_school_hours("nowhere", AT_WORK)


def test_the_person_on_call_is_the_first_whose_hours_fit() -> None:
    def on_call(academy: str, at: datetime) -> str:
        person = EXAMPLE.on_call(academy, at)
        return person.id if person else ""

    assert on_call("north", EVENING) == "deputy-north"
    assert on_call("north", datetime(2026, 11, 21, 12, tzinfo=UTC)) == "trust-lead"
    assert on_call("south", EVENING) == "deputy-south"
    assert on_call("nowhere", EVENING) == ""


def test_the_ladder_depends_on_the_hour_on_staff_concern_and_on_the_academys_own_rules() -> None:
    def rungs(academy: str, at: datetime, staff: bool = False) -> list[str]:
        return [rung.to for rung in EXAMPLE.ladder(academy, at, staff)]

    assert rungs("north", AT_WORK) == ["dsl", "deputies", "head", "trust_lead"]
    assert rungs("north", EVENING)[0] == "on_call"
    assert rungs("north", AT_WORK, staff=True) == ["head", "chair", "trust_lead"]
    assert rungs("north", EVENING, staff=True) == ["head", "chair", "trust_lead"]
    assert rungs("primary", AT_WORK) == ["dsl", "deputies", "trust_lead"]
    first = EXAMPLE.ladder("north", AT_WORK, False)[0]
    assert (first.minutes, first.urgent_minutes) == (10, 3)


def test_a_channel_is_looked_up_by_door_and_is_empty_where_there_is_none() -> None:
    assert EXAMPLE.channel("north", "web") == "dsl-north-channel"
    assert EXAMPLE.channel("north", "slack") == ""
    assert EXAMPLE.channel("nowhere", "web") == ""


def test_the_digest_changes_with_one_byte() -> None:
    assert EXAMPLE.digest == parse_trust(TEXT, "elsewhere.toml").digest
    assert EXAMPLE.digest != parse_trust(TEXT + "\n", "trust.toml").digest


WAITS = 'when_closed = "stoke-referral-team"'

# What is written, what it is turned into, and what the refusal must name besides the line.
FAULTS = {
    "not TOML": ('name = "Dana Example"', 'name = "Dana Example', "line"),
    "a key twice": ("nudge_minutes = 5 ", "nudge_minutes = 4\nnudge_minutes = 5 ", "line"),
    "an unknown key": ('head = "head-north"', 'heed = "head-north"', "heed"),
    "an unknown table": ("[timing]", "[timings]", "timings"),
    "a missing key": ('authority = "stoke"\n', "", "authority"),
    "another country": ('country = "england"', 'country = "wales"', "country"),
    "a DSL who is nobody": ('dsl = "dsl-north"', 'dsl = "dsl-norht"', "dsl-norht"),
    "a deputy who is nobody": ('deputies = ["deputy-south"]', 'deputies = ["deputy"]', '"deputy"'),
    "a lead who is nobody": ('lead = "trust-lead"', 'lead = "leader"', "leader"),
    "an on-call person who is nobody": ('person = "deputy-south" }', 'person = "nobody" }', "nobody"),
    "a council that is not there": ('authority = "stoke"', 'authority = "dorset"', "dorset"),
    "a contact that is not there": ('"stoke-edt",', '"stoke-edd",', "stoke-edd"),
    "a trust contact that is not there": ('"emergency", ', '"emergencies", ', "emergencies"),
    "taking over from nobody": (WAITS, 'when_closed = "stoke"', '"stoke"'),
    "taking over in a ring": (WAITS, 'when_closed = "stoke-edt"', "when_closed"),
    "taking over in a chain": (WAITS, 'when_closed = "staffordshire-eds"', "when_closed"),
    "a person twice": ('id = "deputy-north"\nname', 'id = "dsl-north"\nname', "dsl-north"),
    "an academy twice": ('id = "south"', 'id = "north"', "north"),
    "a contact twice": ('id = "stoke-edt"\nname', 'id = "childline"\nname', "childline"),
    "two academies in one channel": ('web = "dsl-south-channel"', 'web = "dsl-north-channel"', "dsl-north-channel"),
    "an academy in the trust's channel": ('web = "dsl-south-channel"', 'web = "trust-safeguarding-channel"', "channel"),
    "two people with one id": ('ids = { web = "deputy-north" }', 'ids = { web = "dsl-north" }', "dsl-north"),
    "a Slack name instead of an id": ('ids = { web = "dsl-north" }', 'ids = { slack = "@dana" }', "@dana"),
    "a Slack channel name": ('{ web = "dsl-north-channel" }', '{ slack = "#dsl-north" }', "#dsl-north"),
    "a Teams e-mail": ('ids = { web = "dsl-north" }', 'ids = { teams = "dana@example.org" }', "dana@example.org"),
    "a door that does not exist": ('ids = { web = "dsl-north" }', 'ids = { telegram = "1" }', "telegram"),
    "hours in plain English": ('"Mo-Fr 08:15-16:15; PH off"', '"Monday to Friday, 9 to 4"', "school_hours"),
    "school hours unknown": ('"Mo-Fr 08:15-16:15; PH off"', '"unknown"', "school_hours"),
    "bank holidays in the middle": ('"Mo-Fr 08:15-16:15; PH off"', '"Mo-Fr 08:15-16:15 PH off"', "semicolon"),
    "on-call hours that cannot be read": ('hours = "Mo-Fr 00:00-08:00,17:00-24:00"', 'hours = "nights"', "on_call"),
    "a telephone with letters": ('phone = "01632 960111"', 'phone = "0800 REPORT"', "0800 REPORT"),
    "a telephone that is a number": ('phone = "01632 960111"', "phone = 1632960111", "phone"),
    "a date that is no date": ("first = 2026-10-26", 'first = "half term"', "closures"),
    "a closure backwards": ("last = 2026-10-30", "last = 2026-10-01", "closures"),
    "a check before it was made": ("verify_by = 2022-09-01", "verify_by = 2018-09-01", "verify_by"),
    "minutes below nothing": ("minutes = 15, urgent", "minutes = -1, urgent", "minutes"),
    "an urgent wait that is longer": ("15, urgent_minutes = 3", "15, urgent_minutes = 30", "urgent"),
    "a nudge after the silence": ("nudge_minutes = 5 ", "nudge_minutes = 20 ", "nudge_minutes"),
    "a rung that does not exist": ('to = "dsl", minutes = 15', 'to = "caretaker", minutes = 15', "dsl"),
    "a choice that is not one": ("police_for_any_image = false", 'police_for_any_image = "maybe"', "true or false"),
    "a contact nobody can reach": ('web = "https://shorespace.org.uk"\n', "", "shore"),
    "both hours and taking over": (WAITS, WAITS + '\nhours = "always"', "when_closed"),
    "an agency that is not one": ('agency = "ceop"', 'agency = "council"', '"ceop"'),
    "a closed line that is neither": ("probably_closed = true", 'probably_closed = "maybe"', "true or false"),
    "no source": ('source = ["S2-118", "N-24"]', "source = []", "source"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_refused_with_the_file_the_place_what_is_wrong_and_what_to_write(fault: str) -> None:
    old, new, named = FAULTS[fault]
    assert old in TEXT, fault
    error = refused(TEXT.replace(old, new, 1))
    assert error.exit_code == 78
    assert error.file == "trust.toml"
    assert named in str(error)
    assert error.key
    assert error.wrong
    assert error.write.endswith((".", "https://", "examples/staffordshire/trust.toml."))
    assert "pydantic" not in str(error)
    assert "Input should" not in str(error)


@pytest.mark.parametrize(
    "fault",
    [
        "a DSL who is nobody",
        "hours in plain English",
        "a telephone with letters",
        "two people with one id",
        "taking over in a ring",
        "an unknown key",
        "another country",
        "a nudge after the silence",
    ],
)
def test_the_line_that_is_named_is_the_line_that_is_wrong(fault: str) -> None:
    old, new, _ = FAULTS[fault]
    assert f"line {line_of(TEXT, old)}," in refused(TEXT.replace(old, new, 1)).key


def test_a_fault_reads_as_a_sentence_somebody_can_act_on() -> None:
    error = refused(TEXT.replace('dsl = "dsl-north"', 'dsl = "jo"', 1))
    line = line_of(TEXT, 'dsl = "dsl-north"')
    assert str(error) == (
        f'trust.toml: line {line}, academies "north", dsl: names "jo", and no [[people]] has that id. '
        'Add [[people]] with id = "jo", or write an id that is there.'
    )


def test_a_misspelt_key_is_met_with_the_right_one() -> None:
    assert 'Did you mean "deputies"?' in str(refused(TEXT.replace("deputies = ", "deputys = ", 1)))


def test_an_academy_with_nobody_beside_the_dsl_is_refused() -> None:
    lonely = TEXT.replace('deputies = ["deputy-south"]\nhead = "head-south"\n', "", 1)
    assert lonely != TEXT
    assert "nobody stands beside the DSL" in str(refused(lonely))


def test_a_dsl_who_is_also_the_only_deputy_is_refused() -> None:
    alone = TEXT.replace('deputies = ["deputy-south"]\nhead = "head-south"\n', 'deputies = ["dsl-south"]\n', 1)
    assert "nobody stands beside the DSL" in str(refused(alone))


def test_somebody_on_the_roster_without_a_phone_and_without_ids_is_refused() -> None:
    mute = TEXT.replace('phone = "01632 960121"\nids = { web = "dsl-south" }\n', "", 1)
    assert mute != TEXT
    assert '"dsl-south" cannot be reached' in str(refused(mute))


def test_slack_and_teams_ids_that_look_like_ids_are_taken() -> None:
    slack = TEXT.replace('ids = { web = "dsl-north" }', 'ids = { web = "dsl-north", slack = "U012ABCDEF" }')
    both = slack.replace(
        '{ web = "dsl-south-channel" }', '{ slack = "C012ABCDEF", teams = "19:abc_DEF-1@thread.tacv2" }'
    )
    found = parse_trust(both, "trust.toml")
    assert found.person_at(Person("slack", "U012ABCDEF")) == found.person_at(Person("web", "dsl-north"))
    assert found.channel("south", "teams") == "19:abc_DEF-1@thread.tacv2"


def test_names_are_kept_as_written_in_any_alphabet() -> None:
    found = parse_trust(TEXT.replace("Dana Example", "Łukasz Ćwik-Ŵyn <b>*Example*"), "trust.toml")
    assert found.person("dsl-north").name == "Łukasz Ćwik-Ŵyn <b>*Example*"


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_however_the_file_is_cut_or_scrambled_it_is_read_or_refused_and_never_anything_else(
    data: st.DataObject,
) -> None:
    lines = TEXT.splitlines(keepends=True)
    start = data.draw(st.integers(0, len(lines) - 1))
    cut = lines[:start] + data.draw(st.sampled_from([[], ["]\n"], ["x = 1\n"], ["[x]\n"]])) + lines[start + 1 :]
    try:
        found = parse_trust("".join(cut), "trust.toml")
    except ConfigError as error:
        assert error.key and error.wrong and error.write
    else:
        assert isinstance(found, Directory)


@given(st.text(max_size=300))
def test_no_text_at_all_makes_it_fall_over(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_trust(text, "trust.toml")


def save(path: Path, text: str) -> None:
    """Writes the file with a new modification time, however coarse the disk's clock."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_a_changed_file_is_read_again_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    save(path, TEXT)
    file = TrustFile(path)
    save(path, TEXT.replace("Dana Example", "Robin Sample"))
    assert file.current().person("dsl-north").name == "Robin Sample"
    assert file.fault is None


def test_an_unchanged_file_is_not_parsed_again(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    save(path, TEXT)
    file = TrustFile(path)
    assert file.current() is file.current()


@pytest.mark.parametrize("damage", ["half", "binary", "empty", "gone", "fault"])
def test_a_file_damaged_after_start_leaves_the_last_good_copy_serving_and_says_why(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    save(path, TEXT)
    file = TrustFile(path)
    _damage(path, damage)
    assert file.current().person("dsl-north").phone == "01632 960111"
    assert file.fault is not None
    assert file.fault.file == str(path)
    save(path, TEXT.replace("Dana Example", "Robin Sample"))
    assert file.current().person("dsl-north").name == "Robin Sample"
    assert file.fault is None


def _damage(path: Path, damage: str) -> None:
    if damage == "gone":
        path.unlink()
    elif damage == "binary":
        path.write_bytes(b"\xff\xfe\x00n\x00a")
    else:
        save(path, {"half": TEXT[: len(TEXT) // 2], "empty": "", "fault": TEXT.replace("england", "wales")}[damage])


@pytest.mark.parametrize("damage", ["half", "binary", "empty", "gone", "fault"])
def test_a_file_damaged_before_start_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    save(path, TEXT)
    _damage(path, damage)
    with pytest.raises(ConfigError) as caught:
        TrustFile(path)
    assert caught.value.exit_code == 78
    assert str(path) in str(caught.value)


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert TrustFile(path).current().person("dsl-north").name == "Dana Example"
