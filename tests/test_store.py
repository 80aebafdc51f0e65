"""A turn is kept whole or not at all, answered only once it is durable, and comes back as it was written."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.expression import ClauseElement

from adapters.seal import Keyring
from adapters.store import migrate, statements
from adapters.store.store import SqlStore
from bot.case import Entry, Kind
from bot.conversation import Answer, Conversation
from bot.errors import Stale, StoreRefused
from bot.message import Person
from bot.ports import Audited, Timer, TimerKind, Tx
from tests.books import (
    KEY,
    NOW,
    SENDER,
    by_hand,
    case,
    conversation,
    each,
    entry,
    made,
    open_once,
    opened,
    run,
    url,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


def _add(words: str) -> Callable[[Tx], None]:
    return lambda tx: tx.chronicle(entry(words))


def _words(tx: Tx) -> list[str]:
    return [it.words for it in tx.chronology(entry().ref)]


async def test_a_conversation_and_a_case_come_back_equal_with_the_next_version(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.save_conversation(conversation()))
        await store.transact(lambda tx: tx.save_case(case()))
        found = await store.transact(lambda tx: (tx.conversation("c-1"), tx.case(case().ref)))
        assert found == (replace(conversation(), version=1), replace(case(), version=1))
        assert await store.transact(lambda tx: tx.conversation_of(SENDER)) == found[0]
        assert await store.transact(lambda tx: tx.conversation_about(case().ref)) == found[0]


def test_any_text_at_all_comes_back_as_it_was_given(tmp_path: Path) -> None:
    with opened(tmp_path) as store:

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(ANY_TEXT, ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
        def holds(key: str, words: str, values: list[str]) -> None:
            ref = f"R-{holds_count()}"
            talk = replace(
                conversation(id=f"c-{ref}", ref=ref, sender=Person("web", f"{ref}{key}")),
                answers={key: Answer(tuple(values), words)},
            )
            line = Entry(ref=ref, at=NOW, kind=Kind.FIRST_WORDS, by=key, words=words, values=tuple(values))
            run(store, each(lambda tx: tx.save_conversation(talk), lambda tx: tx.chronicle(line)))
            assert run(store, lambda tx: tx.conversation_of(talk.sender)) == replace(talk, version=1)
            assert run(store, lambda tx: list(tx.chronology(ref))) == [line]

        count = iter(range(10_000))

        def holds_count() -> int:
            return next(count)

        holds()


@pytest.mark.parametrize("words", ["x" * 100_000, "\ud800" * 100_000, "\0", "\u202e<b>*_`@here", "é\u0301🏳️‍🌈", ""])
async def test_long_and_hostile_words_are_kept_whole(tmp_path: Path, words: str) -> None:
    with opened(tmp_path) as store:
        await store.transact(_add(words))
        assert await store.transact(_words) == [words]


@example(hostile="\ud800")
@example(hostile="\0")
@given(hostile=st.text(st.characters(exclude_categories=()), max_size=20))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_forged_id_finds_nothing_and_raises_nothing(tmp_path_factory: pytest.TempPathFactory, hostile: str) -> None:
    with opened(tmp_path_factory.mktemp("books")) as store:

        def forged(tx: Tx) -> list[object]:
            tx.first_time(hostile, NOW)
            tx.clear_timers(hostile, TimerKind)
            tx.audit(Audited(NOW, hostile, "refused", hostile, hostile))
            return [tx.conversation(hostile), tx.case(hostile), tx.conversation_about(hostile), *tx.chronology(hostile)]

        assert run(store, forged) == [None, None, None]


async def test_of_two_who_move_the_same_row_the_second_is_stale(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.save_case(case()))
        read = await store.transact(lambda tx: tx.case(case().ref))
        assert read is not None
        await store.transact(lambda tx: tx.save_case(replace(read, acknowledged_by="first")))
        with pytest.raises(Stale):
            await store.transact(lambda tx: tx.save_case(replace(read, acknowledged_by="second")))
        kept = await store.transact(lambda tx: tx.case(case().ref))
        assert kept == replace(read, acknowledged_by="first", version=2)


async def test_a_conversation_moves_only_from_the_version_that_was_read(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.save_conversation(conversation()))
        read = await store.transact(lambda tx: tx.conversation("c-1"))
        assert read is not None
        await store.transact(lambda tx: tx.save_conversation(replace(read, step="first")))
        with pytest.raises(Stale):
            await store.transact(lambda tx: tx.save_conversation(replace(read, step="second")))
        kept = await store.transact(lambda tx: tx.conversation("c-1"))
        assert kept == replace(read, step="first", version=2)


async def test_a_sender_has_one_open_conversation_at_most(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.save_conversation(conversation("c-1")))
        with pytest.raises(Stale):
            await store.transact(lambda tx: tx.save_conversation(conversation("c-2")))
        closed = replace(conversation("c-1"), version=1, closed=True)
        await store.transact(lambda tx: tx.save_conversation(closed))
        await store.transact(lambda tx: tx.save_conversation(conversation("c-2")))
        found = await store.transact(lambda tx: tx.conversation_of(SENDER))
        assert found is not None
        assert found.id == "c-2"


async def test_a_message_heard_before_is_known_however_many_come_at_once(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        turns = (store.transact(lambda tx: tx.first_time("slack:Ev1", NOW)) for _ in range(40))
        assert sum(await asyncio.gather(*turns)) == 1
    with opened(tmp_path) as store:
        assert not await store.transact(lambda tx: tx.first_time("slack:Ev1", NOW))


async def test_timers_outlive_the_process_one_of_a_kind_the_earliest_first(tmp_path: Path) -> None:
    later = NOW + timedelta(minutes=15)
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.set_timer(Timer(TimerKind.SILENCE, "c-1", NOW)))
        await store.transact(lambda tx: tx.set_timer(Timer(TimerKind.SILENCE, "c-1", later)))
        await store.transact(lambda tx: tx.set_timer(Timer(TimerKind.NUDGE, "c-1", NOW + timedelta(minutes=5))))
    with opened(tmp_path) as store:
        assert await store.transact(lambda tx: tx.next_due()) == NOW + timedelta(minutes=5)
        assert await store.transact(lambda tx: list(tx.due(NOW, 9))) == []
        due = await store.transact(lambda tx: tx.due(later, 9))
        assert [it.kind for it in due] == [TimerKind.NUDGE, TimerKind.SILENCE]
        await store.transact(lambda tx: tx.clear_timers("c-1", [TimerKind.NUDGE]))
        assert await store.transact(lambda tx: [it.due_at for it in tx.due(later, 9)]) == [later]
        await store.transact(lambda tx: tx.clear_timers("c-1", TimerKind))
        assert await store.transact(lambda tx: tx.next_due()) is None


async def test_a_time_without_a_zone_is_refused_and_nothing_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with pytest.raises(TypeError):
            await store.transact(each(_add("x"), lambda tx: tx.first_time("k", NOW.replace(tzinfo=None))))
        assert await store.transact(_words) == []


def test_every_statement_has_a_form_for_postgresql_too() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    built = [it for name, it in vars(statements).items() if name.isupper() and isinstance(it, ClauseElement)]
    forms = [str(it.compile(dialect=dialect)) for it in built]
    assert len(forms) > 25
    assert not [form for form in forms if re.search(r"\?|OR IGNORE", form)]


def test_the_store_is_the_port_the_bot_asks_for() -> None:
    from bot.ports import Store

    def takes(store: Store) -> Store:
        return store

    assert takes(SqlStore.__new__(SqlStore)) is not None


def test_books_of_an_earlier_shape_are_refused_until_they_are_brought_up_and_lose_nothing(tmp_path: Path) -> None:
    made(tmp_path)
    by_hand(
        tmp_path,
        "DROP TABLE marks",
        "DROP TABLE addresses",
        "DROP INDEX ix_conversations_sender",
        "UPDATE alembic_version SET version_num = '0001'",
    )
    with pytest.raises(StoreRefused, match="handrail migrate"):
        open_once(tmp_path)
    migrate(url(tmp_path), Keyring.from_setting(KEY))
    with opened(tmp_path) as store:
        assert [it.words for it in run(store, lambda tx: tx.chronology(entry().ref))] == ["kept"]
        run(store, lambda tx: tx.set_mark("swept", NOW))
        assert run(store, lambda tx: (tx.mark("swept"), tx.mark("never"))) == (NOW, None)
        run(store, lambda tx: tx.keep_address("web:person:kim", "door three"))
        assert run(store, lambda tx: tx.address("web:person:kim")) == "door three"


def test_where_somebody_is_reached_is_kept_sealed_and_the_newest_counts(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        run(store, lambda tx: tx.keep_address("web:person:kim", "the canary door"))
        run(store, lambda tx: tx.keep_address("web:person:kim", "another canary door"))
        assert run(store, lambda tx: (tx.address("web:person:kim"), tx.address("web:person:sam"))) == (
            "another canary door",
            None,
        )
    raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"canary" not in raw
    assert b"web:person:kim" not in raw


def test_somebodys_reports_are_found_newest_first_open_or_closed_and_nobody_elses(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for number, sender in enumerate([SENDER, Person("web", "kim"), SENDER]):
            talk = replace(conversation(f"c-{number}", f"R-{number}", sender), closed=number == 0)
            run(store, partial(_save, talk))
        assert run(store, lambda tx: tx.refs_of(SENDER, 10)) == ["R-2", "R-0"]
        assert run(store, lambda tx: tx.refs_of(SENDER, 1)) == ["R-2"]


def _save(talk: Conversation, tx: Tx) -> None:
    tx.save_conversation(talk)
