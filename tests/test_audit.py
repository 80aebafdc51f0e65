"""Any change, removal, re-order or truncation of the audit trail is detected (I10, T31)."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.seal import Keyring
from adapters.store import AuditBroken, Verified
from adapters.store.report import audit_verify, open_reader
from bot.errors import ConfigError
from bot.ports import Audited, Tx
from tests.books import KEY, NOW, by_hand, everything_on_disk, look, opened, run, url

ROWS = 40
COLUMNS = ("seq", "at", "actor", "action", "ref", "detail", "prev", "hash")


def _verify(folder: Path, anchor: str = "") -> Verified:
    return audit_verify(open_reader(url(folder), Keyring.from_setting(KEY)), anchor)


def _write_rows(tx: Tx) -> None:
    for n in range(ROWS):
        tx.audit(Audited(NOW, f"web:person-{n % 3}", "opened", f"R-{n}", f"detail {n}"))


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    with opened(tmp_path) as store:
        run(store, _write_rows)
    return tmp_path


def test_an_untouched_trail_verifies_and_gives_its_head(trail: Path) -> None:
    ((last,),) = look(trail, "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")
    assert _verify(trail) == Verified(ROWS, f"{ROWS}:{last}")
    assert _verify(trail, _verify(trail).head).count == ROWS


def test_an_empty_trail_verifies(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    assert _verify(tmp_path).count == 0


def test_a_trail_that_grew_still_holds_the_anchor_taken_before(trail: Path) -> None:
    anchor = _verify(trail).head
    with opened(trail) as store:
        run(store, _write_rows)
    assert _verify(trail, anchor).count == 2 * ROWS


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET action = 'closed' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "REPLACE INTO audit SELECT * FROM audit WHERE seq = 3",
        "INSERT INTO audit SELECT 0, at, actor, action, ref, detail, prev, hash FROM audit WHERE seq = 1",
        "INSERT OR REPLACE INTO audit SELECT 2, at, actor, action, ref, detail, prev, hash FROM audit WHERE seq = 1",
    ],
)
def test_the_database_itself_refuses_to_change_or_drop_a_row(trail: Path, sql: str) -> None:
    before = look(trail, "SELECT * FROM audit")
    with pytest.raises(Exception, match="append-only"):
        look(trail, sql)
    assert look(trail, "SELECT * FROM audit") == before


Row = tuple[object, ...]
Tamper = Callable[[list[Row], st.DataObject], list[Row]]


def _changed(rows: list[Row], data: st.DataObject) -> list[Row]:
    at, column = data.draw(st.integers(0, ROWS - 1)), data.draw(st.integers(1, len(COLUMNS) - 1))
    value = data.draw(st.sampled_from(["x", "", 17, b"\xff", rows[(at + 1) % ROWS][column], f"{rows[at][column]} "]))
    row = list(rows[at])
    row[column] = value
    return [*rows[:at], tuple(row), *rows[at + 1 :]]


def _changed_and_hashed_anew(rows: list[Row], data: st.DataObject) -> list[Row]:
    """By somebody who knows how it is done, but stops at one row."""
    at = data.draw(st.integers(0, ROWS - 2))
    fields = [*rows[at][:-1]]
    fields[3] = "closed"
    text = json.dumps(fields, separators=(",", ":"))
    return [*rows[:at], (*fields, hashlib.sha256(text.encode()).hexdigest()), *rows[at + 1 :]]


def _taken_out(rows: list[Row], data: st.DataObject) -> list[Row]:
    at = data.draw(st.integers(0, ROWS - 2))
    return rows[:at] + rows[data.draw(st.integers(at + 1, ROWS - 1)) :]


def _taken_out_and_counted_anew(rows: list[Row], data: st.DataObject) -> list[Row]:
    return _counted_anew(_taken_out(rows, data))


def _in_another_order(rows: list[Row], data: st.DataObject) -> list[Row]:
    return _counted_anew(data.draw(st.permutations(rows)))


def _one_twice(rows: list[Row], data: st.DataObject) -> list[Row]:
    at = data.draw(st.integers(0, ROWS))
    return _counted_anew([*rows[:at], data.draw(st.sampled_from(rows)), *rows[at:]])


def _counted_anew(rows: list[Row]) -> list[Row]:
    return [(seq, *row[1:]) for seq, row in enumerate(rows, 1)]


def _rewrite(folder: Path, rows: list[Row]) -> None:
    with closing(sqlite3.connect(folder / "handrail.db", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("DELETE FROM audit")
        connection.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")


TAMPER = (_changed, _changed_and_hashed_anew, _taken_out, _taken_out_and_counted_anew, _in_another_order, _one_twice)


@pytest.mark.parametrize("tamper", TAMPER)
def test_any_tampering_with_the_guards_taken_off_is_detected(trail: Path, tamper: Tamper) -> None:
    by_hand(trail)
    rows = look(trail, "SELECT * FROM audit ORDER BY seq")

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        tampered = tamper(rows, data)
        assume(tampered != rows)
        _rewrite(trail, tampered)
        assume(look(trail, "SELECT * FROM audit ORDER BY seq") != rows)
        with pytest.raises(AuditBroken) as broken:
            _verify(trail)
        assert 1 <= broken.value.seq <= ROWS + 1

    holds()
    _rewrite(trail, rows)
    assert _verify(trail).count == ROWS


def test_without_the_chain_the_same_tampering_would_not_be_noticed(
    trail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand(trail, "UPDATE audit SET action = 'closed' WHERE seq = 3")
    with monkeypatch.context() as patched:
        patched.setattr("adapters.store.audit._link", lambda row, seq, prev: None)
        assert _verify(trail).count == ROWS
    with pytest.raises(AuditBroken):
        _verify(trail)


def test_the_first_bad_row_is_named(trail: Path) -> None:
    by_hand(trail, "UPDATE audit SET detail = 'x' WHERE seq = 17")
    with pytest.raises(AuditBroken, match="row 17: it was changed"):
        _verify(trail)


@pytest.mark.parametrize("cut", [1, 5, ROWS])
def test_a_tail_cut_off_is_seen_with_the_anchor_and_only_with_it(trail: Path, cut: int) -> None:
    anchor = _verify(trail).head
    by_hand(trail, f"DELETE FROM audit WHERE seq > {ROWS - cut}")
    assert _verify(trail).count == ROWS - cut
    with pytest.raises(AuditBroken) as broken:
        _verify(trail, anchor)
    assert broken.value.seq == ROWS - cut + 1


def test_a_database_rolled_back_and_written_on_is_seen_with_the_anchor(trail: Path, tmp_path: Path) -> None:
    shutil.copy(trail / "handrail.db", tmp_path / "yesterday")
    with opened(trail) as store:
        run(store, lambda tx: tx.audit(Audited(NOW, "web:a", "opened", "R-1")))
    anchor = _verify(trail).head
    shutil.copy(tmp_path / "yesterday", trail / "handrail.db")
    with opened(trail) as store:
        run(store, lambda tx: tx.audit(Audited(NOW, "web:b", "opened", "R-2")))
    assert _verify(trail).count == ROWS + 1
    with pytest.raises(AuditBroken):
        _verify(trail, anchor)


@pytest.mark.parametrize("anchor", ["x", "12", "12:", ":abc", "-1:abc"])
def test_an_anchor_that_is_none_is_refused_and_said_so(trail: Path, anchor: str) -> None:
    with pytest.raises(ConfigError, match="anchor"):
        _verify(trail, anchor)


def test_who_did_it_and_the_detail_stand_sealed(trail: Path) -> None:
    raw = everything_on_disk(trail)
    assert b"person-1" not in raw
    assert b"detail 1" not in raw
    assert b"opened" in raw
