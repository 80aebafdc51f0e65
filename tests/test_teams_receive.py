"""What people do in Teams reaches the bot before Teams has its answer, and they see what came of it (F5, I1, T49)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from adapters.teams.answers import Answer
from adapters.teams.projection import project
from adapters.teams.promptness import Promptness
from adapters.teams.us import Json
from bot.errors import SendRefused, StoreUnavailable
from bot.message import Action, Button, Card, Change, Destination, Passage, Press, Reach
from tests.slack_reception import everything_logged
from tests.teams.activities import offered
from tests.teams_reception import (
    BOT,
    BOT_NAME,
    CHANNEL,
    CHAT,
    GROUP,
    JADE,
    JADE_HERE,
    OURS,
    SERVICE,
    TEAM,
    TO_JADE,
    Desk,
    Known,
    StillClock,
    activity,
    data_of,
    event,
    executed,
    in_channel,
    in_group,
    said,
    sent,
    submitted,
)

CANARY = "CANARY-7c1e Zoë <b>"
SHOWN = Card("A sentence", passages=(Passage(("What came of it",)),))
ACK = Button("I have it", Press(Action.ACKNOWLEDGE, "SAFE-2026-0001", 3))
OK = Answer()


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- kept, then answered ---


async def test_teams_has_no_answer_before_the_turn_is_kept(desk: Desk) -> None:
    desk.bot.gate = asyncio.Event()
    asking = asyncio.create_task(desk.take(said()))
    await asyncio.wait_for(desk.bot.begun.wait(), 5)
    assert not asking.done()
    desk.bot.gate.set()
    assert await asking == OK
    assert [incoming.text for incoming in desk.bot.heard] == ["hello"]


async def test_what_could_not_be_kept_reaches_the_gate(desk: Desk) -> None:
    doings = (said(), said(**in_channel()), submitted(data_of(ACK)), event(said(type="messageUpdate"), "editMessage"))
    for fault in (StoreUnavailable("the books"), RuntimeError(CANARY)):
        desk.bot.fault = fault
        for doing in doings:
            with pytest.raises(type(fault)):
                await desk.take(doing)
    assert desk.told == []


async def test_what_a_person_writes_is_heard_as_it_was_written(desk: Desk) -> None:
    await desk.take(said("  Er sagte: „nein“ \ud800 😀\n", attachments=offered("inline", "", "http://127.0.0.1:9")))
    heard = desk.bot.heard[0]
    assert (heard.text, heard.attachments, heard.press, heard.change) == (
        "  Er sagte: „nein“ \ud800 😀\n",
        1,
        None,
        None,
    )
    assert (heard.sender.key, heard.key) == (f"teams:{JADE}", f"message:{CHAT}:1790000000100")
    assert heard.at.isoformat() == "2026-11-20T10:40:00.123456+00:00"


async def test_what_comes_without_a_time_is_of_now(desk: Desk) -> None:
    await desk.take(said(timestamp="soon"))
    assert desk.bot.heard[0].at == desk.clock.now()


async def test_two_messages_without_an_id_are_two(desk: Desk) -> None:
    for _ in range(2):
        await desk.take(said(id=None))
    assert len({incoming.key for incoming in desk.bot.heard}) == 2


async def test_what_is_only_for_the_sender_is_shown_in_their_own_chat(desk: Desk) -> None:
    desk.bot.answer = SHOWN
    await desk.take(said())
    await desk.take(said(**in_channel()))
    assert desk.told == [(TO_JADE, "What came of it")] * 2


async def test_a_door_that_cannot_show_loses_nothing_and_logs_no_word(desk: Desk) -> None:
    desk.bot.answer, desk.door.fault = SHOWN, SendRefused(CANARY)
    with everything_logged() as logged:
        assert await desk.take(said(CANARY)) == OK
    assert len(desk.bot.heard) == 1
    assert "CANARY" not in logged.text
    assert "not_shown" in logged.text


# --- who ---


async def test_the_bot_hears_what_the_school_knows_of_the_sender(desk: Desk) -> None:
    for known in (Known(), Known("Jade E", outside=True), Known("", unverified=True)):
        desk.people.people[JADE] = known
        await desk.take(said())
    seen = [(it.sender_name, it.outside, it.unverified) for it in desk.bot.heard]
    assert seen == [("Jade Example", False, False), ("Jade E", True, False), ("", False, True)]
    who, where, name = desk.people.asked[0]
    assert (who, where.conversation, where.person, name) == (JADE, CHAT, JADE_HERE, "Jade Example")


async def test_somebody_without_an_account_is_unverified_in_a_chat_and_outside_elsewhere(desk: Desk) -> None:
    nobody = {"from": {"id": "29:anonymous", "name": "Ash Example"}}
    await desk.take(said("help", **nobody))
    await desk.take(said("help", **nobody, **in_group()))
    seen = [(it.sender.id, it.text, it.outside, it.unverified) for it in desk.bot.heard]
    assert seen == [("29:anonymous", "help", False, True), ("29:anonymous", "", True, True)]


async def test_a_broken_look_up_makes_nobody_an_outsider_and_loses_nothing(desk: Desk) -> None:
    desk.people.fault = RuntimeError(CANARY)
    with everything_logged() as logged:
        await desk.take(said())
    heard = desk.bot.heard[0]
    assert (heard.text, heard.sender_name, heard.outside, heard.unverified) == ("hello", "Jade Example", False, True)
    assert "CANARY" not in logged.text


async def test_programs_and_the_bot_itself_are_not_heard(desk: Desk) -> None:
    for id in (BOT, "28:another"):
        for doing in (said(), said(**in_channel()), event(said(type="messageUpdate"), "editMessage")):
            assert await desk.take({**doing, "from": {"id": id, "name": "A program"}}) == OK
    assert desk.bot.heard == []


# --- where they are reached ---


async def test_where_somebody_is_reached_is_kept_from_everything_they_do(desk: Desk) -> None:
    doings = [
        said(),
        executed(data_of(ACK)),
        event(activity("messageDelete"), "softDeleteMessage"),
        activity("installationUpdate", action="add"),
        activity("conversationUpdate", membersAdded=[{"id": JADE_HERE, "aadObjectId": JADE}]),
    ]
    for number, doing in enumerate(doings):
        desk.kept.at.clear()
        await desk.take({**doing, "serviceUrl": f"{SERVICE}{number}/"})
        assert desk.kept.at[TO_JADE].service_url == f"{SERVICE}{number}/", number


async def test_a_channel_is_kept_by_its_own_id_and_its_teams(desk: Desk) -> None:
    await desk.take(executed(data_of(ACK), **in_channel()))
    address = desk.kept.at[Destination("teams", Reach.CHANNEL, CHANNEL)]
    assert (address.conversation, address.team, address.person) == (CHANNEL, TEAM, "")


@pytest.mark.parametrize("fault", [StoreUnavailable("the books"), RuntimeError(CANARY)])
async def test_words_are_heard_though_the_address_cannot_be_kept(desk: Desk, fault: Exception) -> None:
    desk.kept.fault = fault
    with everything_logged() as logged:
        assert await desk.take(said(CANARY)) == OK
        assert (await desk.take(executed(data_of(ACK)))).status == 200
    assert len(desk.bot.heard) == 2
    assert "CANARY" not in logged.text


# --- the same again (F5) ---


def seconds(desk: Desk, many: float) -> None:
    desk.clock.at += timedelta(seconds=many)


async def resent(desk: Desk, ago: float = 0) -> bool:
    """What comes now, and was sent so many seconds ago."""
    at = desk.clock.now() - timedelta(seconds=ago)
    await desk.take(said(timestamp=at.isoformat()))
    return desk.bot.heard[-1].resent


async def test_what_comes_after_a_prompt_answer_is_new_and_nothing_else_surely_is(desk: Desk) -> None:
    assert await resent(desk)  # after a start nobody knows
    assert not await resent(desk)
    desk.bot.gate = asyncio.Event()
    slow = asyncio.create_task(desk.take(said()))
    await asyncio.wait_for(desk.bot.begun.wait(), 5)
    await asyncio.sleep(0)
    seconds(desk, 16)
    desk.bot.gate.set()
    await slow
    assert not desk.bot.heard[-1].resent
    assert await resent(desk)  # the turn before was slow
    assert not await resent(desk)


@pytest.mark.parametrize(("ago", "again"), [(5, False), (5.1, True), (16, True), (-3600, False)])
async def test_what_took_long_to_reach_us_was_not_answered_promptly_however_fast_we_are(
    desk: Desk, ago: float, again: bool
) -> None:
    await resent(desk)
    assert not await resent(desk, ago)
    assert await resent(desk) is again


async def test_a_message_that_does_not_say_when_it_was_sent_is_counted_from_when_it_came(desk: Desk) -> None:
    known = Promptness(desk.clock)
    for slow in (0, 0, 6, 0):
        with known.turn(CHAT, None) as prompt_at:
            seconds(desk, slow)
    assert prompt_at is None
    for _ in range(2):
        await desk.take(said(timestamp=None))
    assert not desk.bot.heard[-1].resent


async def test_the_bot_is_told_when_somebody_was_last_answered_promptly(desk: Desk) -> None:
    assert await resent(desk)
    assert desk.bot.heard[-1].prompt_at is None
    ended = desk.clock.now()
    seconds(desk, 30)
    assert not await resent(desk)
    assert desk.bot.heard[-1].prompt_at == ended


async def test_what_comes_during_a_turn_or_after_a_lost_one_may_be_the_same_again(desk: Desk) -> None:
    await desk.take(said())
    desk.bot.gate = asyncio.Event()
    desk.bot.begun.clear()
    first, second = (asyncio.create_task(desk.take(said())) for _ in range(2))
    await asyncio.wait_for(desk.bot.begun.wait(), 5)
    await asyncio.sleep(0)
    desk.bot.gate.set()
    await asyncio.gather(first, second)
    assert sorted(it.resent for it in desk.bot.heard[1:]) == [False, True]
    await desk.take(said())
    desk.bot.fault = StoreUnavailable("the books")
    with pytest.raises(StoreUnavailable):
        await desk.take(said())
    desk.bot.fault = None
    assert await resent(desk)


def test_a_prompt_turn_beside_an_open_one_says_nothing_of_it() -> None:
    known = Promptness(StillClock())
    with known.turn(CHAT, None):
        with known.turn(CHAT, None):
            pass
        with known.turn(CHAT, None) as beside:
            assert beside is None


async def test_one_conversation_says_nothing_of_another(desk: Desk) -> None:
    await desk.take(said())
    other = {"id": "a:2-other", "conversationType": "personal"}
    await desk.take(said(conversation=other))
    assert desk.bot.heard[-1].resent


# --- afterwards (T33) ---


@pytest.mark.parametrize(
    ("kind", "said_of_it", "change", "text", "key"),
    [
        ("messageUpdate", "editMessage", Change.EDITED, "after & all", "changed"),
        ("messageUpdate", "undeleteMessage", Change.RESTORED, "", "restored"),
        ("messageDelete", "softDeleteMessage", Change.DELETED, "", "deleted"),
    ],
)
async def test_what_is_done_to_a_message_afterwards_is_heard(
    desk: Desk, kind: str, said_of_it: str, change: Change, text: str, key: str
) -> None:
    body = event(said("after &amp; all", type=kind), said_of_it)
    await desk.take(body)
    await desk.take({**body, "timestamp": "2026-11-20T10:41:00Z"})
    heard, later = desk.bot.heard
    assert (heard.change, heard.text) == (change, text)
    assert heard.key == f"{key}:{CHAT}:1790000000100:2026-11-20T10:40:00.1234567Z"
    assert later.key != heard.key


async def test_changes_that_are_no_persons_own_words_to_the_bot_are_nothing(desk: Desk) -> None:
    for body in (
        event(said(CANARY, type="messageUpdate", **in_channel()), "editMessage"),
        event(said(CANARY, type="messageUpdate"), "somethingNew"),
        activity("messageUpdate", channelData={}),
        activity("messageDelete"),
    ):
        assert await desk.take(body) == OK
    assert desk.bot.heard == []


# --- where others can read (T49) ---


@pytest.mark.parametrize("where", [in_channel(), in_channel(OURS), in_group()], ids=["channel", "ours", "group"])
async def test_of_what_others_can_read_not_a_word_is_heard(desk: Desk, where: Json) -> None:
    text = f"<at>{BOT_NAME}</at> {CANARY}"
    await desk.take(said(text, **where, attachments=offered("file", "", "http://127.0.0.1:9")))
    heard = desk.bot.heard[0]
    assert (heard.overheard, heard.text, heard.attachments, heard.outside) == (True, "", 0, False)
    assert not heard.brought
    assert heard.key.startswith("mention:19:")


async def test_the_numbers_are_not_given_where_others_read(desk: Desk) -> None:
    await desk.take(said("oncall", **in_group()))
    assert [it.overheard for it in desk.bot.heard] == [True]
    assert desk.told == []


# --- the numbers ---


@pytest.mark.parametrize("text", ["oncall", "OnCall", " /oncall\n", "/ on call"])
async def test_who_is_on_call_is_told_at_once_with_no_books_at_all(desk: Desk, text: str) -> None:
    desk.bot.fault = desk.kept.fault = StoreUnavailable("the books")
    assert await desk.take(said(text)) == OK
    assert desk.told == [(TO_JADE, "01632 960001")]
    assert desk.bot.heard == []


@pytest.mark.parametrize("text", ["contacts", "oncall please", "who is on call?", "on-call"])
async def test_other_words_are_for_the_bot_to_understand(desk: Desk, text: str) -> None:
    await desk.take(said(text))
    assert [it.text for it in desk.bot.heard] == [text]


# --- coming and going ---

BOTH = [{"id": BOT}, {"id": JADE_HERE, "aadObjectId": JADE}]


async def test_whoever_gets_the_app_sees_the_first_page_once(desk: Desk) -> None:
    for body in (activity("conversationUpdate", membersAdded=BOTH), activity("installationUpdate", action="add")):
        assert await desk.take(body) == OK
    assert desk.told == [(TO_JADE, "Welcome")]
    seconds(desk, 120)
    await desk.take(activity("installationUpdate", action="add-upgrade"))
    assert len(desk.told) == 2


async def test_an_app_given_to_somebody_by_the_school_greets_them(desk: Desk) -> None:
    await desk.take(activity("conversationUpdate", membersAdded=BOTH, **{"from": {"id": BOT}}))
    assert desk.told == [(TO_JADE, "Welcome")]


async def test_the_first_page_is_the_numbers_to_an_outsider_and_needs_no_books(desk: Desk) -> None:
    desk.bot.fault = desk.kept.fault = StoreUnavailable("the books")
    for known in (Known(), Known(unverified=True), Known(outside=True)):
        desk.people.people[JADE] = known
        await desk.take(activity("installationUpdate", action="add"))
        seconds(desk, 120)
    assert [text for _, text in desk.told] == ["Welcome", "Welcome", "01632 960001"]


async def test_brought_where_others_read_the_bot_says_so_once_unless_it_is_the_trusts_own(desk: Desk) -> None:
    for where in (in_channel(), in_group(), in_channel(OURS)):
        await desk.take(activity("conversationUpdate", membersAdded=[{"id": BOT}], **where))
        await desk.take(activity("installationUpdate", action="add", id="2", **where))
    assert [(it.key, it.overheard, it.brought) for it in desk.bot.heard] == [
        (f"joined:{CHANNEL}:1790000000100", True, True),
        (f"joined:{GROUP}:1790000000100", True, True),
    ]
    assert Destination("teams", Reach.CHANNEL, OURS) in desk.kept.at


GONE = [
    activity("installationUpdate", action="remove", **in_channel()),
    activity("conversationUpdate", membersRemoved=[{"id": BOT}], **in_channel()),
    activity("installationUpdate", action="remove", **in_group()),
    activity("conversationUpdate", membersRemoved=[{"id": BOT}], **in_group()),
    activity("installationUpdate", action="remove"),
]


@pytest.mark.parametrize("gone", GONE, ids=lambda body: f"{body['type']} {body['conversation']['id'][:7]}")
async def test_where_the_bot_was_taken_away_it_is_no_longer_looked_for(desk: Desk, gone: Json) -> None:
    await desk.take({**gone, "type": "message", "membersRemoved": [], "text": "hello"})
    assert len(desk.kept.at) == 1
    await desk.take(gone)
    assert desk.kept.at == {}
    await desk.take({**gone, "type": "installationUpdate", "membersRemoved": [], "action": "add"})
    assert [*desk.kept.at] == desk.kept.anew


@pytest.mark.parametrize(
    "more",
    [{"type": "installationUpdate", "action": "remove-upgrade"}, {"membersRemoved": [{"id": "29:sam"}]}],
    ids=str,
)
async def test_an_app_that_gives_way_to_a_newer_one_stays_and_so_does_it_when_others_leave(
    desk: Desk, more: Json
) -> None:
    await desk.take({**activity("conversationUpdate", **in_channel()), **more})
    assert [place.id for place in desk.kept.at] == [CHANNEL]


async def test_a_team_is_ours_when_the_channel_that_was_picked_is(desk: Desk) -> None:
    where = in_channel(TEAM)
    where["channelData"] = {"team": {"id": TEAM}, "settings": {"selectedChannel": {"id": OURS}}}
    await desk.take(activity("installationUpdate", action="add", **where))
    assert desk.bot.heard == []
    assert desk.kept.at[Destination("teams", Reach.CHANNEL, OURS)].team == TEAM


async def test_an_arrival_that_could_not_be_kept_is_heard_when_it_comes_again(desk: Desk) -> None:
    desk.bot.fault = StoreUnavailable("the books")
    with pytest.raises(StoreUnavailable):
        await desk.take(activity("installationUpdate", action="add", **in_group()))
    desk.bot.fault = None
    await desk.take(activity("installationUpdate", action="add", **in_group()))
    assert len(desk.bot.heard) == 1


MEMBER = [{"id": "29:sam", "aadObjectId": "5a000000-0000-4000-8000-000000000002"}]
EVENTS = """
    channelCreated channelDeleted channelRenamed channelRestored teamArchived teamDeleted teamHardDeleted teamRenamed
    teamRestored teamUnarchived somethingNew
