"""The SDK names what comes in and does nothing else: no client, no token, no post, no word in a log."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.core.teams import TeamsActivityHandler, TeamsInfo
from botbuilder.schema import Activity
from botbuilder.schema.teams import TeamsChannelAccount
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import sdk
from adapters.teams.answers import Answer, sentence
from adapters.teams.projection import project
from adapters.teams.us import Json
from bot.errors import StoreUnavailable
from bot.message import Action, Button, Press
from tests.slack_reception import everything_logged
from tests.teams_reception import (
    JADE,
    Desk,
    Ear,
    activity,
    data_of,
    event,
    executed,
    fetched,
    in_channel,
    in_group,
    said,
    sent,
    submitted,
)

CANARY = "CANARY-7c1e"
ACK = Button("I have it", Press(Action.ACKNOWLEDGE, "SAFE-2026-0001", 3))


@dataclass
class Parts:
    """Writes down which part was given what."""

    taken: list[tuple[str, Json]] = field(default_factory=list)
    fault: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        async def take(activity: Json) -> Answer:
            if self.fault:
                raise self.fault
            self.taken.append((name, activity))
            return sentence(name)

        return take


async def run(body: Json, parts: Parts | None = None) -> tuple[list[str], Answer]:
    parts = parts or Parts()
    answer = await sdk.Turns(parts).run(body)
    assert all(given is body for _, given in parts.taken)
    return [name for name, _ in parts.taken], answer


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (said(), "message"),
        (event(said(type="messageUpdate"), "editMessage"), "changed"),
        (event(said(type="messageUpdate"), "undeleteMessage"), "changed"),
        (event(activity("messageDelete"), "softDeleteMessage"), "changed"),
        (activity("installationUpdate", action="add"), "added"),
        (activity("installationUpdate", action="add-upgrade"), "added"),
        (activity("installationUpdate", action="remove"), "moved"),
        (activity("conversationUpdate", membersAdded=[{"id": "29:sam"}]), "moved"),
        (event(activity("conversationUpdate"), "channelDeleted"), "moved"),
    ],
)
async def test_everything_goes_to_its_part_and_is_answered_200(body: Json, part: str) -> None:
    assert await run(body) == ([part], Answer())


@pytest.mark.parametrize(
    ("body", "part"), [(executed({}), "press"), (fetched({}), "dialog_asked"), (sent({}), "dialog_sent")]
)
async def test_an_invoke_is_answered_with_what_its_part_says(body: Json, part: str) -> None:
    assert await run(body) == ([part], sentence(part))


INVOKES = """
    actionableMessage/executeAction composeExtension/anonymousQueryLink composeExtension/fetchTask
    composeExtension/onCardButtonClicked composeExtension/query composeExtension/queryLink
    composeExtension/querySettingUrl composeExtension/selectItem composeExtension/setting
    composeExtension/submitAction config/fetch config/submit fileConsent/invoke message/submitAction search
    application/search signin/tokenExchange signin/verifyState tab/fetch tab/submit somethingNew
