"""Case data in Slack goes where it may at this moment and nowhere else; in doubt the leads hear one to one, and why."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import pytest

from bot.message import Card, Destination, Reach
from tests.slack.fake import FakeSlack, Somebody, text_of
from tests.slack.ledger import Call
from tests.slack_school import (
    GUEST,
    NORTH,
    OTHER_TEACHER,
    PRIMARY,
    SOUTH,
    STAFFROOM,
    TEACHER,
    WAYS,
    SlackSchool,
    slack_id,
    slack_school,
)
from tests.sources import phrases

SAY = phrases()
DSL, DEPUTY, LEAD = slack_id("dsl-north"), slack_id("deputy-north"), slack_id("trust-lead")
STRANGER, BOTTY, GONE = "U0STRANGE1", "U0OTHERBOT", "U0CLOSED01"
CANARY = "kestrel-velvet-4711"


def say(key: str, **filled: str) -> str:
    found = SAY[key]
    assert isinstance(found, str)
    return found.format(**filled) if filled else found


def newcomers() -> list[Somebody]:
    return [
        Somebody(STRANGER, "Strange Example", stranger=True),
        Somebody(BOTTY, "Other Bot", bot=True),
        Somebody(GONE, "Gone Example", deleted=True),
    ]


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackSchool]:
    """A school by HTTP whose Slack has 0.3 s to answer. Whatever is done in it, no notification says anything."""
    monkeypatch.setattr("adapters.slack.api.CALL_SECONDS", 0.3)
    async with slack_school(tmp_path) as it:
        it.slack.world.people |= {who.id: who for who in newcomers()}
        yield it
        assert loud(it.written()) == []


@pytest.fixture(params=WAYS)
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SlackSchool]:
    async with slack_school(tmp_path, request.param) as it:
        it.slack.world.people |= {who.id: who for who in newcomers()}
        yield it
        assert loud(it.written()) == []


# --- notifications ---


def neutral() -> list[re.Pattern[str]]:
    """Every sentence that may pop up on a locked screen."""
    filled = {"ref": "[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}", "time": r"\d\d:\d\d"}
    filled |= {"role": "(the|a) [a-zA-Z ’]+", "date": r"\d{1,2} [A-Z][a-z]+ \d{4}"}
    keys = [key for key in SAY if key.startswith("notification.")]
    keys += ["post.moved", "post.acknowledged", "asking.superseded"]
    keys += [f"slack.{name}" for name in ("see_messages", "open_again")]
    return [_pattern(say(key), filled) for key in keys]


def _pattern(line: str, filled: dict[str, str]) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", line)
    return re.compile("".join(filled[part] if n % 2 else re.escape(part) for n, part in enumerate(parts)))


def loud(calls: Iterable[Call]) -> list[str]:
    """The notifications that say more than they may (T47)."""
    may = neutral()
    texts = [str(call.arguments.get("text", "")) for call in calls if call.method != "chat.delete"]
    return [text for text in texts if not any(pattern.fullmatch(text) for pattern in may)]


async def test_a_notification_that_says_more_would_be_seen(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    calls = here.written()
    assert loud(calls) == []
    spoilt = [Call(0, 0.0, "chat.postMessage", {"text": text}) for text in ("Jade Example", "", f"Case {CANARY}")]
    assert len(loud([*calls, *spoilt])) == 3


# --- ways in which a channel stops being safe ---


Change = Callable[[FakeSlack], Awaitable[object]]


def missing(field: str) -> Change:
    async def change(slack: FakeSlack) -> None:
        slack.fault("missing", "conversations.info", field=field, channel=NORTH, times=0)

    return change


def troubled(kind: str, method: str, **more: object) -> Change:
    async def change(slack: FakeSlack) -> None:
        slack.fault(kind, method, channel=NORTH, times=0, **more)  # type: ignore[arg-type]

    return change


FIELDS = (
    "is_private",
    "is_archived",
    "is_member",
    "is_shared",
    "is_ext_shared",
    "is_org_shared",
    "is_pending_ext_shared",
    "pending_shared",
    "pending_connected_team_ids",
)

UNSAFE: dict[str, tuple[Change, str]] = {
    "public": (lambda slack: slack.make_public(NORTH, tell=False), "public"),
    "shared outside": (lambda slack: slack.share(NORTH, "external", tell=False), "shared"),
    "about to be shared": (lambda slack: slack.share(NORTH, "pending", tell=False), "shared"),
    "shared in the organisation": (lambda slack: slack.share(NORTH, "org", tell=False), "shared"),
    "archived": (lambda slack: slack.archive(NORTH, tell=False), "archived"),
    "bot removed": (lambda slack: slack.remove_bot(NORTH, tell=False), "no_such_place"),
    "colleague added": (lambda slack: slack.add_member(NORTH, OTHER_TEACHER, tell=False), "stranger"),
    "guest added": (lambda slack: slack.add_member(NORTH, GUEST, tell=False), "stranger"),
    "other workspace added": (lambda slack: slack.add_member(NORTH, STRANGER, tell=False), "stranger"),
    "other academy's lead added": (
        lambda slack: slack.add_member(NORTH, slack_id("dsl-south"), tell=False),
        "stranger",
    ),
    **{f"no {field}": (missing(field), "unknown") for field in FIELDS},
    "throttled": (troubled("status", "conversations.info", status=429, retry_after="30"), "unchecked"),
    "members throttled": (troubled("status", "conversations.members", status=429, retry_after="30"), "unchecked"),
    "500": (troubled("status", "conversations.info", status=500), "unchecked"),
    "members cut off": (troubled("truncated", "conversations.members"), "unchecked"),
    "times out": (troubled("slow", "conversations.info", seconds=0.5), "unchecked"),
    "not JSON": (troubled("html", "conversations.members", status=200), "unchecked"),
    "a new error": (troubled("error", "conversations.info", error="never_heard_of"), "unchecked"),
}


def of_the_case(here: SlackSchool, calls: Sequence[Call]) -> list[Call]:
    """The calls that carry its reference, whether Slack took them or not."""
    return [call for call in calls if here.ref in json.dumps(call.arguments)]


def places(here: SlackSchool) -> set[str]:
    """Every place that anything was written to, or was tried."""
    return {str(call.arguments["channel"]) for call in here.written()}


def assert_one_to_one(here: SlackSchool, reason: str) -> None:
    """The leads have the case, they and the trust's lead know why, and it stands in no other channel."""
    assert f"Case {here.ref}" in here.reads(DSL)
    for who in (DSL, LEAD):
        assert say("alarm.title") in here.reads(who)
        assert say(f"doubt.{reason}") in here.reads(who)
    assert not places(here) & {SOUTH, PRIMARY, STAFFROOM}
    alarms = [m for m in here.slack.from_bot(LEAD) if say("alarm.title") in text_of(m)]
    assert len(alarms) == 1
    assert here.ref not in text_of(alarms[0])


