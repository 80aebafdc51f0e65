"""Waiting posts: each leaves once, in order, by lease; a newer one for the same place takes the older one's."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.store import SqlStore
from bot.message import Lane
from bot.ports import Tx, Waiting
from tests.books import NOW, each, look, opened, post, run

SOON = NOW + timedelta(seconds=11)


def _claim(now: datetime = NOW, limit: int = 50) -> Callable[[Tx], Sequence[Waiting]]:
    return lambda tx: tx.claim(now, 10, limit)


def _post(slot: str, lane: Lane = Lane.PROMPT, title: str = "", marks: str = "", ref: str = "") -> Callable[[Tx], None]:
    return lambda tx: tx.post(post(slot, lane, title=title, marks=marks, ref=ref), NOW)


def _hold_back(waiting: Waiting, tx: Tx) -> bool:
    return tx.hold_back(waiting, NOW)


async def _titles(store: SqlStore, now: datetime = NOW) -> list[str]:
    return [it.post.card.title for it in await store.transact(_claim(now))]


async def test_the_handoff_leaves_before_ten_thousand_prompts(tmp_path: Path) -> None:
    def many(tx: Tx) -> None:
        for n in range(10_000):
            tx.post(post(f"prompt-{n}"), NOW)
        tx.post(post("case", Lane.HANDOFF, title="handoff"), NOW)

    with opened(tmp_path) as store:
        await store.transact(many)
        (first,) = await store.transact(_claim(limit=1))
        assert first.post.card.title == "handoff"


async def test_posts_leave_by_lane_and_then_in_the_order_they_came(tmp_path: Path) -> None:
    lanes = [Lane.COSMETIC, Lane.PROMPT, Lane.HANDOFF, Lane.PROMPT, Lane.ESCALATION, Lane.RECEIPT]
    with opened(tmp_path) as store:
        await store.transact(each(*(_post(f"s{n}", lane, f"{n}") for n, lane in enumerate(lanes))))
        assert await _titles(store) == ["2", "4", "5", "1", "3", "0"]


async def test_a_claimed_post_is_not_claimed_again_until_its_lease_runs_out(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a"))
        (first,) = await store.transact(_claim())
        assert await store.transact(_claim(NOW + timedelta(seconds=9))) == []
        (again,) = await store.transact(_claim(SOON))
        assert (first.attempts, again.attempts, again.id) == (1, 2, first.id)


async def test_whoever_lost_the_lease_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a"))
        (ghost,) = await store.transact(_claim())
        (holder,) = await store.transact(_claim(SOON))
        assert not await store.transact(lambda tx: tx.delivered(ghost, "m-ghost", SOON))
        assert not await store.transact(lambda tx: tx.put_back(ghost, SOON))
        assert not await store.transact(lambda tx: tx.abandon(ghost, "gone", SOON))
        assert await store.transact(lambda tx: tx.delivered(holder, "m-1", SOON))
        assert not await store.transact(lambda tx: tx.delivered(holder, "m-2", SOON))
    assert look(tmp_path, "SELECT message_id FROM deliveries") == [("m-1",)]


async def test_what_was_on_its_way_when_the_process_ended_is_picked_up_at_once_and_known_to_be_interrupted(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as store:
        await store.transact(each(_post("a"), _post("b")))
        (before,) = await store.transact(_claim(limit=1))
    with opened(tmp_path) as store:
        assert not await store.transact(lambda tx: tx.delivered(before, "m-1", NOW))
        again = await store.transact(_claim())
        assert [(it.post.slot, it.interrupted, it.token == before.token) for it in again] == [
            ("a", True, True),
            ("b", False, False),
        ]


async def test_what_is_put_back_is_no_longer_interrupted_unless_it_may_have_been_taken(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(each(_post("a"), _post("b")))
        first, second = await store.transact(_claim())
        await store.transact(lambda tx: tx.put_back(first, NOW))
        await store.transact(lambda tx: tx.put_back(second, NOW, interrupted=True))
        assert [it.interrupted for it in await store.transact(_claim())] == [False, True]


async def test_what_is_only_held_back_does_not_count_as_tried(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a"))
        for _ in range(3):
            (waiting,) = await store.transact(_claim())
            assert waiting.attempts == 1
            assert await store.transact(partial(_hold_back, waiting))
        assert not await store.transact(partial(_hold_back, waiting))


async def test_what_a_turn_posts_under_a_lease_is_its_own_and_nobody_elses(tmp_path: Path) -> None:
    def turn(tx: Tx) -> Sequence[Waiting]:
        tx.lease_what_is_posted(NOW, 10)
        tx.post(post("later", Lane.COSMETIC), NOW)
        tx.post(post("a", title="old", marks="told"), NOW)
        tx.post(post("a", title="new"), NOW)
        return tx.leased()

    with opened(tmp_path) as store:
        leased = await store.transact(turn)
        assert [(it.post.slot, it.post.card.title, it.post.marks) for it in leased] == [
            ("a", "new", "told"),
            ("later", "", ""),
        ]
        assert await store.transact(_claim()) == []
        assert await store.transact(lambda tx: tx.delivered(leased[0], "m-1", NOW))
        assert [it.post.slot for it in await store.transact(_claim(SOON))] == ["later"]


async def test_turns_that_share_a_commit_each_lease_their_own_and_no_other_turn_leases_anything(tmp_path: Path) -> None:
    def turn(slot: str) -> Callable[[Tx], Sequence[Waiting]]:
        def work(tx: Tx) -> Sequence[Waiting]:
            tx.lease_what_is_posted(NOW, 10)
            tx.post(post(slot), NOW)
            return tx.leased()

        return work

    with opened(tmp_path) as store:
        turns = [store.transact(turn("a")), store.transact(_post("plain")), store.transact(turn("b"))]
        first, _, second = await asyncio.gather(*turns)
        assert [[it.post.slot for it in leased or ()] for leased in (first, second)] == [["a"], ["b"]]
        assert [it.post.slot for it in await store.transact(_claim())] == ["plain"]


async def test_a_turn_leases_nothing_for_a_place_where_another_post_still_waits_or_is_on_its_way(
    tmp_path: Path,
) -> None:
    def turn(tx: Tx) -> Sequence[Waiting]:
        tx.lease_what_is_posted(NOW, 10)
        tx.post(post("waits", title="new"), NOW)
        tx.post(post("on its way", title="new"), NOW)
        return tx.leased()

    with opened(tmp_path) as store:
        await store.transact(_post("on its way", title="old"))
        (flying,) = await store.transact(_claim())
        await store.transact(_post("waits", title="old"))
        assert await store.transact(turn) == []
        assert await _titles(store) == ["new"]
        await store.transact(lambda tx: tx.delivered(flying, "m-1", NOW))
        (second,) = await store.transact(_claim())
        assert (second.post.card.title, second.message_id) == ("new", "m-1")


async def test_the_next_post_for_a_place_knows_what_stands_there(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a", title="1"))
        (first,) = await store.transact(_claim())
        await store.transact(lambda tx: tx.delivered(first, "m-1", NOW))
        await store.transact(each(_post("a", title="2"), _post("b", title="3")))
        found = {it.post.slot: it.message_id for it in await store.transact(_claim())}
        assert (first.message_id, found) == ("", {"a": "m-1", "b": ""})


async def test_a_newer_post_for_the_same_place_replaces_the_one_that_waits_and_keeps_its_marks(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a", title="old", marks="delivered:R-1 told"))
        await store.transact(_post("a", title="new", marks="told seen"))
        (waiting,) = await store.transact(_claim())
        assert (waiting.post.card.title, waiting.post.marks) == ("new", "delivered:R-1 told seen")


@pytest.mark.parametrize("old", list(Lane))
@pytest.mark.parametrize("new", list(Lane))
async def test_a_replaced_post_never_leaves_later_than_it_would_have(tmp_path: Path, old: Lane, new: Lane) -> None:
    with opened(tmp_path) as store:
        await store.transact(each(_post("a", old, "old"), _post("a", new, "new")))
        (waiting,) = await store.transact(_claim())
        assert (waiting.post.lane, waiting.post.card.title) == (min(old, new), "new")


async def test_a_post_on_its_way_is_not_replaced_and_the_newer_one_waits_behind_it(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a", title="1"))
        (first,) = await store.transact(_claim())
        await store.transact(_post("a", Lane.HANDOFF, "2"))
        assert await store.transact(_claim()) == []
        await store.transact(lambda tx: tx.delivered(first, "m-1", NOW))
        (second,) = await store.transact(_claim())
        assert (second.post.card.title, second.message_id) == ("2", "m-1")


async def test_a_replaced_post_whose_lease_ran_out_is_sent_even_when_the_ghost_comes_back(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a", title="old"))
        (ghost,) = await store.transact(_claim())
        await store.transact(lambda tx: tx.post(post("a", title="new"), SOON))
        assert not await store.transact(lambda tx: tx.delivered(ghost, "m-1", SOON))
        assert await _titles(store, SOON) == ["new"]


async def test_a_post_put_back_waits_for_its_time(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a"))
        (first,) = await store.transact(_claim())
        assert await store.transact(lambda tx: tx.put_back(first, SOON))
        assert await store.transact(_claim(NOW + timedelta(seconds=10))) == []
        (again,) = await store.transact(_claim(SOON))
        assert (again.attempts, again.queued_at) == (2, NOW)


async def test_an_abandoned_post_says_why_and_never_leaves(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a"))
        (first,) = await store.transact(_claim())
        assert await store.transact(lambda tx: tx.abandon(first, "channel_not_found", NOW))
        assert await store.transact(_claim(SOON)) == []
    assert look(tmp_path, "SELECT state, reason, payload FROM outbox") == [("abandoned", "channel_not_found", "")]


async def test_a_post_that_cannot_be_read_is_set_aside_and_audited_and_holds_up_nobody(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(each(_post("rotten", title="rotten"), _post("sound", title="sound")))
    with sqlite3.connect(tmp_path / "handrail.db") as books:
        books.execute("UPDATE outbox SET payload = 'v1:gone:AAAA' WHERE slot = 'rotten'")
    with opened(tmp_path) as store:
        assert await _titles(store) == ["sound"]
    assert look(tmp_path, "SELECT state, reason FROM outbox WHERE slot = 'rotten'") == [("abandoned", "unreadable")]
    assert look(tmp_path, "SELECT action FROM audit") == [("unreadable_post",)]


_STEPS = st.lists(
    st.tuples(st.sampled_from(["post", "post", "claim", "deliver", "put back", "lapse"]), st.integers(0, 2)),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(_STEPS)
def test_whatever_happens_no_mark_is_lost_and_a_place_has_one_post_on_its_way(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    with opened(tmp_path_factory.mktemp("books")) as store:
        model = _Model(store)
        for step, place in steps:
            model.take(step, place)
        model.drain()
        assert model.marked == model.posted
        assert model.last_seen == model.last_posted


class _Model:
    """A platform with a ledger: what was posted, what it was told, and what now stands in each place."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.now = store, NOW
        self.posted: set[str] = set()
        self.marked: set[str] = set()
        self.last_posted: dict[str, str] = {}
        self.last_seen: dict[str, str] = {}
        self.flying: list[Waiting] = []

    def take(self, step: str, place: int) -> None:
        {
            "post": self._post,
            "claim": self._claim,
            "deliver": self._deliver,
            "put back": self._put_back,
            "lapse": self._lapse,
        }[step](place)

    def drain(self) -> None:
        self._lapse(0)
        for _ in range(200):
            self._claim(0)
            if not self.flying:
                return
            self._deliver(0)

    def _post(self, place: int) -> None:
        mark, slot = f"m{len(self.posted)}", f"slot-{place}"
        self.posted.add(mark)
        self.last_posted[slot] = mark
        run(self.store, lambda tx: tx.post(post(slot, title=mark, marks=mark), self.now))

    def _claim(self, _: int) -> None:
        self.flying += run(self.store, lambda tx: tx.claim(self.now, 10, 5))
        slots = [it.post.slot for it in self.flying]
        assert len(slots) == len(set(slots))

    def _deliver(self, _: int) -> None:
        if self.flying:
            sent = self.flying.pop(0)
            assert run(self.store, lambda tx: tx.delivered(sent, "id", self.now))
            self.marked |= set(sent.post.marks.split())
            self.last_seen[sent.post.slot] = sent.post.card.title

    def _put_back(self, _: int) -> None:
        if self.flying:
            failed = self.flying.pop(0)
            assert run(self.store, lambda tx: tx.put_back(failed, self.now))

    def _lapse(self, _: int) -> None:
        self.now += timedelta(seconds=11)
        self.flying.clear()


async def test_what_was_interrupted_and_then_held_back_or_put_back_is_still_looked_for_first(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(_post("a"))
        await store.transact(_claim())
    with opened(tmp_path) as store:
        for _ in range(2):
            (again,) = await store.transact(_claim())
            assert again.interrupted
            await store.transact(partial(_hold_back, again))
            (once_more,) = await store.transact(_claim())
            assert once_more.interrupted
            await store.transact(partial(_put_back, once_more))


def _put_back(waiting: Waiting, tx: Tx) -> bool:
    return tx.put_back(waiting, NOW)
