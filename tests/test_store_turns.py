"""Turns that wait together share a commit, and each is still kept, undone and answered on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.case import CaseState
from bot.errors import Stale, StoreUnavailable
from bot.ports import Tx
from tests.books import (
    NOW,
    by_hand,
    case,
    entry,
    look,
    opened,
    post,
)


def _add(words: str) -> Callable[[Tx], None]:
    return lambda tx: tx.chronicle(entry(words))


def _words(tx: Tx) -> list[str]:
    return [it.words for it in tx.chronology(entry().ref)]


async def test_of_fifty_who_acknowledge_at_once_exactly_one_does(tmp_path: Path) -> None:
    def acknowledge(tx: Tx) -> bool:
        found = tx.case(case().ref)
        assert found is not None
        if found.state is CaseState.ACKNOWLEDGED:
            return False
        tx.save_case(replace(found, state=CaseState.ACKNOWLEDGED))
        return True

    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.save_case(replace(case(), state=CaseState.HANDED_OFF)))
        assert sum(await asyncio.gather(*(store.transact(acknowledge) for _ in range(50)))) == 1


@pytest.mark.parametrize(("stale_times", "runs"), [(0, 1), (4, 5), (9, 5)])
async def test_a_stale_turn_is_run_again_up_to_five_times(tmp_path: Path, stale_times: int, runs: int) -> None:
    seen: list[int] = []

    def work(tx: Tx) -> str:
        seen.append(1)
        tx.chronicle(entry("kept once"))
        if len(seen) <= stale_times:
            raise Stale
        return "done"

    with opened(tmp_path) as store:
        if stale_times < 5:
            assert await store.transact(work) == "done"
        else:
            with pytest.raises(Stale):
                await store.transact(work)
        assert len(seen) == runs
        assert await store.transact(_words) == (["kept once"] if stale_times < 5 else [])


class _Refused(Exception):
    pass


async def test_a_turn_that_raises_undoes_only_itself(tmp_path: Path) -> None:
    def turn(number: int) -> Callable[[Tx], int]:
        def work(tx: Tx) -> int:
            tx.chronicle(entry(str(number)))
            tx.post(post(f"slot-{number}"), NOW)
            if number % 3 == 0:
                raise _Refused(number)
            return number

        return work

    with opened(tmp_path) as store:
        said = await asyncio.gather(*(store.transact(turn(n)) for n in range(60)), return_exceptions=True)
        assert [it for it in said if isinstance(it, int)] == [n for n in range(60) if n % 3]
        assert [it.args for it in said if isinstance(it, _Refused)] == [(n,) for n in range(0, 60, 3)]
        assert await store.transact(_words) == [str(n) for n in range(60) if n % 3]
    assert look(tmp_path, "SELECT count(*) FROM outbox") == [(40,)]


async def test_even_a_turn_that_raises_what_no_future_takes_is_answered(tmp_path: Path) -> None:
    def work(tx: Tx) -> None:
        raise StopIteration

    with opened(tmp_path) as store:
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(store.transact(work), 5)
        assert await store.transact(lambda tx: "still there") == "still there"


def _commits(folder: Path) -> int:
    """The file change counter that SQLite writes into the header with every transaction."""
    return int.from_bytes((folder / "handrail.db").read_bytes()[24:28], "big")


async def test_turns_that_wait_together_share_commits(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        before = _commits(tmp_path)
        await asyncio.gather(*(store.transact(_add(str(n))) for n in range(200)))
        assert 1 <= _commits(tmp_path) - before <= 20
        assert len(await store.transact(_words)) == 200


async def test_turns_one_after_the_other_have_a_commit_each(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        before = _commits(tmp_path)
        for n in range(20):
            await store.transact(_add(str(n)))
        assert _commits(tmp_path) - before == 20


async def test_a_closed_store_refuses_and_closing_finishes_what_waits(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        waiting = [asyncio.ensure_future(store.transact(_add(str(n)))) for n in range(30)]
        await asyncio.sleep(0)
        store.close()
        await asyncio.gather(*waiting)
        with pytest.raises(Exception, match="closed"):
            await store.transact(_words)
    assert look(tmp_path, "SELECT count(*) FROM chronology") == [(30,)]


async def test_one_rotten_row_fails_the_turn_that_reads_it_and_no_other(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.save_case(case("R-rotten")))
        by_hand(tmp_path, "UPDATE cases SET body = CAST(x'76313aff' AS TEXT)")
        turns = [store.transact(_add(str(n))) for n in range(10)]
        rotten = store.transact(lambda tx: tx.case("R-rotten"))
        said = await asyncio.gather(*turns[:5], rotten, *turns[5:], return_exceptions=True)
        assert [isinstance(it, StoreUnavailable) for it in said] == [n == 5 for n in range(11)]
        assert len(await store.transact(_words)) == 10