@pytest.mark.parametrize("way", UNSAFE)
async def test_nothing_of_a_case_is_put_into_a_channel_that_is_not_safe(here: SlackSchool, way: str) -> None:
    change, reason = UNSAFE[way]
    await change(here.slack)
    await here.tells_the_essentials()
    assert here.written(NORTH) == []
    assert_one_to_one(here, reason)
    holder = "the safeguarding team of Example Academy North" if reason == "unchecked" else "the DSL"
    assert f"With {holder} since 10:4" in here.reads(TEACHER)


@pytest.mark.parametrize("way", UNSAFE)
async def test_nothing_more_of_a_case_goes_into_a_channel_that_became_unsafe(here: SlackSchool, way: str) -> None:
    change, reason = UNSAFE[way]
    await here.tells_the_essentials()
    assert len(of_the_case(here, here.written(NORTH))) == 1
    await change(here.slack)
    await here.passes(seconds=6)
    await goes_on(here)
    await here.presses("Acknowledge", DSL)
    assert len(of_the_case(here, here.written(NORTH))) == 1
    assert_one_to_one(here, reason)
    assert "Acknowledged by the DSL" in here.reads(DSL)


async def goes_on(here: SlackSchool, now: str = "Calm") -> None:
    """One more answer, which changes the case's card wherever it stands."""
    await here.presses("Continue", TEACHER, {"How is the child now, from what you saw and heard?": [now]})


