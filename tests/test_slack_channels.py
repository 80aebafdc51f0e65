"""Case data goes only where Slack says, at that moment, that nobody else can read it. Anything else is a doubt (I4)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.channels import Places, doubt_of_channel, doubt_of_person
from adapters.slack.people import Known, People, known_by
from bot.message import Destination, Reach
from bot.ports import Doubt
from tests.scripted_slack import DROPPED, HOME, Scripted, Seconds, played

CHANNEL = Destination("slack", Reach.CHANNEL, "C0EXAMPLE01")
JADE = Destination("slack", Reach.PERSON, "U0JADE0001")
READERS = frozenset({"slack:U0JADE0001", "slack:U0SAM00001"})
MISSING = object()


def _named(value: object) -> str:
    return "absent" if value is MISSING else repr(value)


GOOD: dict[str, Any] = {
    "id": "C0EXAMPLE01",
    "is_private": True,
    "is_archived": False,
    "is_member": True,
    "is_shared": False,
    "is_ext_shared": False,
    "is_org_shared": False,
    "is_pending_ext_shared": False,
    "pending_shared": [],
    "pending_connected_team_ids": [],
    "shared_team_ids": ["T0EXAMPLE1"],
}
STAFF: dict[str, Any] = {
    "id": "U0JADE0001",
    "team_id": "T0EXAMPLE1",
    "deleted": False,
    "is_bot": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
    "profile": {"real_name": "Jade Example"},
}
FLAGS = (
    "is_private",
    "is_archived",
    "is_member",
    "is_shared",
    "is_ext_shared",
    "is_org_shared",
    "is_pending_ext_shared",
)
PENDING = ("pending_shared", "pending_connected_team_ids")


def changed(account: dict[str, Any], **values: Any) -> dict[str, Any]:
    kept = {**account, **values}
    return {name: value for name, value in kept.items() if value is not MISSING}


# --- what Slack says of a channel ---


def test_of_all_ways_to_be_private_shared_archived_pending_or_unsaid_only_the_good_one_passes() -> None:
    """T44: every flag true, false and missing, 2,187 ways."""
    passing = [
        values
        for values in itertools.product((True, False, MISSING), repeat=len(FLAGS))
        if not doubt_of_channel(changed(GOOD, **dict(zip(FLAGS, values, strict=True))), GOOD["id"], HOME)
    ]
    assert passing == [(True, False, True, False, False, False, False)]


@pytest.mark.parametrize("field", [*FLAGS, *PENDING, "id"])
@pytest.mark.parametrize("value", [MISSING, None, 0, 1, "", "false", "true", {}, {"a": 1}, [[]]], ids=_named)
def test_a_field_that_is_missing_or_strange_is_a_doubt(field: str, value: object) -> None:
    assert doubt_of_channel(changed(GOOD, **{field: value}), GOOD["id"], HOME) is not Doubt.NONE


@pytest.mark.parametrize(
    ("wrong", "doubt"),
    [
        ({}, Doubt.NONE),
        ({"shared_team_ids": MISSING}, Doubt.NONE),
        ({"is_private": False}, Doubt.PUBLIC),
        ({"is_archived": True}, Doubt.ARCHIVED),
        ({"is_member": False}, Doubt.BOT_NOT_IN_IT),
        ({"is_shared": True}, Doubt.SHARED),
        ({"is_ext_shared": True}, Doubt.SHARED),
        ({"is_org_shared": True}, Doubt.SHARED),
        ({"is_pending_ext_shared": True}, Doubt.SHARED),
        ({"pending_shared": ["T0STRANGE1"]}, Doubt.SHARED),
        ({"pending_connected_team_ids": ["T0STRANGE1"]}, Doubt.SHARED),
        ({"shared_team_ids": ["T0EXAMPLE1", "T0STRANGE1"]}, Doubt.SHARED),
        ({"connected_team_ids": ["T0STRANGE1"]}, Doubt.SHARED),
        ({"is_ext_shared": MISSING}, Doubt.UNKNOWN),
        ({"is_private": MISSING}, Doubt.UNKNOWN),
        ({"id": "C0EXAMPLE02"}, Doubt.UNKNOWN),
    ],
)
def test_each_doubt_has_its_name(wrong: dict[str, Any], doubt: Doubt) -> None:
    assert doubt_of_channel(changed(GOOD, **wrong), GOOD["id"], HOME) is doubt


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(json_values, st.dictionaries(st.sampled_from([*FLAGS, *PENDING, "shared_team_ids"]), json_values, max_size=4))
@settings(max_examples=150)
def test_whatever_slack_answers_is_judged_and_never_raises(answer: Any, wrong: dict[str, Any]) -> None:
    assert doubt_of_channel(answer, GOOD["id"], HOME) is Doubt.UNKNOWN
    assert doubt_of_person(answer, STAFF["id"], HOME) is Doubt.UNKNOWN
    assert isinstance(doubt_of_channel({**GOOD, **wrong}, GOOD["id"], HOME), Doubt)


# --- what Slack says of a person ---


@pytest.mark.parametrize(
    ("wrong", "doubt"),
    [
        ({}, Doubt.NONE),
        ({"is_stranger": False}, Doubt.NONE),
        ({"is_restricted": True}, Doubt.STRANGER),
        ({"is_ultra_restricted": True}, Doubt.STRANGER),
        ({"is_stranger": True}, Doubt.STRANGER),
        ({"is_bot": True}, Doubt.STRANGER),
        ({"deleted": True}, Doubt.NO_SUCH_PLACE),
        ({"deleted": True, "is_restricted": MISSING, "is_ultra_restricted": MISSING}, Doubt.NO_SUCH_PLACE),
        ({"team_id": "T0STRANGE1"}, Doubt.SHARED),
        ({"team_id": MISSING}, Doubt.UNKNOWN),
        ({"is_stranger": "no"}, Doubt.UNKNOWN),
        ({"id": "U0SAM00001"}, Doubt.UNKNOWN),
        *(({flag: MISSING}, Doubt.UNKNOWN) for flag in ("deleted", "is_bot", "is_restricted", "is_ultra_restricted")),
    ],
)
def test_a_person_is_safe_only_as_open_full_member_of_our_workspace(wrong: dict[str, Any], doubt: Doubt) -> None:
    assert doubt_of_person(changed(STAFF, **wrong), STAFF["id"], HOME) is doubt


# --- looking ---


class Room:
    """A channel as a test wants it, its members on pages of three."""

    def __init__(self) -> None:
        self.info: Any = {"ok": True, "channel": dict(GOOD)}
        self.person: Any = {"ok": True, "user": dict(STAFF)}
        self.members = ["U0BOT00001", "U0JADE0001", "U0SAM00001"]
        self.wrong_page: Any = None

    def answer(self, method: str, arguments: Mapping[str, Any]) -> Any:
        if method == "conversations.info":
            return self.info
        if method == "users.info":
            return self.person
        return self.wrong_page or self._page(int(arguments.get("cursor") or 0))

    def _page(self, begin: int) -> dict[str, Any]:
        more = str(begin + 3) if begin + 3 < len(self.members) else ""
        return {
            "ok": True,
            "members": self.members[begin : begin + 3],
            "response_metadata": {"next_cursor": more},
        }


@asynccontextmanager
async def looking(room: Room) -> AsyncIterator[tuple[Scripted, Places, Seconds]]:
    seconds = Seconds()
    async with played(room.answer, seconds) as (slack, api):
        yield slack, Places(api, HOME, seconds), seconds


async def doubt_here(room: Room, place: Destination = CHANNEL) -> Doubt:
    async with looking(room) as (_, places, _):
        return await places.doubt(place, READERS)


async def test_a_channel_of_readers_and_the_bot_is_safe() -> None:
    assert await doubt_here(Room()) is Doubt.NONE


@pytest.mark.parametrize("page", range(1, 9))
async def test_a_stranger_is_found_on_whichever_page_they_are(page: int) -> None:
    """T45: eight pages, and the stranger hidden on the seventh, or any."""
    room = Room()
    room.members = ["U0JADE0001"] * 24
    room.members[page * 3 - 1] = "U0STRANGER"
    assert await doubt_here(room) is Doubt.STRANGER


async def test_a_channel_with_only_the_bot_in_it_is_empty() -> None:
    room = Room()
    room.members = ["U0BOT00001"]
    assert await doubt_here(room) is Doubt.EMPTY


@pytest.mark.parametrize("members", [MISSING, None, "U0JADE0001", {"U0JADE0001": 1}, [None], [{"id": "U"}]], ids=_named)
async def test_members_that_cannot_be_read_are_a_doubt(members: object) -> None:
    room = Room()
    room.wrong_page = changed({"ok": True}, members=members)
    assert await doubt_here(room) is Doubt.UNKNOWN


async def test_pages_without_end_are_a_doubt() -> None:
    room = Room()
    room.wrong_page = {"ok": True, "members": ["U0JADE0001"], "response_metadata": {"next_cursor": "again"}}
    assert await doubt_here(room) is Doubt.UNKNOWN


FAULTS = [
    ({"ok": False, "error": "channel_not_found"}, Doubt.NO_SUCH_PLACE),
    ({"ok": False, "error": "missing_scope", "needed": "channels:read"}, Doubt.PUBLIC),
    ({"ok": False, "error": "missing_scope", "needed": "groups:read"}, Doubt.UNCHECKED),
    ({"ok": False, "error": "missing_scope"}, Doubt.UNCHECKED),
    ({"ok": False, "error": "ratelimited"}, Doubt.UNCHECKED),
    ({"ok": False, "error": "internal_error"}, Doubt.UNCHECKED),
    ({"ok": False, "error": "token_revoked"}, Doubt.UNCHECKED),
    ({"ok": False, "error": "made_up_today"}, Doubt.UNCHECKED),
    ({"ok": True}, Doubt.UNKNOWN),
    ({"ok": True, "channel": None}, Doubt.UNKNOWN),
    (DROPPED, Doubt.UNCHECKED),
]


@pytest.mark.parametrize(("said", "doubt"), FAULTS, ids=str)
async def test_a_look_up_that_fails_is_a_doubt(said: Any, doubt: Doubt) -> None:
    room = Room()
    room.info = said
    assert await doubt_here(room) is doubt


@pytest.mark.parametrize(("said", "doubt"), FAULTS, ids=str)
async def test_a_page_of_members_that_fails_is_a_doubt(said: Any, doubt: Doubt) -> None:
    room = Room()
    room.wrong_page = said
    assert await doubt_here(room) is doubt


async def test_a_person_who_is_no_reader_is_not_even_looked_up() -> None:
    async with looking(Room()) as (slack, places, _):
        assert await places.doubt(Destination("slack", Reach.PERSON, "U0STRANGER"), READERS) is Doubt.STRANGER
        assert slack.calls == []


async def test_a_reader_is_looked_up_and_must_be_a_full_member() -> None:
    room = Room()
    assert await doubt_here(room, JADE) is Doubt.NONE
    room.person = {"ok": True, "user": changed(STAFF, is_restricted=True)}
    assert await doubt_here(room, JADE) is Doubt.STRANGER
    room.person = {"ok": False, "error": "user_not_found"}
    assert await doubt_here(room, JADE) is Doubt.NO_SUCH_PLACE


# --- five seconds ---


async def test_one_look_up_serves_a_place_for_five_seconds_and_no_longer() -> None:
    room = Room()
    async with looking(room) as (slack, places, seconds):
        assert await places.doubt(CHANNEL, READERS) is Doubt.NONE
        room.info = {"ok": True, "channel": changed(GOOD, is_private=False)}
        seconds.now += 4.9
        assert await places.doubt(CHANNEL, READERS) is Doubt.NONE
        assert len(slack.called("conversations.info")) == 1
        seconds.now += 0.1
        assert await places.doubt(CHANNEL, READERS) is Doubt.PUBLIC


async def test_readers_are_compared_anew_each_time() -> None:
    async with looking(Room()) as (slack, places, _):
        assert await places.doubt(CHANNEL, READERS) is Doubt.NONE
        assert await places.doubt(CHANNEL, frozenset({"slack:U0JADE0001"})) is Doubt.STRANGER
        assert len(slack.called("conversations.info")) == 1


async def test_what_changed_is_looked_at_again_at_once() -> None:
    room = Room()
    async with looking(room) as (_, places, _):
        assert await places.doubt(CHANNEL, READERS) is Doubt.NONE
        room.members.append("U0STRANGER")
        assert await places.doubt(CHANNEL, READERS) is Doubt.NONE
        places.forget("C0EXAMPLE01")
        assert await places.doubt(CHANNEL, READERS) is Doubt.STRANGER


async def test_a_look_up_that_failed_is_made_again() -> None:
    room = Room()
    room.info = DROPPED
    async with looking(room) as (_, places, _):
        assert await places.doubt(CHANNEL, READERS) is Doubt.UNCHECKED
        room.info = Room().info
        assert await places.doubt(CHANNEL, READERS) is Doubt.NONE


class SlowRoom(Room):
    """Answers only once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.told = asyncio.Event(), asyncio.Event()

    def answer(self, method: str, arguments: Mapping[str, Any]) -> Any:
        return (
            self._slowly(super().answer(method, arguments))
            if method == "conversations.info"
            else super().answer(method, arguments)
        )

    async def _slowly(self, said: Any) -> Any:
        self.asked.set()
        await self.told.wait()
        return said


