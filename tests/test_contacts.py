"""Whom to ring now: the printed figures stand in the example, what is open comes first, and the list is never blank."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.contacts import Number, emergency_lines, for_staff, joined, lado, lead_numbers, lines, numbers, to_json
from bot.directory import Contact, Directory, parse_trust

TEXT = (Path(__file__).parent.parent / "examples/staffordshire/trust.toml").read_text(encoding="utf-8")
EXAMPLE = parse_trust(TEXT, "trust.toml")
LONDON = ZoneInfo("Europe/London")
OFFICE = "Mo-Th 08:30-17:00; Fr 08:30-16:30; PH off"
DAYTIME = "Children's social care: Staffordshire First Response, 0800 1313 126, FirstR@staffordshire.gov.uk"
STAFFORDSHIRE_LINES = {"0800 1313 126", "0345 604 2886"}
STOKE_LINES = {"01782 235100", "01782 234234"}
MINUTES = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def phones(found: Sequence[Number], *states: str) -> list[str]:
    return [number.phone for number in found if not states or number.status in states]


def changed(old: str, new: str) -> Directory:
    assert old in TEXT
    return parse_trust(TEXT.replace(old, new), "trust.toml")


def sourced(source: str) -> list[Contact]:
    return [contact for contact in EXAMPLE.contacts if source in contact.source]


@pytest.mark.parametrize(
    ("source", "key", "printed"),
    [
        ("S1-42", "name", "Professionals Online Safety Helpline (POSH)"),
        ("S1-49", "phone", "101"),
        ("S2-100", "phone", "0800 11 11"),
        ("S2-100", "hours", "always"),
        ("S2-100", "web", "http://www.childline.org.uk/Talk/Chat/Pages/OnlineChat.aspx"),
        ("S2-101", "web", "https://www.ceop.police.uk/safety-centre"),
        ("S2-102", "name", "Report Remove, by Childline and the IWF"),
        ("S2-103", "phone", "0808 800 5000"),
        ("S2-103", "email", "help@nspcc.org.uk"),
        ("S2-103", "text", "88858"),
        ("S2-104", "phone", "0808 800 5002"),
        ("S2-105", "phone", "01765 688827"),
        ("S2-105", "email", "info@mariecollinsfoundation.org.uk"),
        ("S2-114", "phone", "0800 1313 126"),
        ("S2-114", "email", "FirstR@staffordshire.gov.uk"),
        ("S2-114", "hours", OFFICE),
        ("S2-115", "phone", "0345 604 2886"),
        ("S2-115", "phone", "07815 492613"),
        ("S2-115", "when_closed", "staffordshire-first-response"),
        ("S2-116", "phone", "01785 895836"),
        ("S2-116", "email", "esas@staffordshire.gov.uk"),
        ("S2-116", "hours", OFFICE),
        ("S2-117", "phone", "01782 235100"),
        ("S2-117", "email", "SRT.Referrals@stoke.gov.uk"),
        ("S2-117", "hours", OFFICE),
        ("S2-118", "phone", "01782 234234"),
        ("S2-118", "when_closed", "stoke-referral-team"),
        ("S2-120", "phone", "101"),
        ("S2-120", "hours", "unknown"),
        ("S2-121", "phone", "999"),
        ("S2-121", "hours", "always"),
        ("N-09", "web", "https://shorespace.org.uk"),
        ("N-13", "web", "https://www.iwf.org.uk/what-we-do/why-we-exist/report-remove"),
        ("N-14", "web", "https://www.ceop.police.uk/safety-centre"),
        ("N-15", "phone", "0344 381 4772"),
        ("N-15", "hours", "Mo-Fr 10:00-16:00; PH off"),
        ("N-16", "phone", "0808 800 5000"),
        ("N-16", "hours", "Mo-Fr 08:00-22:00; Sa,Su 09:00-18:00"),
        ("N-16", "phone", "0800 136 663"),
        ("N-16", "phone", "0345 6000 459"),
        ("N-16", "unverified", "This line has probably closed."),
        ("N-18", "phone", "01782 235100"),
        ("N-24", "phone", "0300 111 8007"),
    ],
)
def test_every_printed_figure_stands_in_the_example_as_printed(source: str, key: str, printed: str) -> None:
    assert printed in [getattr(contact, key) for contact in sourced(source)]


def test_both_councils_want_the_written_referral_within_48_hours() -> None:
    """S2-119."""
    assert {council.id: council.marf_hours for council in EXAMPLE.authorities} == {"staffordshire": 48, "stoke": 48}


@pytest.mark.parametrize("source", ["C-15", "C-16", "N-24", "N-16"])
def test_what_nobody_has_verified_says_so_in_a_sentence(source: str) -> None:
    assert any(contact.unverified.endswith(".") for contact in sourced(source))


def test_figures_from_the_printed_list_carry_its_date_and_the_others_say_never() -> None:
    for contact in EXAMPLE.contacts:
        printed = any(source.startswith("S2-") for source in contact.source) and contact.id != "report-remove"
        assert str(contact.verified_on) == ("2019-09-01" if printed else "never"), contact.id


@pytest.mark.parametrize(
    ("minute", "first"),
    [
        ("2026-11-19T16:59", "0800 1313 126"),
        ("2026-11-19T17:00", "0345 604 2886"),
        ("2026-11-20T16:29", "0800 1313 126"),
        ("2026-11-20T16:30", "0345 604 2886"),
        ("2026-11-20T16:31", "0345 604 2886"),
        ("2026-11-23T08:29", "0345 604 2886"),
        ("2026-11-23T08:30", "0800 1313 126"),
        ("2026-12-25T23:10", "0345 604 2886"),
        ("2026-08-31T10:00", "0345 604 2886"),
        ("2026-04-06T10:00", "0345 604 2886"),
    ],
)
def test_after_999_comes_the_councils_line_that_is_open_at_that_minute(minute: str, first: str) -> None:
    assert phones(numbers(EXAMPLE, local(minute), authority="staffordshire"))[:2] == ["999", first]


def test_on_a_friday_at_1631_both_out_of_hours_teams_come_first_when_the_council_is_not_known() -> None:
    found = numbers(EXAMPLE, local("2026-11-20T16:31"), academy="south", authority="unknown")
    assert phones(found)[:4] == ["999", "01782 234234", "0345 604 2886", "07815 492613"]


def test_a_daytime_team_that_is_open_comes_before_an_out_of_hours_team_of_the_other_council() -> None:
    saturdays = changed(
        f'SRT.Referrals@stoke.gov.uk"\nhours = "{OFFICE}"', 'SRT.Referrals@stoke.gov.uk"\nhours = "Sa 09:00-17:00"'
    )
    found = phones(numbers(saturdays, local("2026-11-21T10:00"), academy="north"))
    assert found[:3] == ["999", "01782 235100", "0345 604 2886"]


def test_open_comes_before_unknown_and_unknown_before_shut() -> None:
    order = {"always": 0, "open": 0, "unknown": 1, "closed": 2}
    ranks = [order[number.status] for number in numbers(EXAMPLE, local("2026-11-20T16:31"))]
    assert all(before <= after for before, after in pairwise(ranks))


def test_the_childs_home_decides_and_not_the_schools_council() -> None:
    found = set(phones(numbers(EXAMPLE, local("2026-11-19T10:00"), academy="south", authority="staffordshire")))
    assert found >= STAFFORDSHIRE_LINES
    assert not found & STOKE_LINES


@pytest.mark.parametrize("authority", [None, "unknown", "somewhere-else"])
def test_a_council_that_is_not_known_shows_the_lines_of_all(authority: str | None) -> None:
    found = set(phones(numbers(EXAMPLE, local("2026-11-19T10:00"), academy="north", authority=authority)))
    assert found >= STAFFORDSHIRE_LINES | STOKE_LINES


def test_unknown_mash_hours_show_both_lines_as_unknown() -> None:
    found = numbers(EXAMPLE, local("2026-11-19T10:00"), authority="staffordshire")
    unknown = [number.name for number in found if number.status == "unknown" and number.phone == "101"]
    assert unknown == [
        "Staffordshire Police, ask for M.A.S.H.",
        "Staffordshire Police, ask for the Area Communications Room",
    ]


def test_mash_hours_once_filled_in_are_followed_by_both_lines() -> None:
    wanted = re.sub(
        r'(id = "staffordshire-mash".*?)hours = "unknown"', r'\1hours = "Mo-Fr 09:00-17:00"', TEXT, flags=re.S
    )
    found = numbers(parse_trust(wanted, "trust.toml"), local("2026-11-19T18:00"), authority="stoke")
    states = {number.name: number.status for number in found}
    assert states["Staffordshire Police, ask for M.A.S.H."] == "closed"
    assert states["Staffordshire Police, ask for the Area Communications Room"] == "open"


def test_a_stale_number_is_shown_with_its_date_and_a_fresh_one_without() -> None:
    fresh = changed(
        "verified_on = 2019-09-01\nverify_by = 2022-09-01", "verified_on = 2026-09-01\nverify_by = 2027-08-31"
    )
    for at, stale in ((local("2027-08-31T23:59"), False), (local("2027-09-01T00:00"), True)):
        eds = next(number for number in numbers(fresh, at, authority="stoke") if number.phone == "01782 234234")
        assert eds.stale is stale
        assert ("This number was last checked on 1 September 2026." in lines([eds])) is stale


def test_the_day_of_the_last_check_is_said_once_for_the_whole_list_and_with_every_day_there_is() -> None:
    shown = lines(numbers(EXAMPLE, local("2026-11-19T10:00")))
    assert [line for line in shown if "checked" in line] == ["These numbers were last checked on 1 September 2019."]
    assert shown[-1].startswith("These numbers")
    rung = changed(
        'source = ["S2-117", "N-24"]\nverified_on = 2019-09-01', 'source = ["S2-117", "N-24"]\nverified_on = 2021-03-04'
    )
    last = lines(numbers(rung, local("2026-11-19T10:00")))[-1]
    assert last == "These numbers were last checked on 1 September 2019 or 4 March 2021."
    assert lines([]) == ()


def test_a_number_nobody_checked_says_so() -> None:
    found = numbers(EXAMPLE, local("2026-11-19T10:00"), authority="staffordshire")
    cass = next(number for number in found if number.phone == "0300 111 8007")
    assert cass.note.startswith("Not verified.")
    assert "hours not known. Not verified." in lines([cass])[0]
    assert cass.verified_on == "never"


@pytest.mark.parametrize(
    ("minute", "line"),
    [
        ("2026-07-01T10:00", f"{DAYTIME}, open until 17:00 today."),
        ("2026-11-20T10:00", f"{DAYTIME}, open until 16:30 today."),
        ("2026-11-19T20:00", f"{DAYTIME}, closed, opens 08:30 tomorrow."),
        ("2026-12-25T23:10", f"{DAYTIME}, closed, opens 08:30 on Tuesday 29 December."),
        (
            "2026-12-25T23:10",
            "Children's social care, out of hours: Staffordshire Emergency Duty Service, 0345 604 2886, "
            "open until 08:30 on Tuesday 29 December.",
        ),
        ("2026-12-25T23:10", "In danger now: Emergency services, 999, always open."),
        ("2026-12-25T23:10", "Police, nobody in danger now: 101, always open. Ask for M.A.S.H."),
        (
            "2026-12-25T23:10",
            "Police, harm to a child: Staffordshire Police, ask for M.A.S.H., 101, hours not known.",
        ),
    ],
)
def test_a_line_says_until_when_in_the_time_people_read(minute: str, line: str) -> None:
    assert any(shown.startswith(line) for shown in lines(numbers(EXAMPLE, local(minute), authority="staffordshire")))


def test_json_has_the_promised_keys_and_times_with_londons_offset() -> None:
    listed = json.loads(to_json(numbers(EXAMPLE, local("2026-07-01T10:00"), authority="stoke")))
    keys = {"name", "phone", "status", "opens_at", "closes_at", "source", "verified_on"}
    assert all(set(entry) == keys for entry in listed)
    assert all(entry["status"] in {"open", "closed", "always", "unknown"} for entry in listed)
    team = next(entry for entry in listed if entry["phone"] == "01782 235100")
    assert (team["status"], team["opens_at"], team["closes_at"]) == ("open", None, "2026-07-01T17:00:00+01:00")
    assert (team["source"], team["verified_on"]) == (["S2-117", "N-24"], "2019-09-01")


@given(MINUTES, st.sampled_from([None, "north", "south", "nowhere"]))
@settings(max_examples=1500, deadline=None)
def test_at_no_minute_is_the_list_blank_without_999_or_without_an_open_line_for_each_council(
    at: datetime, academy: str | None
) -> None:
    for council, main in (("staffordshire", STAFFORDSHIRE_LINES), ("stoke", STOKE_LINES), ("unknown", STOKE_LINES)):
        found = numbers(EXAMPLE, at, academy=academy, authority=council)
        assert found[0].phone == "999"
        assert found[0].status == "always"
        assert len(main & set(phones(found, "open"))) == 1
        assert len(main & set(phones(for_staff(found)))) == 1
        assert {"999", "101", "0800 11 11"} <= set(phones(for_staff(found)))


def test_999_is_there_even_when_the_trusts_file_forgets_it() -> None:
    forgetful = changed('"emergency", ', "")
    assert phones(numbers(forgetful, local("2026-11-19T10:00")))[0] == "999"
    assert phones(numbers(forgetful, local("2026-11-19T10:00"))).count("999") == 1


@pytest.mark.parametrize(
    ("minute", "services"),
    [
        ("2026-11-19T10:00", ["0800 1313 126"]),
        ("2026-11-19T20:00", ["0345 604 2886", "07815 492613"]),
    ],
)
def test_staff_are_shown_999_the_social_care_that_answers_the_police_and_childline_and_nothing_else(
    minute: str, services: list[str]
) -> None:
    found = for_staff(numbers(EXAMPLE, local(minute), authority="staffordshire"))
    assert phones(found) == ["999", *services, "101", "0800 11 11"]
    assert not any("@" in line or "http" in line for line in lines(found))
    assert any(line.startswith("For the child: Childline") for line in lines(found))


def test_staff_read_the_police_once_with_whom_to_ask_for_and_every_line_keeps_its_place_in_the_full_list() -> None:
    """C-16."""
    found = numbers(EXAMPLE, local("2026-11-19T10:00"), authority="staffordshire")
    assert phones(found).count("101") == 3
    said = "Police, nobody in danger now: 101, always open. "
    said += "Ask for M.A.S.H.; if it is shut, the Area Communications Room."
    for short in (for_staff(found), joined(found)):
        assert [line for line in lines(short) if " 101," in line] == [said]


def test_joining_lines_never_loses_another_service_on_the_same_telephone() -> None:
    found = numbers(EXAMPLE, local("2026-11-19T10:00"), authority="stoke")
    assert phones(joined(found)).count("01782 235100") == 2


def test_a_council_line_whose_hours_are_not_known_is_still_shown_to_staff_unless_nobody_ever_checked_it() -> None:
    unknown = parse_trust(
        re.sub(r'(id = "stoke-referral-team".*?)hours = "[^"]*"', r'\1hours = "unknown"', TEXT, flags=re.S),
        "trust.toml",
    )
    shown = phones(for_staff(numbers(unknown, local("2026-11-19T10:00"))))
    assert "01782 235100" in shown
    assert "0300 111 8007" not in shown


def test_what_has_no_telephone_is_in_the_full_list_with_its_web_address() -> None:
    shown = lines(numbers(EXAMPLE, local("2026-11-19T10:00"), authority="staffordshire"))
    for web in (
        "ceop.police.uk/safety-centre",
        "iwf.org.uk/what-we-do/why-we-exist/report-remove",
        "shorespace.org.uk",
    ):
        (line,) = [line for line in shown if web in line]
        assert "open" not in line
    removal = next(line for line in shown if "Report Remove" in line)
    assert "The child does it; staff send nothing. Police first if evidence matters." in removal


@pytest.mark.parametrize(
    ("authority", "academy", "found"),
    [("stoke", "north", 1), (None, "south", 1), (None, "north", 0), ("staffordshire", "south", 0), (None, None, 1)],
)
def test_the_lado_is_that_of_the_council_named_else_of_the_academys_else_of_all(
    authority: str | None, academy: str | None, found: int
) -> None:
    officers = lado(EXAMPLE, authority, academy, local("2026-11-19T10:00"))
    assert [officer.name for officer in officers] == ["Stoke-on-Trent LADO"] * found
    assert all("Ask for the LADO." in line for line in lines(officers)[:found])


def test_in_school_hours_the_dsl_is_rung_first_and_out_of_hours_whoever_is_on_call() -> None:
    in_hours = lead_numbers(EXAMPLE, "north", local("2026-11-19T10:00"))
    evening = lead_numbers(EXAMPLE, "north", local("2026-11-19T20:00"))
    holiday = lead_numbers(EXAMPLE, "north", local("2026-12-22T10:00"))
    assert in_hours[0] == "Dana Example, DSL at Example Academy North: 01632 960111"
    assert evening[0] == "Robin Example, on call now for Example Academy North: 07700 900112"
    assert holiday[0] == "Lee Example, on call now for Example Academy North: 07700 900101"
    assert evening[1] == in_hours[0]


def test_nobody_is_said_to_be_on_call_while_the_school_is_open() -> None:
    in_hours = lead_numbers(EXAMPLE, "north", local("2026-11-19T10:00"))
    assert in_hours[-1] == "Lee Example, the trust's safeguarding lead: 07700 900101"
    other = changed(
        '{ hours = "always", person = "trust-lead" },\n]\n\n', '{ hours = "always", person = "head-south" },\n]\n\n'
    )
    in_hours = lead_numbers(other, "north", local("2026-11-19T10:00"))
    assert in_hours[-1] == "Morgan Example, Headteacher: 01632 960123"


PEOPLE = [person.id for person in EXAMPLE.people]


@given(MINUTES, st.sampled_from([None, "north", "south", "primary"]), st.frozensets(st.sampled_from(PEOPLE)))
@settings(max_examples=500, deadline=None)
def test_nobody_left_out_is_ever_named_and_the_list_is_never_blank(
    at: datetime, academy: str | None, exclude: frozenset[str]
) -> None:
    shown = lead_numbers(EXAMPLE, academy, at, exclude)
    assert shown
    for id in exclude:
        assert not any(EXAMPLE.person(id).name in line or EXAMPLE.person(id).phone in line for line in shown)


def test_without_the_team_the_head_and_the_chair_are_named() -> None:
    exclude = frozenset({"dsl-north", "deputy-north", "trust-lead"})
    shown = lead_numbers(EXAMPLE, "north", local("2026-11-19T10:00"), exclude)
    assert [line.split(",")[0] for line in shown] == ["Harper Example", "Charlie Example"]


def test_the_emergency_lane_has_999_and_the_dsls_phone_whether_or_not_the_academy_is_known() -> None:
    known, unknown = emergency_lines(EXAMPLE, "north"), emergency_lines(EXAMPLE, None)
    assert "999" in known[0]
    assert "999" in unknown[0]
    assert any("01632 960111" in line for line in known)
    for phone in ("01632 960111", "01632 960121", "01632 960131"):
        assert any(phone in line for line in unknown)


QUICK = """
from datetime import UTC, datetime
from pathlib import Path
from bot.contacts import numbers, to_json
from bot.directory import parse_trust
text = Path("examples/staffordshire/trust.toml").read_text(encoding="utf-8")
at = datetime(2026, 11, 20, 16, 31, tzinfo=UTC)
to_json(numbers(parse_trust(text, "trust.toml"), at, academy="north"))
import sys
print(*sorted(name for name in ("holidays", "typer", "sqlalchemy", "aiohttp") if name in sys.modules))
"""


def test_the_answer_is_quick_and_loads_nothing_heavy() -> None:
    """The issue allows `handrail contacts` three times a bare import of pydantic; this part of it may take less."""
    root = Path(__file__).parent.parent

    def seconds(code: str) -> float:
        begun = perf_counter()
        done = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, text=True)
        assert done.stdout.strip() == ""
        return perf_counter() - begun

    rounds = [(seconds("import pydantic.main"), seconds(QUICK)) for _ in range(5)]
    bare, ours = (min(times) for times in zip(*rounds, strict=True))
    assert ours < 3 * bare