async def test_in_a_safe_channel_the_same_acts_do_write(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.passes(seconds=6)
    await goes_on(here)
    await here.presses("Acknowledge", DSL)
    assert len(of_the_case(here, here.written(NORTH))) == 3
    assert here.slack.from_bot(LEAD) == []


async def test_what_stands_in_a_channel_that_is_found_unsafe_is_taken_back(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.slack.add_member(NORTH, OTHER_TEACHER)
    await goes_on(here)
    assert here.ref not in here.channel_reads()
    assert say("post.moved") in here.channel_reads()


@pytest.mark.parametrize("way", ["throttled", "500", "times out", "members cut off"])
async def test_once_it_can_be_looked_at_again_the_channel_has_the_case_once(here: SlackSchool, way: str) -> None:
    await UNSAFE[way][0](here.slack)
    await here.tells_the_essentials()
    here.slack.all_well()
    for _ in range(4):
        await here.passes(seconds=20)
    assert here.channel_reads().count(f"Case {here.ref}") == 1
    assert here.reads(DSL).count(f"Case {here.ref}") == 1


async def test_somebody_who_came_back_to_being_staff_is_no_reason_to_pass_a_channel_over(here: SlackSchool) -> None:
    await here.slack.add_member(NORTH, OTHER_TEACHER)
    await here.slack.remove_member(NORTH, OTHER_TEACHER)
    await here.tells_the_essentials()
    assert f"Case {here.ref}" in here.channel_reads()


async def test_a_lead_whose_account_is_a_guests_now_is_not_written_to(here: SlackSchool) -> None:
    await here.slack.make_guest(DSL)
    await here.tells_the_essentials()
    assert of_the_case(here, here.written(DSL)) == []
    assert here.slack.from_bot(DSL) == [] or here.ref not in here.reads(DSL)
    assert f"Case {here.ref}" in here.channel_reads()


# --- how long a look holds ---


def looks(here: SlackSchool) -> int:
    return len([call for call in here.slack.calls("conversations.info") if call.arguments["channel"] == NORTH])


async def test_one_look_serves_five_seconds_and_no_longer(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    await here.passes(seconds=6)
    before, posts = looks(here), len(here.written(NORTH))
    await goes_on(here)
    for answer in ("Yes", "No"):
        await here.says(answer)
    await here.presses_in_channel("Acknowledge", DSL)
    assert len(of_the_case(here, here.written(NORTH)[posts:])) >= 4
    assert looks(here) == before + 1
    await here.passes(seconds=6)
    await here.presses("Open case", DSL)
    await here.presses_in_view("Ask the reporter", DSL)
    await here.writes("Where is she now", DSL)
    await here.presses("Read it", TEACHER)
    await here.presses_in_view("Write your answer", TEACHER)
    await here.writes("In the library", TEACHER)
    assert looks(here) == before + 2


@pytest.mark.parametrize("tell", [True, False])
async def test_what_slack_says_of_a_channel_ends_a_look_at_once(both: SlackSchool, tell: bool) -> None:
    here = both
    await here.tells_the_essentials()
    await here.passes(seconds=6)
    await goes_on(here)
    posts = len(of_the_case(here, here.written(NORTH)))
    await here.slack.add_member(NORTH, OTHER_TEACHER, tell=tell)
    await here.says("Yes")
    more = len(of_the_case(here, here.written(NORTH))) - posts
    assert more == (0 if tell else 1)


@pytest.mark.parametrize("event", ["share", "archive", "remove_bot"])
async def test_every_such_event_does(here: SlackSchool, event: str) -> None:
    await here.tells_the_essentials()
    posts = len(of_the_case(here, here.written(NORTH)))
    await getattr(here.slack, event)(NORTH)
    await goes_on(here)
    assert len(of_the_case(here, here.written(NORTH))) == posts


# --- what was written is in views of leads alone ---


def seers(here: SlackSchool, words: str) -> set[str]:
    """Who was shown the words in a view, from the ledger; "chat" where they stand in a message, "home" on a page."""
    found = set()
    for call in here.slack.calls():
        if words in json.dumps(call.arguments, ensure_ascii=False):
            found |= {_seer(here, call)}
    return found


def _seer(here: SlackSchool, call: Call) -> str:
    if call.method in ("views.open", "views.update"):
        id = str(call.arguments.get("view_id") or call.answer["view"]["id"])
        return here.slack.world.views[id].person
    return call.method


async def test_what_the_teacher_wrote_is_shown_in_views_of_people_on_the_roster_and_nowhere_else(
    both: SlackSchool,
) -> None:
    here = both
    await here.says(f"A girl told me {CANARY} one")
    await here.says("no")
    await here.submits_place()
    await here.presses(say("form.private"))
    await here.writes(f"Jade {CANARY} two")
    await here.presses("The child in the picture told me")
    await here.says(f"He said {CANARY} three")
    await here.presses("Send now")
    await here.says(f"And then {CANARY} four")
    await here.presses("Open case", DSL)
    await here.presses_in_channel("Open case", DEPUTY)
    await here.presses_in_view("Acknowledge", DEPUTY)
    await here.slack.opens_home(TEACHER)
    await here.settles()
    for number in ("one", "two", "three", "four"):
        assert seers(here, f"{CANARY} {number}") == {DSL, DEPUTY}


async def test_words_in_a_message_would_be_seen(here: SlackSchool) -> None:
    await here.says(f"A girl told me {CANARY}")
    leak = Card(say("notification.reply"), title=CANARY)
    await here.workspace.door.post(Destination("slack", Reach.PERSON, TEACHER), leak)
    assert seers(here, CANARY) == {"chat.postMessage"}


# --- who may speak ---


@pytest.mark.parametrize("who", [GUEST, STRANGER, BOTTY, GONE])
async def test_who_does_not_belong_here_starts_nothing_and_nothing_of_theirs_is_stored(
    both: SlackSchool, who: str
) -> None:
    here = both
    await here.says(f"my friend has {CANARY}", who)
    await here.slack.command(who, "/disclosure", CANARY, "")
    await here.slack.mentions(who, STAFFROOM, CANARY)
    await here.settles()
    assert [here.count(table) for table in ("cases", "conversations", "chronology")] == [0, 0, 0]
    assert CANARY.encode() not in here.raw()
    assert "999" in text_of(here.slack.ephemerals(who)[-1])
    assert here.slack.from_bot(DSL) == []


async def test_a_colleague_who_left_is_heard_no_more(here: SlackSchool) -> None:
    await here.says("A girl in my form has told me something")
    await here.slack.deactivate(TEACHER)
    await here.passes(minutes=11)
    rows = here.count("chronology")
    await here.says(f"and {CANARY}")
    assert here.count("chronology") == rows