"""


@pytest.mark.parametrize(
    "more",
    [
        {"membersAdded": MEMBER},
        {"membersRemoved": MEMBER},
        {"membersRemoved": [{"id": BOT}]},
        {"type": "installationUpdate", "action": "remove"},
        {"type": "installationUpdate", "action": "add"},
        *({"eventType": kind} for kind in EVENTS.split()),
    ],
    ids=str,
)
async def test_what_changes_a_place_makes_its_check_void(desk: Desk, more: dict[str, Any]) -> None:
    where = in_channel()
    where["channelData"] |= {"eventType": more.pop("eventType", "teamMemberAdded")}
    where["conversation"]["id"] = TEAM
    body = {**activity("conversationUpdate", **where), **more}
    desk.kept.fault = StoreUnavailable("the books")
    await desk.take(body)
    assert set(desk.forgotten) == {TEAM, CHANNEL}
    assert [it.key.partition(":")[0] for it in desk.bot.heard] == ["joined"] * ("add" in body.get("action", ""))


@pytest.mark.parametrize(
    "body",
    [
        activity("typing"),
        activity("messageReaction", reactionsAdded=[{"type": "like"}]),
        activity("endOfConversation"),
        activity("event", name="application/vnd.microsoft.readReceipt", value={"lastReadMessageId": "1"}),
        activity("event", name="application/vnd.microsoft.meetingStart", value={}),
        activity("handoff"),
        activity(""),
        activity("installationUpdate", action="something new"),
        {"type": "message"},
        {},
    ],
    ids=lambda body: str(body.get("name") or body.get("type")),
)
async def test_what_nobody_listens_to_is_answered_200(desk: Desk, body: Json) -> None:
    with everything_logged() as logged:
        assert await desk.take(body) == OK
    assert (desk.bot.heard, desk.told, logged.faults) == ([], [], [])


# --- no word in a log ---


@pytest.mark.parametrize("fault", [None, StoreUnavailable(CANARY), RuntimeError(CANARY)], ids=repr)
async def test_no_word_reaches_a_log_whatever_breaks(desk: Desk, fault: Exception | None) -> None:
    desk.bot.fault = desk.door.fault = desk.kept.fault = desk.people.fault = fault
    form = data_of(ACK, nonce="n", words=CANARY)
    with everything_logged() as logged:
        for body in (said(CANARY), said(CANARY, **in_group()), executed(form), sent(form), submitted(form)):
            try:
                await desk.take(body)
            except (StoreUnavailable, RuntimeError):
                continue
    assert "CANARY" not in logged.text


async def test_a_word_in_a_log_would_be_seen(desk: Desk) -> None:
    """The control."""
    with everything_logged() as logged:
        asyncio.get_running_loop().call_exception_handler({"message": project(said(CANARY))["text"]})
    assert "CANARY" in logged.text
