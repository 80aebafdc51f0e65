"""What a thief of the file finds: nothing in clear, nothing that opens in another place, nothing that can be undone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.seal import SealBroken
from bot.conversation import Answer
from bot.message import Card, Destination, Lane, Passage, Person, Post, Reach
from bot.ports import Audited, Tx
from tests.books import NOW, by_hand, case, conversation, entry, everything_on_disk, look, opened, post

CANARIES = ("Zebedee-canary", "the words of Zebedee", "sam-canary", "dsl-canary", "title-canary", "key-canary")


async def test_nothing_anybody_wrote_and_nobodys_id_stands_in_clear_on_the_disk(tmp_path: Path) -> None:
    sender, lead = Person("web", "sam-canary"), Person("web", "dsl-canary")
    talk = replace(conversation(sender=sender), answers={"child": Answer((), "Zebedee-canary")})
    line = replace(entry("the words of Zebedee"), by=sender.key)
    card = Card("Handrail", "title-canary", (Passage(("the words of Zebedee",)),))
    sent = Post(Destination("web", Reach.PERSON, lead.id), "view", card, Lane.PROMPT, talk.ref)

    def work(tx: Tx) -> None:
        tx.first_time("key-canary", NOW)
        tx.save_conversation(talk)
        tx.save_case(replace(case(), reporter=sender, acknowledged_by=lead.key))
        tx.chronicle(line)
        tx.audit(Audited(NOW, lead.key, "opened", talk.ref, "Zebedee-canary"))
        tx.post(sent, NOW)

    with opened(tmp_path) as store:
        await store.transact(work)
        (waiting,) = await store.transact(lambda tx: tx.claim(NOW, 10, 5))
        await store.transact(lambda tx: tx.delivered(waiting, "m-1", NOW))
        raw = everything_on_disk(tmp_path)
    raw += everything_on_disk(tmp_path)
    assert [word for word in CANARIES if word.encode() in raw] == []
    assert talk.ref.encode() in raw  # the search itself finds what is there


async def test_what_was_in_a_post_is_gone_once_it_has_left(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.post(post("a"), NOW))
        (waiting,) = await store.transact(lambda tx: tx.claim(NOW, 10, 5))
        await store.transact(lambda tx: tx.delivered(waiting, "m-1", NOW))
    assert look(tmp_path, "SELECT state, payload FROM outbox") == [("sent", "")]


@pytest.mark.parametrize("table", ["conversations", "cases", "chronology"])
async def test_two_sealed_values_swapped_between_rows_refuse_to_open(tmp_path: Path, table: str) -> None:
    def work(tx: Tx) -> None:
        for ref in ("R-1", "R-2"):
            tx.save_conversation(conversation(f"c-{ref}", ref, Person("web", ref)))
            tx.save_case(case(ref))
            tx.chronicle(entry("words", ref))

    with opened(tmp_path) as store:
        await store.transact(work)
    swap = f"UPDATE {table} SET body = (SELECT body FROM {table} AS other WHERE other.ref <> {table}.ref)"
    by_hand(tmp_path, swap)
    readers = {
        "conversations": lambda tx: tx.conversation_about("R-1"),
        "cases": lambda tx: tx.case("R-1"),
        "chronology": lambda tx: list(tx.chronology("R-1")),
    }
    with opened(tmp_path) as store, pytest.raises(SealBroken):
        await store.transact(readers[table])


async def test_the_chronology_cannot_be_changed_by_sql(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.chronicle(entry("first")))
    for sql in (
        "UPDATE chronology SET kind = 'x'",
        "DELETE FROM chronology",
        "REPLACE INTO chronology SELECT * FROM chronology",
    ):
        with pytest.raises(Exception, match="append-only"):
            look(tmp_path, sql)