async def test_all_who_ask_at_once_share_one_look_up_and_one_who_leaves_takes_it_from_nobody() -> None:
    room = SlowRoom()
    async with looking(room) as (slack, places, _):
        askers = [asyncio.create_task(places.doubt(CHANNEL, READERS)) for _ in range(20)]
        await room.asked.wait()
        askers[0].cancel()
        room.told.set()
        assert await asyncio.gather(*askers[1:]) == [Doubt.NONE] * 19
        assert len(slack.called("conversations.info")) == 1


async def test_what_changes_during_a_look_up_is_looked_at_again() -> None:
    room = SlowRoom()
    async with looking(room) as (slack, places, _):
        asker = asyncio.create_task(places.doubt(CHANNEL, READERS))
        await room.asked.wait()
        room.info = {"ok": True, "channel": changed(GOOD, is_ext_shared=True)}
        places.forget("C0EXAMPLE01")
        room.told.set()
        assert await asker is Doubt.SHARED
        assert len(slack.called("conversations.info")) == 2


async def test_places_do_not_add_up_without_end() -> None:
    async with looking(Room()) as (_, places, seconds):
        for number in range(600):
            seconds.now += 0.1
            await places.doubt(Destination("slack", Reach.CHANNEL, f"C{number}"), READERS)
        assert len(places._looks) <= 501


