"""What the bot says: every phrase that is asked for is there, filled in and used, and none of it blames or shocks."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.trust_file import TrustFile
from bot import composition, nextsteps
from bot.assessment import Flag, Level, Type
from bot.case import Kind, Urgency
from bot.ports import Doubt
from bot.rules import Agency
from flows.flow import FlowError
from flows.phrases import read_phrases
from tests.sources import imports_of, phrases, python_files, tree_of

ROLES = ("dsl", "deputy", "head", "chair", "on_call", "trust_lead", "unscreened", "team", "nobody", "lado")
WORDS = composition.script().words
FOOTER = ("send_now", "back", "contacts", "stop")
TABLES = {key.partition(".")[0] for key in phrases()}
SENTENCES = {key: said for key, said in phrases().items() if "source" not in key.split(".")}
SOURCE = re.compile(r"(S1|S2|N|C|D)-\d{2,3}|T\d{2}")


@dataclass(frozen=True)
class Asked:
    """A phrase that some file asks for: its key, and what it is filled with, or None where the key is only named."""

    file: str
    key: str
    filled: frozenset[str] | None


def _recorded() -> set[str]:
    """The events that are written into a chronology: what `record(...)` is called with."""
    events = set[str]()
    for call in _calls("record"):
        events |= {word.value for word in call.args if isinstance(word, ast.Constant) and isinstance(word.value, str)}
    return events


def _calls(name: str) -> Iterator[ast.Call]:
    for path in python_files("bot"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and _name(node.func) == name:
                yield node


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


EXPANDED: Mapping[str, Iterable[str]] = {
    "agency.": Agency,
    "answers.": {*WORDS.file.questions.ends, *WORDS.file.questions.whole},
    "asking.": FOOTER,
    "doubt.": [doubt for doubt in Doubt if doubt],
    "flag.": Flag,
    "kind.{name}": _recorded(),
    "kind.": [kind for kind in Kind if kind is not Kind.EVENT],
    "level.": Level,
    "roles.": ROLES,
    "steps.do.": {key for key, _ in nextsteps._DO} - {"speak"},
    "steps.dont.": nextsteps._DONT,
    "type.": Type,
    "urgency.": Urgency,
}
"""What an f-string key may become, by the whole of it or by its beginning."""


def _keys(expression: ast.AST) -> Iterator[str]:
    """Every key that an expression can be: constants, and f-strings by what they may become."""
    parts = {id(part) for node in ast.walk(expression) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(expression):
        if isinstance(node, ast.JoinedStr):
            yield from _expanded(ast.unparse(node)[2:-1])
        elif isinstance(node, ast.Constant) and id(node) not in parts and _is_key(node.value):
            yield str(node.value)


def _is_key(value: object) -> bool:
    return bool(re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", str(value))) and str(value).partition(".")[0] in TABLES


def _expanded(text: str) -> Iterator[str]:
    prefix = text.partition("{")[0]
    if prefix.endswith(".") and prefix.partition(".")[0] in TABLES:
        known = EXPANDED[text] if text in EXPANDED else EXPANDED[prefix]
        yield from (f"{prefix}{value}" for value in known)


def asked_in(path: Path) -> list[Asked]:
    """Every key a file asks for; one that is only named here is said by a call whose key is a variable."""
    tree, found, seen = tree_of(path), list[Asked](), set[int]()
    imported = {name for name, _ in imports_of(path)}
    for call in (
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) in ("say", "lines")
    ):
        place = _key_place(call, imported)
        if len(call.args) <= place:
            continue
        filled = frozenset(word.arg for word in call.keywords if word.arg)
        for key in _keys(call.args[place]):
            found.append(Asked(path.name, key, filled))
        seen |= {id(node) for node in ast.walk(call.args[place])}
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in seen]
    return [*found, *(Asked(path.name, key, None) for node in named for key in _keys(node))]


def _key_place(call: ast.Call, imported: set[str]) -> int:
    """`say(moment, key)` of `bot.asking` takes the key second, `moment.say(key)` first."""
    of_asking = isinstance(call.func, ast.Name) or ast.unparse(call.func) == "asking.say"
    return 1 if of_asking else 0


def variable_fillings(path: Path) -> list[frozenset[str]]:
    """What the calls of a file fill in whose key is a variable."""
    return [
        frozenset(word.arg for word in call.keywords if word.arg)
        for call in ast.walk(tree_of(path))
        if isinstance(call, ast.Call) and _name(call.func) == "say" and not list(_keys(call))
    ]


def placeholders(said: str | tuple[str, ...]) -> set[str]:
    whole = said if isinstance(said, str) else " ".join(said)
    return {name for _, name, _, _ in string.Formatter().parse(whole) if name is not None}


ASKED = [asked for path in python_files("bot", "adapters") for asked in asked_in(path)]


def test_every_phrase_that_is_asked_for_is_there() -> None:
    assert len(ASKED) > 200
    assert {asked.key for asked in ASKED} - set(SENTENCES) == set()


def test_every_phrase_that_is_there_is_asked_for() -> None:
    assert set(SENTENCES) - {asked.key for asked in ASKED} == set()


def test_every_name_in_braces_is_filled_in_wherever_the_phrase_is_said() -> None:
    wrong = [
        asked for asked in ASKED if asked.filled is not None and not placeholders(SENTENCES[asked.key]) <= asked.filled
    ]
    assert wrong == []


def test_a_phrase_that_is_chosen_first_and_said_later_is_filled_in_there() -> None:
    for path in python_files("bot", "adapters"):
        fillings = variable_fillings(path)
        for asked in asked_in(path):
            if asked.filled is None and (needed := placeholders(SENTENCES[asked.key])):
                assert any(needed <= filled for filled in fillings) or _said_elsewhere(needed), asked


def _said_elsewhere(needed: set[str]) -> bool:
    """Whether another room says a chosen phrase with all that it needs (`bot.handoff.notice` takes the key)."""
    return any(needed <= filled for path in python_files("bot") for filled in variable_fillings(path))


def test_a_phrase_that_is_missing_or_not_filled_in_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text(
        "def f(moment, at):\n    moment.say('post.title', at=at)\n    moment.say(f'flag.{at}')\n", encoding="utf-8"
    )
    found = asked_in(file)
    assert Asked("room.py", "post.title", frozenset({"at"})) in found
    assert {f"flag.{flag}" for flag in Flag} == {asked.key for asked in found} - {"post.title"}
    assert not placeholders(SENTENCES["post.title"]) <= frozenset({"at"})


@pytest.mark.parametrize("prefix", EXPANDED)
def test_every_value_that_is_spoken_of_has_its_phrase(prefix: str) -> None:
    keys = [f"{prefix.partition('{')[0]}{value}" for value in EXPANDED[prefix]]
    assert keys
    assert [key for key in keys if key not in SENTENCES] == []


def test_every_part_that_a_person_can_play_in_a_case_has_its_name() -> None:
    directory = TrustFile(composition.EXAMPLE).current()
    held = {
        role for academy in directory.academies for p in directory.people for role in directory.roles(academy.id, p.id)
    }
    assert len(held) >= 5
    assert {f"roles.{role}" for role in held} <= set(SENTENCES)


def test_every_source_is_an_id_of_the_policy_list() -> None:
    sources = {key: said for key, said in phrases().items() if "source" in key.split(".")}
    assert len(sources) > 10
    assert [(key, id) for key, ids in sources.items() for id in ids if not SOURCE.fullmatch(id)] == []


def test_every_contact_of_the_example_names_its_source_in_the_policy_list() -> None:
    for contact in TrustFile(composition.EXAMPLE).current().contacts:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", contact.id)
        assert all(SOURCE.fullmatch(id) for id in contact.source), contact.id


def test_every_step_to_take_names_its_source() -> None:
    steps = {key.rpartition(".")[2] for key in SENTENCES if key.startswith(("steps.do.", "steps.dont."))}
    assert {key.rpartition(".")[2] for key in phrases() if key.startswith("steps.source.")} == steps


def test_everything_a_lead_is_to_do_now_that_has_no_agency_names_its_source() -> None:
    named = {key.rpartition(".")[2] for key in phrases() if key.startswith("do_now.source.")}
    weighed = {"heading", "ring", "no_number", "no_lado", "at_once", "today"}  # a referral carries its rules' sources
    assert {key.rpartition(".")[2] for key in SENTENCES if key.startswith("do_now.")} - weighed == named


@pytest.mark.parametrize("key", SENTENCES)
def test_every_phrase_is_short_and_neither_blames_nor_shocks(key: str) -> None:
    said = SENTENCES[key]
    for sentence in (said,) if isinstance(said, str) else said:
        assert 0 < len(sentence) <= 200
        assert not re.search(r"victim|sext|porn|why did|\bfault of\b|should have", sentence, re.IGNORECASE)
        assert sentence == sentence.strip()
        assert "'" not in sentence.replace("'{", ""), "write ’"


def test_what_is_filled_in_is_never_read_as_a_template() -> None:
    said = composition.script().phrases.say("receipt.title", ref="{moment} %s {0} {ref.__class__}")
    assert said.endswith("{moment} %s {0} {ref.__class__}")


def test_a_key_that_there_is_not_is_an_error_and_so_is_a_table() -> None:
    for key in ("receipt.nothing", "receipt", "nothing"):
        with pytest.raises(KeyError):
            composition.script().phrases.say(key)


def test_a_file_of_phrases_that_is_not_toml_is_refused_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "phrases.toml").write_text('[receipt]\ntitle = "open\n', encoding="utf-8")
    with pytest.raises(FlowError, match=r"phrases\.toml, line 2"):
        read_phrases(tmp_path / "phrases.toml")
