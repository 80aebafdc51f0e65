"""The doctor says in plain English what is wrong with a school's Slack, and what to do about it; never a secret."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from adapters.clock import SystemClock
from adapters.server import build_app
from adapters.slack.doctor import Asked, Finding, Keys, Level, Shown, as_json, examine, is_well, lines
from adapters.slack.doctor_press import LABEL
from adapters.slack.workspace import Core, Way, open_workspace
from adapters.trust_file import TrustFile
from bot import composition
from bot.directory import Directory
from bot.message import Person
from tests.slack.fake import BOT, FakeSlack, Fault, Room, Somebody, text_of
from tests.slack.methods import SCOPES
from tests.slack_reception import Ear

BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-7c1e-canary", "xapp-7c1e-canary", "0123456789abcdef" * 2
NORTH, SOUTH, PRIMARY = "C0NORTH", "C0SOUTH", "C0PRIMARY"
SAY = composition.script().phrases.say


@dataclass
class Hurried:
    """The real time, moved by `off`, on which a pause is hardly any, unless it is `patient`."""

    off: timedelta = timedelta()
    patient: bool = False
    paused: float = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off

    async def pause(self, seconds: float) -> None:
        self.paused += seconds
        await asyncio.sleep(seconds if self.patient else 0.02)


def slack_id(web: str) -> str:
    return f"U0{re.sub('[^A-Z]', '', web.upper())}"[:20]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """The example trust, on Slack."""
    text = composition.EXAMPLE.read_text(encoding="utf-8")
    text = re.sub(
        r'channel = \{ web = "dsl-(\w+)-channel" \}', lambda m: f'channel = {{ slack = "C0{m[1].upper()}" }}', text
    )
    text = re.sub(r'channel = \{ web = "trust-.*" \}\n', "", text)
    text = re.sub(r'ids = \{ web = "(.*?)" \}', lambda m: f'ids = {{ slack = "{slack_id(m[1])}" }}', text)
    file: Path = tmp_path_factory.mktemp("trust") / "trust.toml"
    file.write_text(text, encoding="utf-8")
    return TrustFile(file).current()


def team_of(directory: Directory, academy: str) -> list[str]:
    roles = ("dsl", "deputy", "head")
    return [person.ids["slack"] for role in roles for person in directory.holders(academy, role)]


@dataclass
class Clinic:
    """A healthy workspace, and a doctor in it."""

    slack: FakeSlack
    directory: Directory
    keys: Keys
    clock: Hurried
    told: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, line: str) -> None:
        self.told.append(line)
        self.asked.set()

    async def finds(self, press: str = "") -> list[Finding]:
        readers = {
            f"C0{academy.id.upper()}": frozenset(Person("slack", id).key for id in team_of(self.directory, academy.id))
            for academy in self.directory.academies
        }
        asked = Asked(self.directory, readers, press)
        found = await examine(self.keys, asked, Shown(SAY, self.tell, self.clock))
        said = as_json(found) + "\n".join([*lines(found), *self.told])
        assert "canary" not in said
        assert SECRET not in said
        return found

    async def finds_wrong(self, press: str = "") -> str:
        """What is wrong, as people read it; something must be."""
        found = await self.finds(press)
        assert not is_well(found)
        return "\n".join(lines([each for each in found if each.level is Level.WRONG]))

    async def warns(self) -> str:
        found = await self.finds()
        assert is_well(found)
        return "\n".join(lines([each for each in found if each.level is Level.WARN]))

    def room(self, id: str = NORTH) -> Room:
        return self.slack.world.rooms[id]

    def person(self, web: str) -> Somebody:
        return self.slack.world.people[slack_id(web)]


@pytest_asyncio.fixture
async def clinic(directory: Directory) -> AsyncIterator[Clinic]:
    people = [Somebody(person.ids["slack"], person.name) for person in directory.people]
    rooms = [
        Room(f"C0{academy.id.upper()}", f"dsl-{academy.id}", [BOT, *team_of(directory, academy.id)])
        for academy in directory.academies
    ]
    async with FakeSlack(people, rooms) as slack:
        slack.set_up(bot_token=BOT_TOKEN, app_token=APP_TOKEN, secret=SECRET)
        keys = Keys(BOT_TOKEN, APP_TOKEN, SECRET, api_url=slack.api_url)
        yield Clinic(slack, directory, keys, Hurried())


async def test_where_all_is_well_it_says_so_and_posts_nothing(clinic: Clinic) -> None:
    found = await clinic.finds()
    assert is_well(found)
    warned = [each.sentence for each in found if each.level is Level.WARN]
    assert warned == ["it was not tried whether a press in Slack reaches Handrail."]
    assert clinic.slack.calls("chat.postMessage", "chat.postEphemeral", "chat.update") == []
    assert list(lines(found))[-1] == "Nothing is wrong. 1 thing is worth a look."


async def test_a_program_can_read_it_too(clinic: Clinic) -> None:
    said = json.loads(as_json(await clinic.finds()))
    assert said["well"] is True
    assert {"level": "ok", "about": "clock", "sentence": "right.", "do": ""} in said["findings"]


# --- tokens and secrets ---


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"bot_token": ""}, "SLACK_BOT_TOKEN: it is not set, or is empty."),
        ({"bot_token": "  "}, "SLACK_BOT_TOKEN: it is not set, or is empty."),
        ({"bot_token": f"{BOT_TOKEN}\n"}, "SLACK_BOT_TOKEN: it has a space or a line break in it."),
        ({"bot_token": APP_TOKEN}, "SLACK_BOT_TOKEN: it does not begin xoxb-."),
        ({"bot_token": "xoxb-of-another-canary"}, "SLACK_BOT_TOKEN: Slack refuses it (invalid_auth)."),
        ({"app_token": BOT_TOKEN}, "SLACK_APP_TOKEN: it does not begin xapp-."),
        ({"app_token": "xapp-of-another-canary"}, "SLACK_APP_TOKEN: Slack refuses it (not_allowed_token_type)."),
        ({"app_token": "", "signing_secret": ""}, "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set"),
        ({"signing_secret": f" {SECRET}"}, "SLACK_SIGNING_SECRET: it has a space or a line break in it."),
        ({"signing_secret": BOT_TOKEN}, "SLACK_SIGNING_SECRET: it is a token, not the signing secret."),
        ({"old_signing_secret": APP_TOKEN}, "SLACK_SIGNING_SECRET_OLD: it is a token, not the signing secret."),
    ],
)
async def test_a_wrong_token_or_secret_is_named_and_never_shown(
    clinic: Clinic, wrong: dict[str, str], sentence: str
) -> None:
    clinic.keys = replace(clinic.keys, **wrong)
    said = await clinic.finds_wrong()
    assert sentence in said
    assert "What to do: " in said
    assert "canary" not in repr(clinic.keys)


async def test_a_secret_of_an_unusual_form_is_worth_a_look(clinic: Clinic) -> None:
    clinic.keys = replace(clinic.keys, signing_secret="Canary")
    assert "it is not 32 of the signs" in await clinic.warns()


async def test_where_the_bot_token_is_not_good_nothing_else_is_guessed(clinic: Clinic) -> None:
    clinic.slack.set_up(token_error="token_revoked")
    (found,) = await clinic.finds()
    assert found.sentence == "Slack refuses it (token_revoked)."


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("drop_before", "auth.test"), "Slack gave no proper answer"),
        (Fault("status", "auth.test", status=503), "Slack gave no proper answer to it (http_503)"),
        (Fault("html", "auth.test", status=200), "Slack gave no proper answer"),
        (Fault("status", "auth.test", status=429), "Slack asks to be left alone"),
    ],
)
async def test_a_slack_that_does_not_answer_is_told_from_one_that_refuses(
    clinic: Clinic, fault: Fault, sentence: str
) -> None:
    clinic.slack.troubles.add(fault)
    assert sentence in await clinic.finds_wrong()


async def test_socket_mode_that_is_off_is_found(clinic: Clinic) -> None:
    clinic.slack.set_up(refusing=True)
    assert "Socket Mode must be on" in await clinic.finds_wrong()


# --- what the app is allowed ---


async def test_a_scope_that_is_missing_is_named(clinic: Clinic) -> None:
    clinic.slack.set_up(scopes=[scope for scope in SCOPES if scope != "im:history"])
    said = await clinic.finds_wrong()
    assert "the app lacks im:history." in said
    assert "install the app again" in said


async def test_a_scope_that_reaches_files_is_to_be_taken_away(clinic: Clinic) -> None:
    clinic.slack.set_up(scopes=[*SCOPES, "files:read", "links:read"])
    said = await clinic.finds_wrong()
    assert "the app could reach files: files:read, links:read." in said
    assert "Take it away" in said


async def test_a_scope_that_is_not_needed_is_worth_a_look(clinic: Clinic) -> None:
    clinic.slack.set_up(scopes=[*SCOPES, "reactions:write"])
    assert "the app may do more than it needs: reactions:write." in await clinic.warns()


# --- the time ---


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, Level.OK), (9, Level.OK), (20, Level.WARN), (-20, Level.WARN), (75, Level.WRONG)]
)
async def test_a_clock_that_is_off_is_said_with_how_much(clinic: Clinic, seconds: int, level: Level) -> None:
    clinic.clock.off = timedelta(seconds=seconds)
    (clock,) = [each for each in await clinic.finds() if each.about == "clock"]
    assert clock.level is level
    if level is not Level.OK:
        assert f"{'ahead of' if seconds > 0 else 'behind'} Slack’s" in clock.sentence


# --- channels ---


CHANNEL_FAULTS: dict[str, tuple[Callable[[Room], object], str, str]] = {
    "public": (lambda room: setattr(room, "private", False), "it is not private", "Make it private"),
    "shared": (lambda room: setattr(room, "ext_shared", True), "it is shared", "this workspace’s own"),
    "archived": (lambda room: setattr(room, "archived", True), "it is archived", "out of the archive"),
    "not in it": (lambda room: room.members.remove(BOT), "I may not see it", "/invite @Handrail"),
    "empty": (lambda room: setattr(room, "members", [BOT]), "nobody is in it", "Add the DSL"),
    "stranger": (
        lambda room: room.members.append(slack_id("dsl-south")),
        f"is not on the trust’s roster ({{name}} {slack_id('dsl-south')}).",
        "Take them out",
    ),
}


@pytest.mark.parametrize("fault", CHANNEL_FAULTS)
async def test_a_channel_that_is_not_safe_is_named_with_the_reason(clinic: Clinic, fault: str) -> None:
    spoil, sentence, do = CHANNEL_FAULTS[fault]
    spoil(clinic.room())
    said = await clinic.finds_wrong()
    assert "Example Academy North: no case would be posted in its channel C0NORTH: " in said
    assert sentence.format(name=clinic.person("dsl-south").name) in said
    assert do in said
    assert "Example Academy South" not in said


async def test_an_academy_without_a_channel_is_worth_a_look(clinic: Clinic) -> None:
    north, *others = clinic.directory.academies
    bare = north.model_copy(update={"channel": {}})
    clinic.directory = replace(clinic.directory, academies=(bare, *others))
    assert "Example Academy North: it has no Slack channel" in await clinic.warns()


# --- people ---


PERSON_FAULTS: dict[str, tuple[Callable[[Somebody], object], str]] = {
    "closed": (lambda who: setattr(who, "deleted", True), "Slack has no open account of that id for "),
    "guest": (lambda who: setattr(who, "guest", True), "a guest, a bot or somebody of another organisation"),
    "stranger": (lambda who: setattr(who, "stranger", True), "a guest, a bot or somebody of another organisation"),
    "bot": (lambda who: setattr(who, "bot", True), "a guest, a bot or somebody of another organisation"),
}


@pytest.mark.parametrize("fault", PERSON_FAULTS)
async def test_somebody_who_cannot_be_reached_is_named(clinic: Clinic, fault: str) -> None:
    spoil, sentence = PERSON_FAULTS[fault]
    spoil(clinic.person("head-south"))
    said = await clinic.finds_wrong()
    assert sentence in said
    assert "(head-south)" in said
    assert "Copy member ID" in said


async def test_an_id_that_nobody_has_is_found(clinic: Clinic) -> None:
    del clinic.slack.world.people[slack_id("head-south")]
    assert "Slack has no open account of that id for " in await clinic.finds_wrong()


async def test_somebody_whose_direct_messages_cannot_be_opened_is_found(clinic: Clinic) -> None:
    clinic.slack.fault("error", "conversations.open", error="user_disabled")
    assert "Slack lets the app open no direct messages with " in await clinic.finds_wrong()


async def test_people_without_a_slack_id_are_listed(clinic: Clinic) -> None:
    bare = [
        each.model_copy(update={"ids": {}}) if each.id == "chair-north" else each for each in clinic.directory.people
    ]
    clinic.directory = replace(clinic.directory, people=tuple(bare))
    assert re.search(r"no Slack id in the trust’s file for .*\(chair-north\)\.", await clinic.warns())


async def test_an_academy_with_one_person_alone_is_wrong(clinic: Clinic) -> None:
    for person in ("deputy-south", "head-south"):
        clinic.person(person).deleted = True
    assert "Example Academy South: only 1 of its safeguarding people" in await clinic.finds_wrong()


async def test_what_is_throttled_is_asked_again_after_slacks_time(clinic: Clinic) -> None:
    clinic.slack.fault("status", "users.info", status=429, retry_after="1")
    clinic.clock.patient = True
    assert is_well(await clinic.finds())
    assert 0.5 < clinic.clock.paused < 2.0


async def test_what_cannot_be_asked_is_no_good_news(clinic: Clinic) -> None:
    clinic.slack.fault("status", "users.info", times=0, status=500)
    clinic.slack.fault("status", "conversations.info", times=0, status=500)
    said = await clinic.finds_wrong()
    assert "Slack could not be asked about " in said
    assert "I could not check it just now" in said


# --- the way there and back ---


class Marks:
    """Times, kept for as long as this."""

    async def read(self, name: str) -> datetime | None:
        return datetime.now(UTC)

    async def write(self, name: str, at: datetime) -> None: ...


@asynccontextmanager
async def serving(clinic: Clinic, *, sockets: bool) -> AsyncIterator[Ear]:
    """A reception that runs, as `handrail serve` has it; its bot writes down what it hears."""
    way, ear = Way(APP_TOKEN) if sockets else Way("", (SECRET,)), Ear()
    async with open_workspace(BOT_TOKEN, way, clinic.slack.api_url) as workspace, AsyncExitStack() as stack:
        parts = workspace.open(Core(ear, SAY, SystemClock(), Marks(), lambda id: False))
        await stack.enter_async_context(workspace.running())
        if sockets:
            await clinic.slack.socket_opened()
        else:
            server = TestServer(build_app(parts, _no_health))
            await server.start_server()
            stack.push_async_callback(server.close)
            clinic.slack.deliver_to(str(server.make_url("/slack/events")), SECRET)
        yield ear


async def _no_health() -> dict[str, object]:
    return {}


async def presses_when_asked(clinic: Clinic, who: str) -> None:
    await clinic.asked.wait()
    await clinic.slack.presses(who, clinic.slack.from_bot(who)[-1], LABEL)


@pytest.mark.parametrize("sockets", [True, False], ids=["socket", "http"])
async def test_a_press_that_reaches_a_running_handrail_is_seen(clinic: Clinic, sockets: bool) -> None:
    who = slack_id("dsl-north")
    async with serving(clinic, sockets=sockets) as ear:
        pressing = asyncio.create_task(presses_when_asked(clinic, who))
        found = await clinic.finds("dsl-north")
        await pressing
    assert is_well(found)
    assert found[-1] == Finding(Level.OK, "the way back", "a press in Slack reached Handrail, and it answered.")
    assert ear.heard == []
    assert SAY("slack.checked") in text_of(clinic.slack.from_bot(who)[-1])
    assert clinic.told[0].startswith("Press the button in Slack now: ")


async def test_a_press_that_nobody_answers_is_wrong_and_the_button_goes_away(clinic: Clinic) -> None:
    """The control: somebody presses, and no Handrail runs."""
    who = slack_id("dsl-north")
    clinic.slack.set_up(patience=0.05)
    pressing = asyncio.create_task(presses_when_asked(clinic, who))
    said = await clinic.finds_wrong("dsl-north")
    await pressing
    assert "nothing came back within 90 seconds." in said
    assert "Does `handrail serve` run" in said
    assert "Is Socket Mode on" in said
    assert "Waiting for the press: 85 seconds left." in clinic.told
    (left,) = clinic.slack.from_bot(who)
    assert "This check has ended" in text_of(left)
    assert LABEL not in text_of(left)


async def test_a_button_that_cannot_be_posted_says_why(clinic: Clinic) -> None:
    clinic.slack.fault("error", "chat.postMessage", error="messages_tab_disabled")
    assert "the Messages Tab must be on" in await clinic.finds_wrong("dsl-north")


async def test_a_roster_id_that_nobody_has_is_said(clinic: Clinic) -> None:
    assert "nobody with a Slack id is called jade on the roster." in await clinic.finds_wrong("jade")


async def test_the_button_says_nothing_of_safeguarding_or_of_any_case(clinic: Clinic) -> None:
    await clinic.finds("dsl-north")
    (posted,) = clinic.slack.calls("chat.postMessage")
    assert not re.search(r"safeguard|case|child|concern", str(posted.arguments), re.IGNORECASE)