"""


@pytest.mark.parametrize("name", [*INVOKES.split(), "", None])
async def test_an_invoke_that_nobody_knows_is_answered_501(name: str | None) -> None:
    assert await run(activity("invoke", name=name, value={"action": "accept"})) == ([], Answer(501))


async def test_what_a_part_raises_reaches_whoever_ran_the_turn() -> None:
    for fault in (StoreUnavailable("the books"), RuntimeError("x")):
        for body in (
            said(),
            executed({}),
            activity("conversationUpdate"),
            event(activity("messageDelete"), "softDeleteMessage"),
        ):
            with pytest.raises(type(fault)):
                await run(body, Parts(fault=fault))


async def test_turns_do_not_mix() -> None:
    desk, gate = Desk(bot=Ear(gate=asyncio.Event())), 20
    turns = [asyncio.create_task(desk.take(said(str(n), id=str(n)))) for n in range(gate)]
    await asyncio.wait_for(desk.bot.begun.wait(), 5)
    assert desk.bot.gate is not None
    desk.bot.gate.set()
    await asyncio.gather(*turns)
    assert sorted((it.text, it.key.rpartition(":")[2]) for it in desk.bot.heard) == sorted(
        (str(n), str(n)) for n in range(gate)
    )


# --- what the SDK is given, and what it must not do ---


async def test_the_sdk_is_given_no_word_and_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Activity] = []

    class Seen(TurnContext):  # type: ignore[misc]
        def __init__(self, adapter: Any, request: Activity) -> None:
            given.append(request)
            super().__init__(adapter, request)

    monkeypatch.setattr(sdk, "TurnContext", Seen)
    for body in (said(CANARY), executed({"handrail": CANARY, "words": CANARY}), event(said(CANARY), CANARY)):
        await run(project(body))
    seen = json.dumps([it.serialize() for it in given[:2]])
    assert len(given) == 3
    assert CANARY not in seen
    assert JADE not in seen.lower()


async def test_nothing_can_be_sent_changed_or_deleted_through_the_sdk() -> None:
    class Chatty(Parts):
        async def message(self, activity: Json) -> None:
            context = TurnContext(sdk._Adapter(), Activity(type="message"))
            for sending in (
                context.send_activity("x"),
                context.update_activity(Activity()),
                context.delete_activity("1"),
            ):
                with pytest.raises(NotImplementedError):
                    await sending
            self.taken.append(("message", activity))

    assert await run(said(), Chatty()) == (["message"], Answer())


async def test_nobody_is_looked_up_by_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def get_member(_: TurnContext, id: str) -> TeamsChannelAccount:
        asked.append(id)
        return TeamsChannelAccount(id=id)

    monkeypatch.setattr(TeamsInfo, "get_member", get_member)
    newcomer = {"type": "conversationUpdate", "membersAdded": [{"id": "29:sam"}], "channelData": {}}
    assert await run(newcomer) == (["moved"], Answer())
    assert asked == []
    plain = Activity().deserialize({**newcomer, "channelId": "msteams"})  # the control: with its own handler it asks
    await TeamsActivityHandler().on_turn(TurnContext(sdk._Adapter(), plain))
    assert asked == ["29:sam"]


# --- whatever comes (a projection is JSON of known names) ---

TEXT = st.sampled_from(["", CANARY, "<at>Handrail</at> x", "oncall", "28:x", "29:y", "\ud800"]) | st.text(max_size=8)
DATA = st.sampled_from([data_of(ACK), {"handrail": "check"}, {"handrail": CANARY}, {}]) | st.dictionaries(
    st.sampled_from(["handrail", "nonce", "words", "field:age"]), TEXT
)
KINDS = st.sampled_from(
    [
        "message",
        "messageUpdate",
        "messageDelete",
        "conversationUpdate",
        "installationUpdate",
        "invoke",
        "event",
        "typing",
    ]
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "type": KINDS | TEXT,
        "name": st.sampled_from(["adaptiveCard/action", "task/fetch", "task/submit"]) | TEXT,
        "action": st.sampled_from(["add", "remove"]) | TEXT,
        "text": TEXT,
        "id": TEXT,
        "timestamp": TEXT,
        "serviceUrl": TEXT,
        "from": st.fixed_dictionaries({}, optional={"id": TEXT, "aadObjectId": TEXT, "name": TEXT}),
        "recipient": st.just({}) | st.none(),
        "conversation": st.sampled_from([in_channel()["conversation"], in_group()["conversation"], {}, None]),
        "channelData": st.sampled_from([in_channel()["channelData"], {"eventType": "editMessage"}, {}, None]),
        "membersAdded": st.lists(st.fixed_dictionaries({}, optional={"id": TEXT, "aadObjectId": TEXT}), max_size=2),
        "value": st.fixed_dictionaries({}, optional={"action": st.fixed_dictionaries({"data": DATA}), "data": DATA})
        | DATA,
    },
)
BODIES = st.sampled_from(
    [said(), executed(data_of(ACK)), fetched(data_of(ACK)), sent(data_of(ACK)), submitted(data_of(ACK))]
)


@settings(max_examples=150, deadline=None)
@given(BODIES, CHANGES, st.booleans())
def test_whatever_comes_nothing_but_a_lost_turn_is_raised(body: Json, change: Json, shut: bool) -> None:
    async def play() -> None:
        desk = Desk(bot=Ear(fault=StoreUnavailable("the books") if shut else None))
        try:
            answer = await desk.take({**body, **change})
        except StoreUnavailable:
            assert shut
        else:
            assert answer.status in (200, 501)
            json.dumps(answer.body)
        assert not any(it.overheard and it.text for it in desk.bot.heard)

    with everything_logged() as logged:
        asyncio.run(play())
    assert CANARY not in logged.text


# --- logs ---


def test_the_libraries_are_silent_whatever_the_root_says() -> None:
    sdk.hush()
    with everything_logged() as logged:
        for name in sdk.SILENT:
            logging.getLogger(name).error(CANARY)
            logging.getLogger(f"{name}.below").error(CANARY)
        logging.getLogger("another").error("seen")
    assert CANARY not in logged.text
    assert "seen" in logged.text
