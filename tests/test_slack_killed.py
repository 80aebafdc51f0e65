"""`kill -9` at random moments while teachers write: what Slack was told is kept is kept, and nothing comes twice (I1).

The server is the real one in a process of its own. Bolt's own default, which answers first and works afterwards, is the
control: the same harness must see it lose messages.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.slack.fake import FakeSlack, Somebody
from tests.slack.ledger import Delivery
from tests.slack_process import Served
from tests.slack_school import WAYS, slack_trust, town

KILLS = 10
TEACHERS = [f"U0TELLER{number:02}" for number in range(8)]


def _slack(folder: Path) -> FakeSlack:
    people, rooms = town(slack_trust(folder))
    slack = FakeSlack([*people, *(Somebody(id, f"Kim {id}") for id in TEACHERS)], rooms)
    slack.set_up(retry_delays=(0.3, 1.0, 3.0), patience=0.5)
    return slack


async def _killed_in_the_middle(served: Served, round: int, moments: random.Random) -> list[Delivery]:
    """Everybody writes at the same moment; a few milliseconds later the process is gone."""
    writing = [asyncio.create_task(served.slack.says(who, f"words {round} of {who}")) for who in TEACHERS]
    await asyncio.sleep(moments.uniform(0.002, 0.09))
    await served.kill()
    return list(await asyncio.gather(*writing))


def _words(delivery: Delivery) -> str:
    return str(delivery.payload["event"]["text"])


@pytest.mark.parametrize("way", WAYS)
async def test_whatever_slack_was_told_is_kept_survives_a_kill_and_nothing_is_heard_or_said_twice(
    tmp_path: Path, way: str
) -> None:
    moments, told = random.Random(f"{way} 2026"), list[Delivery]()
    async with _slack(tmp_path) as slack:
        served = Served(tmp_path, slack, way)
        for round in range(KILLS):
            await served.start()
            told += await _killed_in_the_middle(served, round, moments)
            acknowledged = [_words(delivery) for delivery in told if delivery.taken]
            kept = Counter(await served.kept())
            assert [words for words in acknowledged if kept[words] != 1] == []
        await served.start()
        await slack.settled()
        await _until_all_is_heard(served, told)
        await served.stop()
        kept = Counter(await served.kept())
        assert {_words(delivery): kept[_words(delivery)] for delivery in told} == {_words(d): 1 for d in told}
        assert _said_twice(slack) == []
        assert sum(delivery.taken for delivery in told) > KILLS


async def _until_all_is_heard(served: Served, told: list[Delivery]) -> None:
    """Slack's own retries, and after them the sweep, bring what is left."""
    for _ in range(240):
        if all(delivery.over for delivery in told) and served.slack.calls("conversations.history"):
            break
        await asyncio.sleep(0.1)
    swept = len(TEACHERS) * 1.4 + 2.0
    await asyncio.sleep(0.0 if all(d.taken for d in told) else swept)


def _said_twice(slack: FakeSlack) -> list[str]:
    """The names of posts that stand more than once in somebody's direct messages."""
    said = Counter(
        str(call.arguments["metadata"])
        for call in slack.calls("chat.postMessage", performed=True)
        if call.arguments.get("metadata") and not str(call.arguments["channel"]).startswith("C")
    )
    return [name for name, count in said.items() if count > 1]


async def test_bolts_own_default_loses_messages_under_the_same_kills(tmp_path: Path) -> None:
    moments, lost = random.Random(2026), 0
    async with _slack(tmp_path) as slack:
        served = Served(tmp_path, slack, acknowledge_first=True)
        for round in range(40):
            await served.start()
            told = await _killed_in_the_middle(served, round, moments)
            kept = set(await served.kept())
            lost += sum(delivery.attempts[0].taken and _words(delivery) not in kept for delivery in told)
            if lost:
                break
    assert lost
