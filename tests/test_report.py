"""The books can be read from a second process while the first one serves; opening a case is never silent (I7)."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.seal import Keyring, new_key
from adapters.store import report
from bot.case import CaseState
from bot.errors import StoreRefused
from bot.ports import Audited, Timer, TimerKind, Tx
from tests.books import KEY, NOW, case, child, conversation, each, entry, look, opened, outcome, post, run, url

READ = """
import json, sys
from datetime import datetime, UTC
from adapters.seal import Keyring
from adapters.store import report
from bot.ports import Audited
reader = report.open_reader(sys.argv[1], Keyring.from_setting(sys.argv[2]))
shown = report.case_show(reader, "R-1", Audited(datetime.now(UTC), "os:operator", "case show", "R-1"))
print(json.dumps([shown.chronology[0].words, [line.ref for line in report.case_list(reader)]]))
"""


def _two_cases(tx: Tx) -> None:
    for ref, state in (("R-1", CaseState.HANDED_OFF), ("R-2", CaseState.ACKNOWLEDGED)):
        tx.save_case(replace(case(ref), state=state, handed_off_at=NOW))
        tx.chronicle(entry(f"the words of {ref}", ref))


def _opening(ref: str) -> Audited:
    return Audited(NOW, "os:operator", "case show", ref)


def test_another_process_lists_and_opens_cases_while_this_one_serves_and_leaves_an_audit_row(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        run(store, _two_cases)
        code, out, err = outcome(child(READ, url(tmp_path), KEY))
        assert (code, err) == (0, "")
        assert out.strip() == '["the words of R-1", ["R-1", "R-2"]]'
        assert look(tmp_path, "SELECT seq, action, ref FROM audit") == [(1, "case show", "R-1")]
        run(store, lambda tx: tx.audit(_opening("R-2")))
    assert report.audit_verify(_reader(tmp_path)).count == 2


def test_a_case_that_is_not_there_is_none_and_the_attempt_stands_in_the_audit(tmp_path: Path) -> None:
    with opened(tmp_path):
        assert report.case_show(_reader(tmp_path), "R-9", _opening("R-9")) is None
    assert look(tmp_path, "SELECT ref FROM audit") == [("",)]


def test_no_case_is_shown_when_the_audit_cannot_be_written(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        run(store, _two_cases)
    look(tmp_path, "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(sqlite3.IntegrityError, match="full"):
        report.case_show(_reader(tmp_path), "R-1", _opening("R-1"))


def test_a_list_of_many_cases_is_read_a_page_at_a_time_and_complete(tmp_path: Path) -> None:
    refs = [f"R-{n}" for n in range(1203)]
    with opened(tmp_path) as store:
        run(store, each(*(lambda tx, ref=ref: tx.save_case(case(ref)) for ref in refs)))
        lines = report.case_list(_reader(tmp_path))
        first = next(lines)
        run(store, lambda tx: tx.chronicle(entry("a turn in the middle of the list")))
        assert [first.ref, *(line.ref for line in lines)] == refs


def test_a_list_has_times_and_states_and_nobodys_words(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        run(store, _two_cases)
    lines = list(report.case_list(_reader(tmp_path)))
    assert lines[0] == report.CaseLine("R-1", "handed_off", "north", NOW, NOW, None)


def test_the_status_counts_what_is_stored_open_waiting_and_overdue(tmp_path: Path) -> None:
    early = NOW - timedelta(minutes=3)

    def work(tx: Tx) -> None:
        _two_cases(tx)
        tx.save_conversation(conversation("c-1"))
        tx.first_time("a", NOW)
        tx.first_time("b", NOW)
        tx.first_time("b", NOW)
        tx.post(post("s"), NOW)
        tx.set_timer(Timer(TimerKind.RUNG, "R-1", early))

    with opened(tmp_path) as store:
        run(store, work)
        assert report.status(_reader(tmp_path), NOW) == report.Status(
            2, 1, {"handed_off": 1, "acknowledged": 1}, 1, early
        )
        assert report.status(_reader(tmp_path), early - timedelta(seconds=1)).oldest_due is None


def test_no_database_or_another_key_refuses_to_be_read(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="handrail migrate"):
        _reader(tmp_path)
    with opened(tmp_path):
        pass
    with pytest.raises(StoreRefused, match="HANDRAIL_KEY"):
        report.open_reader(url(tmp_path), Keyring.from_setting(new_key()))


def _reader(folder: Path) -> report.Reader:
    return report.open_reader(url(folder), Keyring.from_setting(KEY))
