"""The `handrail` command with books and a port: reading while another serves, refusing, serving, and ending."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
import urllib.error
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import composition
from tests.commands import (
    BAD_DATA,
    EXAMPLE,
    REFUSED,
    TEMPORARY,
    environment,
    free_port,
    handrail,
    listens,
    opened_ports,
    refusal,
    serving,
)
from tests.school import School, school

# --- the books ---


@dataclass(frozen=True)
class Books:
    """A database with one case that is handed off and acknowledged, as a school leaves it."""

    file: Path
    key: str
    ref: str

    @property
    def setting(self) -> dict[str, str]:
        return EXAMPLE | {"HANDRAIL_DATABASE_URL": f"sqlite:///{self.file}", "HANDRAIL_KEY": self.key}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Books:
    folder = tmp_path_factory.mktemp("school")
    with school(folder) as it:
        asyncio.run(_disclosed(it))
        return Books(it.file, it.key, it.ref())


async def _disclosed(it: School) -> None:
    await it.tells_the_essentials()
    await it.presses("Acknowledge", who="dsl-north")


@pytest.fixture
def books(made: Books, tmp_path: Path) -> Books:
    """A copy of them, to be spoilt."""
    file = tmp_path / "handrail.db"
    shutil.copy(made.file, file)
    return Books(file, made.key, made.ref)


def test_the_books_can_be_read_while_a_server_holds_them(books: Books, tmp_path: Path) -> None:
    with serving("serve", setting=books.setting, folder=tmp_path) as server:
        assert server.get("/health")["status"] == "ok"
        status = json.loads(_read(books, "status", "--json"))
        assert set(status) == {"turns_stored", "conversations_open", "cases_by_state", "outbox_waiting", "oldest_due"}
        assert status["cases_by_state"] == {"acknowledged": 1}
        assert status["turns_stored"] == 10
        (case,) = json.loads(_read(books, "case", "list", "--json"))
        assert case["ref"] == books.ref
        assert case["state"] == "acknowledged"
        assert server.stop() == (0, "")


def test_a_list_of_cases_holds_nothing_that_anybody_wrote(books: Books) -> None:
    for words in (["case", "list"], ["case", "list", "--json"], ["status"], ["audit", "verify"]):
        read = _read(books, *words)
        assert not [word for word in ("Jade", "show everyone", "going round") if word in read]


def test_showing_a_case_shows_its_words_and_leaves_a_row_in_the_audit(books: Books) -> None:
    before = _rows_in_audit(books)
    shown = json.loads(_read(books, "case", "show", books.ref, "--json"))
    assert [entry["words"] for entry in shown["chronology"] if entry["words"]][1:] == [
        "no",
        "Jade Example, year 9",
        "He said he would show everyone",
    ]
    assert _rows_in_audit(books) == before + 1


def test_looking_for_a_case_that_is_not_there_leaves_a_row_too_and_says_so(books: Books) -> None:
    before = _rows_in_audit(books)
    said = refusal(handrail("case", "show", "2222-2222-22", setting=books.setting), BAD_DATA)
    assert "there is no case of that reference here" in said
    assert _rows_in_audit(books) == before + 1


def test_a_changed_audit_trail_is_told_with_exit_code_1(books: Books) -> None:
    _write(books, "drop trigger audit_never_taken_out", "delete from audit where seq = 3")
    refusal(handrail("audit", "verify", setting=books.setting), 1)


def _read(books: Books, *words: str) -> str:
    ended = handrail(*words, setting=books.setting)
    assert (ended.returncode, ended.stderr) == (0, b"")
    return ended.stdout.decode()


def _write(books: Books, *statements: str) -> None:
    with closing(sqlite3.connect(books.file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def _rows_in_audit(books: Books) -> int:
    return int(_read(books, "audit", "verify").split()[0])


def test_a_second_server_on_the_same_books_refuses_with_75(books: Books, tmp_path: Path) -> None:
    with serving("serve", setting=books.setting, folder=tmp_path) as server:
        ended, opened = opened_ports("serve", setting=books.setting, folder=tmp_path)
        assert "another Handrail already serves" in refusal(ended, TEMPORARY)
        assert opened == 0
        refusal(handrail("migrate", setting=books.setting), TEMPORARY)
        assert server.get("/health")["status"] == "ok"


def test_migrate_makes_books_that_can_be_served_and_does_nothing_the_second_time(books: Books, tmp_path: Path) -> None:
    setting = books.setting | {"HANDRAIL_DATABASE_URL": f"sqlite:///{tmp_path}/new.db"}
    assert handrail("migrate", setting=setting).returncode == 0
    first = (tmp_path / "new.db").read_bytes()
    assert handrail("migrate", setting=setting).returncode == 0
    assert (tmp_path / "new.db").read_bytes() == first
    with serving("serve", setting=setting, folder=tmp_path) as server:
        assert server.get("/health")["status"] == "ok"


# --- keys ---


def test_a_new_key_opens_new_books_and_is_another_each_time(tmp_path: Path) -> None:
    keys = {handrail("key", "new").stdout.decode().strip() for _ in range(2)}
    assert len(keys) == 2
    setting = EXAMPLE | {"HANDRAIL_DATABASE_URL": f"sqlite:///{tmp_path}/x.db", "HANDRAIL_KEY": keys.pop()}
    assert handrail("migrate", setting=setting).returncode == 0


OTHER_KEY = "k1:" + "Q0FOQVJZ" * 5 + "Q0E="


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("serve", ""),
        ("serve", "CANARY7"),
        ("serve", "k1:CANARY7"),
        ("serve", "k1:Q0FOQVJZNw=="),
        ("serve", OTHER_KEY),
        ("status", OTHER_KEY),
        ("case list", OTHER_KEY),
        ("case list", ""),
        ("migrate", OTHER_KEY),
        ("audit verify", OTHER_KEY),
    ],
)
def test_a_missing_or_wrong_key_refuses_without_printing_it(command: str, key: str, books: Books) -> None:
    before = books.file.read_bytes()
    said = refusal(handrail(*command.split(), setting=books.setting | {"HANDRAIL_KEY": key}), REFUSED)
    assert "HANDRAIL_KEY" in said
    assert not [part for part in ("CANARY7", "Q0FOQVJ") if part in said]
    assert books.file.read_bytes() == before


# --- serving ---


def _no_books(books: Books) -> None:
    books.file.unlink()


def _no_database(books: Books) -> None:
    books.file.write_bytes(b"not a database at all" * 1000)


def _another_shape(books: Books) -> None:
    _write(books, "update alembic_version set version_num = '0000'")


def _cut_short(books: Books) -> None:
    books.file.write_bytes(books.file.read_bytes()[:5000])


SPOILT: Mapping[str, Any] = {
    "no trust": {"HANDRAIL_TRUST": ""},
    "a trust that is not there": {"HANDRAIL_TRUST": "none.toml"},
    "no key": {"HANDRAIL_KEY": ""},
    "another key": {"HANDRAIL_KEY": OTHER_KEY},
    "a database of another kind": {"HANDRAIL_DATABASE_URL": "mysql://nobody@nowhere/x"},
    "an address that is none": {"HANDRAIL_DATABASE_URL": "handrail.db"},
    "no database": _no_books,
    "a file that is no database": _no_database,
    "a database of another shape": _another_shape,
    "a database that breaks off": _cut_short,
    "a port that is no number": {"PORT": "http"},
    "a port that is none": {"PORT": "-1"},
    "a port that is too high": {"PORT": "65536"},
}


@pytest.mark.parametrize("case", SPOILT)
def test_nothing_listens_when_something_it_needs_is_wrong(case: str, books: Books, tmp_path: Path) -> None:
    spoil = SPOILT[case]
    setting = {"PORT": str(free_port())} | books.setting | (spoil if isinstance(spoil, dict) else {})
    if callable(spoil):
        spoil(books)
    ended, opened = opened_ports("serve", setting=setting, folder=tmp_path)
    refusal(ended, REFUSED)
    assert opened == 0


def test_a_port_that_is_opened_would_be_seen_and_one_that_is_taken_is_refused(books: Books, tmp_path: Path) -> None:
    with serving("serve", setting=books.setting, folder=tmp_path) as server:
        taken = server.url.rpartition(":")[2]
        other = tmp_path / "other"
        other.mkdir()
        shutil.copy(books.file, other / "handrail.db")
        setting = books.setting | {"HANDRAIL_DATABASE_URL": f"sqlite:///{other}/handrail.db", "PORT": taken}
        ended, opened = opened_ports("serve", setting=setting, folder=other)
        assert f"port {taken}" in refusal(ended, REFUSED)
        assert opened == 1


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product in a folder of its own, whose flow can be spoilt."""
    root = tmp_path_factory.mktemp("product")
    for room in ("flows", "bot", "adapters", "examples"):
        shutil.copytree(composition.ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("disclosure.toml", 'to = "pressure_by"', 'to = "pressure_bye"', "disclosure.toml, line 1"),
        ("disclosure.toml", 'fact = "extent"', 'fact = "extend"', "fills 'extend', which is no fact"),
        ("phrases.toml", "[notification]", "[notification", "phrases.toml, line "),
        ("words.toml", "yes = [", "yess = [", "words.toml, line "),
    ],
)
def test_nothing_listens_when_what_is_asked_or_said_is_wrong(
    name: str, old: str, new: str, said: str, copied: Path, books: Books, tmp_path: Path
) -> None:
    file = copied / "flows" / name
    right = file.read_text(encoding="utf-8")
    assert old in right
    file.write_text(right.replace(old, new, 1), encoding="utf-8")
    try:
        setting = books.setting | {"PORT": str(free_port())}
        ended, opened = opened_ports("serve", setting=setting, folder=tmp_path, root=copied)
    finally:
        file.write_text(right, encoding="utf-8")
    assert said in refusal(ended, REFUSED)
    assert opened == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_told_to_stop_stops_with_0_and_its_port_is_free_again(
    number: int, books: Books, tmp_path: Path
) -> None:
    with serving("serve", setting=books.setting, folder=tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        assert server.get("/health")["status"] == "ok"
        assert listens(port)
        assert server.stop(number) == (0, "")
        assert not listens(port)


# --- the demo ---


def test_the_demo_opens_the_playground_and_leaves_nothing_behind(tmp_path: Path) -> None:
    kept, temporary = tmp_path / "here", tmp_path / "temporary"
    kept.mkdir()
    temporary.mkdir()
    with serving("demo", "--no-browser", setting={"TMPDIR": str(temporary)}, folder=kept) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.get("/health")["status"] == "ok"
        assert list(temporary.rglob("practice.db"))
        code, _ = server.stop()
    assert code == 0
    assert list(temporary.iterdir()) == []
    assert list(kept.iterdir()) == []


def test_the_environment_of_these_tests_holds_no_setting_of_the_machine() -> None:
    assert not [name for name in environment({}) if name.startswith("HANDRAIL_") or name == "PORT"]


def test_the_head_that_verify_prints_is_taken_back_as_the_anchor(books: Books) -> None:
    head = _read(books, "audit", "verify").partition("Head: ")[2].strip()
    ended = handrail("audit", "verify", "--anchor", head, setting=books.setting)
    assert (ended.returncode, ended.stderr) == (0, b"")
    later = f"{int(head.partition(':')[0]) + 5}:{head.partition(':')[2]}"
    refusal(handrail("audit", "verify", "--anchor", later, setting=books.setting), 1)


def test_a_trust_file_damaged_while_serving_is_told_by_health_and_the_last_good_copy_goes_on(
    books: Books, tmp_path: Path
) -> None:
    trust = tmp_path / "trust.toml"
    right = composition.EXAMPLE.read_text(encoding="utf-8")
    trust.write_text(right, encoding="utf-8")
    with serving("serve", setting=books.setting | {"HANDRAIL_TRUST": str(trust)}, folder=tmp_path) as server:
        trust.write_text(right.replace("[trust]", "[trust"), encoding="utf-8")
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.get("/health")
        told = json.loads(refused.value.read())
        assert refused.value.code == 503
        assert "trust.toml" in told["trust_file"]
        trust.write_text(right, encoding="utf-8")
        assert server.get("/health")["status"] == "ok"
