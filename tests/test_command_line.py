"""The `handrail` command, as a real process: what it prints, and what it refuses in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from bot import composition
from tests.commands import BAD_DATA, EXAMPLE, IO_ERROR, REFUSED, USAGE, handrail, refusal

SURROGATE = '{"\\ud800": 1}'
COMMANDS = [
    "demo",
    "serve",
    "chat",
    "migrate",
    "contacts",
    "assess",
    "status",
    "flow check",
    "flow diagram",
    "case list",
    "case show",
    "audit verify",
    "key new",
    "trust check",
    "slack manifest",
    "teams local",
    "teams package",
    "doctor",
]


# --- help ---


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    ended = handrail(*command.split(), "--help")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"Usage:" in ended.stdout


def test_every_command_is_among_those_that_are_tried_here() -> None:
    listed = handrail("--help").stdout.decode().partition("Commands:")[2]
    assert {line.split()[0] for line in listed.splitlines() if line.strip()} == {name.split()[0] for name in COMMANDS}


@pytest.mark.parametrize("words", [["nothing"], ["contacts", "--nothing"], ["case", "show"]])
def test_a_command_that_there_is_not_says_how_it_is_used(words: list[str]) -> None:
    ended = handrail(*words, setting=EXAMPLE)
    assert ended.returncode == USAGE
    assert b"Usage:" in ended.stderr
    assert b"Traceback" not in ended.stderr


# --- assess ---


def test_assess_reads_facts_and_prints_what_they_propose() -> None:
    ended = handrail("assess", given=b'{"pictured_ages": [12], "adult_involved": "yes"}')
    assert (ended.returncode, ended.stderr) == (0, b"")
    found = json.loads(ended.stdout)
    assert found["proposed"] == "adult_involved"
    assert found["actions"]["police"]["level"] in ("refer", "now")
    assert "under_13" in found["flags"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (b"", "JSON object"),
        (b'{"pictured_ages":', "JSON object"),
        (b"-3", "JSON object"),
        (b"[1]", "JSON object"),
        (b"\xff\xfe{", "JSON object"),
        (b"\x00" * 1_000_000, "JSON object"),
        (b"[" * 1_000_000, "JSON object"),
        (b'{"a":' * 100_000, "JSON object"),
        (b'{"pictured_ages": ' + b"9" * 1_000_000 + b"}", "JSON object"),
        (b'{"pictured_ages": [-3]}', "pictured_ages"),
        (b'{"pictured_ages": "-3"}', "pictured_ages"),
        (b'{"pictured_ages": [1e999]}', "pictured_ages"),
        (b'{"pictured_ages": NaN}', "JSON object"),
        (b'{"extent": "' + b"x" * 1_000_000 + b'"}', "extent"),
        (b'{"extent": "\\u0000"}', "extent"),
        (b'{"extent": null}', "extent"),
        (b'{"nothing": 1}', "nothing"),
        (b'{"extent": "few", "extent": "many"}', "given twice"),
        (SURROGATE.encode(), "a name that is not a fact's"),
        ('{"extent": "\u202efew"}'.encode(), "extent"),
    ],
)
def test_facts_that_cannot_be_read_are_refused_in_one_line_that_says_which(given: bytes, named: str) -> None:
    said = refusal(handrail("assess", given=given), BAD_DATA)
    assert named in said
    assert len(said) < 1000


def test_what_was_written_is_never_printed_back_when_it_is_refused() -> None:
    for given in (b'{"extent": "CANARY7"}', b'{"CANARY7 told me": 1}', b"CANARY7 {"):
        assert "CANARY7" not in refusal(handrail("assess", given=given), BAD_DATA)


def test_the_schema_describes_what_goes_in_and_what_comes_out() -> None:
    schemas = json.loads(handrail("assess", "--schema").stdout)
    assert set(schemas) == {"facts", "assessment"}
    example = handrail("assess", given=b"").stderr.decode().partition("for example ")[2]
    assert fits(json.loads(example), schemas["facts"])
    assert fits(json.loads(handrail("assess", given=example.encode()).stdout), schemas["assessment"])
    spoilt: list[object] = [{"pictured_ages": [-3]}, {"nothing": 1}, {"extent": "some"}, []]
    for wrong in spoilt:
        assert not fits(wrong, schemas["facts"])


def fits(value: Any, schema: dict[str, Any], whole: dict[str, Any] | None = None) -> bool:
    """Whether a value fits a JSON schema, of the words that ours use."""
    whole = whole or schema
    if "$ref" in schema:
        return fits(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "anyOf" in schema:
        return any(fits(value, one, whole) for one in schema["anyOf"])
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": float, "boolean": bool}
    right_kind = isinstance(value, kinds[schema["type"]]) if "type" in schema else True
    return right_kind and _within(value, schema) and all(_parts_fit(value, schema, whole))


def _within(value: Any, schema: dict[str, Any]) -> bool:
    chosen = "enum" not in schema or value in schema["enum"]
    return (
        bool(chosen and schema.get("minimum", value) <= value <= schema.get("maximum", value))
        if isinstance(value, int)
        else chosen
    )


def _parts_fit(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> Iterator[bool]:
    if isinstance(value, list) and "items" in schema:
        yield from (fits(item, schema["items"], whole) for item in value)
    if isinstance(value, dict):
        yield set(schema.get("required", ())) <= set(value)
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key, item in value.items():
            below = known.get(key, others)
            yield fits(item, below, whole) if isinstance(below, dict) else bool(below)


# --- contacts ---

CONTACT_KEYS = ["name", "phone", "status", "opens_at", "closes_at", "source", "verified_on"]


def contacts(*words: str) -> list[dict[str, Any]]:
    ended = handrail("contacts", *words, "--json", setting=EXAMPLE)
    assert (ended.returncode, ended.stderr) == (0, b"")
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


WITHOUT_A_TELEPHONE = {
    "CEOP Safety Centre",
    "Report Remove, by Childline and the IWF",
    "Shore, by the Lucy Faithfull Foundation",
}


@pytest.mark.parametrize("words", [["--academy", "north"], ["--authority", "stoke"], []])
def test_contacts_are_a_list_with_exactly_the_promised_keys_and_999_first(words: list[str]) -> None:
    found = contacts(*words, "--at", "2026-12-25T23:10")
    assert all(list(contact) == CONTACT_KEYS for contact in found)
    assert found[0]["phone"] == "999"
    assert {contact["status"] for contact in found} <= {"open", "closed", "always", "unknown"}
    assert all(contact["name"] and contact["source"] for contact in found)
    assert {contact["name"] for contact in found if not contact["phone"]} == WITHOUT_A_TELEPHONE


def test_the_time_asked_for_is_london_time_and_decides_what_is_open() -> None:
    first = {at: _response(at) for at in ("2026-11-20T16:29", "2026-11-20T16:30", "2026-12-25T23:10")}
    assert first["2026-11-20T16:29"]["status"] == "open"
    assert first["2026-11-20T16:29"]["closes_at"] == "2026-11-20T16:30:00+00:00"
    assert first["2026-11-20T16:30"]["status"] == "closed"
    assert first["2026-12-25T23:10"]["opens_at"] == "2026-12-29T08:30:00+00:00"
    assert _response("2026-07-01T08:30:00+01:00") == _response("2026-07-01T08:30")


def _response(at: str) -> dict[str, Any]:
    return next(c for c in contacts("--authority", "staffordshire", "--at", at) if c["phone"] == "0800 1313 126")


def test_the_childs_council_decides_and_not_the_academys() -> None:
    here = {contact["phone"] for contact in contacts("--academy", "north", "--authority", "stoke")}
    assert "01782 235100" in here
    assert "0800 1313 126" not in here


def test_the_lines_say_what_is_open_and_until_when() -> None:
    ended = handrail("contacts", "--authority", "staffordshire", "--at", "2026-11-20T10:40", setting=EXAMPLE)
    lines = ended.stdout.decode().splitlines()
    assert lines[0].startswith("In danger now: Emergency services, 999, always open.")
    assert lines[1].startswith("Children's social care: Staffordshire First Response, 0800 1313 126, ")
    assert "open until 16:30 today." in lines[1]
    assert sum("101, hours not known." in line for line in lines) == 2  # C-16


def test_with_no_trust_named_the_example_is_shown_and_said_to_be_one() -> None:
    ended = handrail("contacts", "--academy", "north")
    assert ended.returncode == 0
    assert b"999" in ended.stdout
    assert b"example" in ended.stderr


def test_the_poster_is_a_pdf(tmp_path: Path) -> None:
    file = tmp_path / "poster.pdf"
    ended = handrail("contacts", "--academy", "north", "--poster", "--to", str(file), setting=EXAMPLE)
    assert ended.returncode == 0, ended.stderr
    assert len(PdfReader(file).pages) == 1


def test_without_an_academy_every_academy_has_its_page_of_the_poster() -> None:
    ended = handrail("contacts", "--poster", "--to", "-", setting=EXAMPLE)
    assert ended.returncode == 0, ended.stderr
    assert len(PdfReader(BytesIO(ended.stdout)).pages) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--academy", "nowhere"], "--academy: names nothing in the trust's file. Write one of north, "),
        (["--authority", "nowhere"], "--authority: names nothing in the trust's file. Write one of "),
        (["--at", "friday"], "--at: is not a time. Write it as in 2026-12-25T23:10"),
        (["--at", "0001-01-01T00:00"], "--at: is too far away"),
        (["--at", "9999-12-31T23:59"], "--at: is too far away"),
    ],
)
def test_contacts_that_cannot_be_given_are_refused_with_what_to_write(words: list[str], said: str) -> None:
    assert said in refusal(handrail("contacts", *words, setting=EXAMPLE), REFUSED)


def test_a_poster_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    where = tmp_path / "none" / "poster.pdf"
    ended = handrail("contacts", "--academy", "north", "--poster", "--to", str(where), setting=EXAMPLE)
    assert str(where) in refusal(ended, IO_ERROR)


# --- the trust's file ---


def test_trust_check_says_what_the_file_holds() -> None:
    ended = handrail("trust", "check", setting=EXAMPLE)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"3 academies" in ended.stdout


@pytest.mark.parametrize(
    ("command", "old", "new", "key", "write"),
    [
        ("trust check", "nudge_minutes = 5 ", 'nudge_minutes = "five" ', "nudge_minutes", "Write a number of minutes"),
        ("contacts", 'country = "england"', 'country = "wales"', "country", 'Write country = "england"'),
        ("serve", 'dsl = "dsl-north"', 'dsl = "dsl-nort"', "dsl", 'names "dsl-nort"'),
        ("demo", "[timing]", "[timing", "line 35", "Look there for a missing quotation mark"),
    ],
)
def test_a_damaged_trust_file_is_refused_by_file_key_what_is_wrong_and_what_to_write(
    command: str, old: str, new: str, key: str, write: str, tmp_path: Path
) -> None:
    file = tmp_path / "trust.toml"
    text = composition.EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    said = refusal(handrail(*command.split(), setting={"HANDRAIL_TRUST": str(file)}), REFUSED)
    assert f"{file}" in said
    assert key in said
    assert write in said


@pytest.mark.parametrize("command", [["contacts"], ["trust", "check"], ["serve"], ["demo", "--no-browser"]])
def test_a_trust_file_that_is_not_there_is_refused_by_its_path(command: list[str], tmp_path: Path) -> None:
    said = refusal(handrail(*command, setting={"HANDRAIL_TRUST": str(tmp_path / "none.toml")}), REFUSED)
    assert str(tmp_path / "none.toml") in said
    assert "HANDRAIL_TRUST" in said


@pytest.mark.parametrize("setting", [{}, {"HANDRAIL_TRUST": ""}, {"HANDRAIL_TRUST": " "}])
def test_serving_without_a_trust_file_is_refused_by_the_name_of_the_variable(setting: dict[str, str]) -> None:
    said = refusal(handrail("serve", setting=setting), REFUSED)
    assert "HANDRAIL_TRUST: is not set. Write the path" in said