# --- who somebody is ---


@pytest.mark.parametrize(
    ("wrong", "known"),
    [
        ({}, Known("Jade Example", False)),
        ({"is_app_user": True}, Known("Jade Example", False)),
        ({"deleted": True}, Known("Jade Example", True)),
        ({"is_bot": True}, Known("Jade Example", True)),
        ({"is_restricted": True}, Known("Jade Example", True)),
        ({"is_ultra_restricted": True}, Known("Jade Example", True)),
        ({"is_stranger": True}, Known("Jade Example", True)),
        ({"team_id": "T0STRANGE1"}, Known("Jade Example", True)),
        ({"id": "USLACKBOT"}, Known("Jade Example", True)),
        ({"profile": None, "real_name": "Jade Example"}, Known("Jade Example", False)),
        ({"profile": {}}, Known("", False)),
        ({"profile": {"real_name": 7}}, Known("", False)),
    ],
)
def test_who_belongs_here_and_who_is_outside(wrong: dict[str, Any], known: Known) -> None:
    assert known_by(changed(STAFF, **wrong), HOME) == known


async def test_a_person_is_looked_up_once_in_ten_minutes() -> None:
    seconds = Seconds()
    async with played(Room().answer, seconds) as (slack, api):
        people = People(api, HOME, seconds)
        for _ in range(3):
            assert await people.known("U0JADE0001") == Known("Jade Example", False)
            seconds.now += 199.0
        assert len(slack.calls) == 1
        seconds.now += 4.0
        await people.known("U0JADE0001")
        assert len(slack.calls) == 2


@pytest.mark.parametrize("said", [DROPPED, {"ok": False, "error": "user_not_found"}, {"ok": True}], ids=str)
async def test_nobodys_words_are_lost_because_a_look_up_failed(said: Any) -> None:
    room = Room()
    room.person = said
    async with played(room.answer) as (_, api):
        people = People(api, HOME)
        assert await people.known("U0JADE0001") == Known("", False)
        room.person = Room().person
        assert await people.known("U0JADE0001") == Known("Jade Example", False)
