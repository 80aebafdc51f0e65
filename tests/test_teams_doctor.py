"""The doctor says in plain English what is wrong with a school's Teams, and what to do about it; never a secret."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog

from adapters.findings import Finding, Level, as_json, is_well, lines
from adapters.seal import Keyring, new_key
from adapters.store.report import open_reader
from adapters.teams.doctor import Asked, Keys, Microsoft, Shown, examine
from adapters.teams.doctor_press import LABEL
from adapters.teams.us import Endpoints
from adapters.trust_file import TrustFile
from bot import composition, examining, setting_up
from bot.directory import Directory
from bot.errors import StoreUnavailable
from bot.examining import ReadShelf, books_of, pressing_on, readers_of
from bot.settings import settings_from
from tests.commands import EXAMPLE, handrail
from tests.teams.fake import APP, TENANT, FakeTeams, Somebody, guid, text_of
from tests.teams.login import SECRET
from tests.teams.reading import labels_of
from tests.teams.world import OTHER_TENANT
from tests.teams_school import NORTH, PRIMARY, TEACHER, TeamsSchool, entra_id, teams_school

SAY = composition.script().phrases.say
GROUP = guid("staff group")
GROUPS = f'groups = ["{GROUP}"]\n'


@dataclass
class Hurried:
    """The real time, moved by `off`, on which a pause is hardly any, unless it is `patient`."""

    off: timedelta = timedelta()
    patient: bool = False

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds if self.patient else 0.02)


@dataclass
class Clinic:
    """A school whose `handrail serve` runs, and a doctor beside it."""

    here: TeamsSchool
    keys: Keys
    asked: Asked
    clock: Hurried = field(default_factory=Hurried)
    told: list[str] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def teams(self) -> FakeTeams:
        return self.here.teams

    def tell(self, line: str) -> None:
        self.told.append(line)
        self.begun.set()

    async def finds(self, press: str = "") -> list[Finding]:
        found = await examine(self.keys, replace(self.asked, press=press), Shown(SAY, self.tell, self.clock))
        said = as_json(found) + "\n".join([*lines(found), *self.told])
        for secret in (SECRET, "canary", self.here.key, *self.teams.login.issued):
            assert secret not in said
        assert all(finding.do for finding in found if finding.level is not Level.OK)
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

    def with_people(self, changed: Callable[[str, dict[str, str]], dict[str, str]]) -> None:
        """Write other ids for people into the trust's file."""
        directory = self.asked.directory
        people = [each.model_copy(update={"ids": changed(each.id, dict(each.ids))}) for each in directory.people]
        self.asked = replace(self.asked, directory=replace(directory, people=tuple(people)))

    def person(self, roster_id: str) -> Somebody:
        return self.teams.world.people[entra_id(roster_id)]


def directory_of(here: TeamsSchool) -> Directory:
    return TrustFile(here.file.parent / "trust.toml").current()


def clinic_in(here: TeamsSchool) -> Clinic:
    at = Microsoft(Endpoints(**here.teams.endpoints), loopback=True, http_client=here.teams.http_client())
    directory = directory_of(here)
    shelf = ReadShelf(open_reader(f"sqlite:///{here.file}", Keyring.from_setting(here.key)))
    return Clinic(
        here, Keys(APP, SECRET, TENANT, microsoft=at), Asked(directory, readers_of(directory, "teams"), shelf)
    )


@pytest_asyncio.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with teams_school(tmp_path) as here:
        yield clinic_in(here)


async def test_where_all_is_well_it_says_so_and_posts_nothing(clinic: Clinic) -> None:
    before = len(clinic.here.written())
    found = await clinic.finds()
    assert is_well(found)
    warned = [each.sentence for each in found if each.level is Level.WARN]
    assert warned == ["it was not tried whether a press in Teams reaches Handrail."]
    assert len(clinic.here.written()) == before
    assert {"login", "signing keys", "clock", "the way in", "people", "who is staff"} <= {it.about for it in found}
    assert sum("everybody in it is on the roster" in each.sentence for each in found) == 3
    assert list(lines(found))[-1] == "Nothing is wrong. 1 thing is worth a look."


# --- the variables ---


class Untouched:
    """A way out that nobody may take."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was asked for")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"app": ""}, "MicrosoftAppId: it is not set, or is empty."),
        ({"app": "canary-bot"}, "MicrosoftAppId: it is no id of Entra"),
        ({"app": f"{APP} x"}, "MicrosoftAppId: it is no id of Entra"),
        ({"tenant": "canary.onmicrosoft.com"}, "MicrosoftAppTenantId: it is no id of Entra"),
        ({"tenant": APP.upper()}, "MicrosoftAppTenantId: it is the same as MicrosoftAppId."),
        ({"password": ""}, "MicrosoftAppPassword: it is not set, or is empty."),
        ({"password": f"{SECRET}\n"}, "MicrosoftAppPassword: it has a space or a line break in it."),
        ({"password": f'"{SECRET}"'}, "MicrosoftAppPassword: it has quotation marks around it."),
        ({"password": guid("canary")}, "MicrosoftAppPassword: it is the secret’s id, not its value."),
        ({"kind": "MultiTenant"}, "MicrosoftAppType: it is of no kind that a school can have."),
    ],
)
async def test_a_variable_that_is_wrong_is_named_and_never_shown_and_nobody_is_asked(
    wrong: dict[str, Any], sentence: str
) -> None:
    asked = Asked(TrustFile(composition.EXAMPLE).current(), {}, None)
    keys = replace(Keys(APP, SECRET, TENANT, microsoft=Microsoft(http_client=Untouched())), **wrong)
    (found,) = await examine(keys, asked, Shown(SAY, print, Hurried()))
    assert (found.level, bool(found.do)) == (Level.WRONG, True)
    assert f"{found.about}: {found.sentence}".startswith(sentence)
    assert not re.search(f"canary|{SECRET}|{guid('canary')}|MultiTenant", as_json([found]))
    assert SECRET not in repr(keys)


@pytest.mark.parametrize(
    ("hosts", "number"),
    [
        ("https://smba.trafficmanager.net/", "1"),
        ("smba.infra.gcc.teams.microsoft.com, *.example.org", "2"),
        (f"a.example.org:443, {SECRET},", "1, 2"),
    ],
)
async def test_an_entry_that_is_no_host_is_named_by_its_number(clinic: Clinic, hosts: str, number: str) -> None:
    clinic.keys = replace(clinic.keys, hosts=hosts)
    said = await clinic.finds_wrong()
    assert f"HANDRAIL_TEAMS_HOSTS: what stands there as number {number} can never be" in said
    assert "no https://, no port, no path, no star" in said


async def test_a_host_that_is_not_known_to_be_microsofts_is_worth_a_look(clinic: Clinic) -> None:
    clinic.keys = replace(clinic.keys, hosts="smba.infra.gcc.teams.microsoft.com,smba.trafficmanager.net")
    assert "HANDRAIL_TEAMS_HOSTS" not in await clinic.warns()
    clinic.keys = replace(clinic.keys, hosts="proxy.example.org")
    assert "the app’s token would be sent there: proxy.example.org." in await clinic.warns()


async def test_a_managed_identity_needs_no_secret(clinic: Clinic) -> None:
    clinic.keys = replace(clinic.keys, kind="UserAssignedMSI", password="")
    assert is_well(await clinic.finds())
    clinic.keys = replace(clinic.keys, password=SECRET)
    assert "MicrosoftAppPassword: a managed identity uses none." in await clinic.warns()
    clinic.keys = replace(clinic.keys, app=guid("another"), password="")
    assert "Give the identity whose client id is MicrosoftAppId to the machine" in await clinic.finds_wrong()


# --- the login, the keys, the time ---


async def test_a_login_that_microsoft_refuses_says_which_variable_is_wrong(clinic: Clinic) -> None:
    good = clinic.keys
    clinic.keys = replace(good, password="canary~of-another-app")
    assert "MicrosoftAppPassword: Microsoft does not know it" in await clinic.finds_wrong()
    clinic.keys = replace(good, app=guid("another app"))
    assert "MicrosoftAppId: the tenant knows no app of this id." in await clinic.finds_wrong()
    clinic.keys = replace(good, tenant=OTHER_TENANT)
    assert "MicrosoftAppTenantId: Microsoft knows no such tenant" in await clinic.finds_wrong()
    clinic.keys, clinic.teams.login.expired = good, True
    said = await clinic.finds_wrong()
    assert "MicrosoftAppPassword: it has expired." in said
    assert "Make a new client secret" in said


async def test_where_the_login_is_refused_nothing_behind_it_is_guessed(clinic: Clinic) -> None:
    clinic.teams.set_up(secret="canary-new")
    abouts = [finding.about for finding in await clinic.finds("dsl-north")]
    assert abouts == ["MicrosoftAppPassword", "signing keys", "clock", "the way in"]


async def test_a_microsoft_that_does_not_answer_is_told_from_one_that_refuses(clinic: Clinic) -> None:
    await clinic.teams.down()
    said = await clinic.finds_wrong()
    assert "login: there is no token for Teams: Microsoft gave no proper answer." in said
    assert "May this computer reach https://login.microsoftonline.com?" in said
    assert "signing keys: Microsoft’s signing keys cannot be fetched" in said
    await clinic.teams.up()


async def test_signing_keys_that_cannot_be_read_are_found(clinic: Clinic) -> None:
    clinic.teams.fault("garbage", "keys", times=0)
    assert "nothing that Teams sends can be proved" in await clinic.finds_wrong()


@pytest.mark.parametrize(("seconds", "level"), [(0, Level.OK), (100, Level.WARN), (-400, Level.WRONG)])
async def test_a_clock_that_is_off_is_said_with_how_much(clinic: Clinic, seconds: int, level: Level) -> None:
    clinic.clock.off = timedelta(seconds=seconds)
    found = await clinic.finds()
    (clock,) = [each for each in found if each.about == "clock"]
    assert clock.level is level
    if level is not Level.OK:
        assert f"{'ahead of' if seconds > 0 else 'behind'} Microsoft’s" in clock.sentence
    assert found[-1].about == "the way back"


# --- the books ---


async def test_books_that_cannot_be_opened_or_read_are_found(clinic: Clinic) -> None:
    whole = clinic.asked
    clinic.asked = replace(whole, shelf=None, shut="there is no database at handrail.db")
    said = await clinic.finds_wrong()
    assert "the books: where people are reached cannot be read (there is no database at handrail.db)." in said
    clinic.asked = replace(whole, shelf=Torn())
    assert "cannot be read (SQLITE_BUSY)" in await clinic.finds_wrong()


class Torn:
    async def read(self, key: str) -> str | None:
        raise StoreUnavailable("SQLITE_BUSY")

    async def write(self, key: str, text: str) -> None: ...


async def test_where_teams_has_never_been_heard_from_that_is_what_is_wrong(tmp_path: Path) -> None:
    async with teams_school(tmp_path, met=False) as here:
        found = await clinic_in(here).finds()
    (wrong,) = [each for each in found if each.level is Level.WRONG]
    assert wrong.sentence == "Teams has never reached Handrail, so nobody can be written to."
    assert "messaging endpoint" in wrong.do


def test_books_that_are_not_there_or_have_no_key_say_why(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'handrail.db'}"
    for setting, why in (({}, "HANDRAIL_KEY"), ({"HANDRAIL_KEY": new_key()}, "there is no database at")):
        shelf, shut = books_of(settings_from({"HANDRAIL_DATABASE_URL": url, **setting}))
        assert shelf is None
        assert why in shut
    assert not (tmp_path / "handrail.db").exists()


# --- channels ---


def lets_in(teams: FakeTeams, who: Somebody, place: str = NORTH) -> None:
    teams.new_person(who)
    teams.world.teams[place].members.append(who.key)


STRANGER = Somebody(guid("stranger"), "Sasha Example")
VISITOR = Somebody(guid("visitor"), "Vic Example", role="guest")
ELSEWHERE = Somebody(guid("elsewhere"), "Ellis Example", tenant=OTHER_TENANT)

CHANNEL_FAULTS: dict[str, tuple[Callable[[FakeTeams], object], str, str]] = {
    "public": (
        lambda teams: setattr(teams.world.teams[NORTH], "visibility", "public"),
        "it is not private",
        "Make the team private",
    ),
    "hidden": (
        lambda teams: setattr(teams.world.teams[NORTH], "visibility", "unheardOf"),
        "I could not be sure",
        "TeamSettings.Read.Group",
    ),
    "not in it": (
        lambda teams: setattr(teams.world.teams[NORTH], "bot", False),
        "I am not in it",
        "add Handrail to the team",
    ),
    "gone": (lambda teams: teams.world.teams.pop(NORTH), "there is no such channel", "Compare the id"),
    "empty": (lambda teams: teams.world.teams[NORTH].members.clear(), "nobody is in it", "Add the DSL"),
    "stranger": (
        lambda teams: lets_in(teams, STRANGER),
        f"not on the trust’s roster (Sasha Example {STRANGER.aad}).",
        "Take them out",
    ),
    "guest": (lambda teams: lets_in(teams, VISITOR), f"(Vic Example {VISITOR.aad}).", "Take them out"),
    "another organisation": (
        lambda teams: lets_in(teams, ELSEWHERE),
        f"with people outside (Ellis Example {ELSEWHERE.aad}).",
        "nobody of another organisation",
    ),
    "not agreed": (
        lambda teams: teams.fault("status", "graph.team", times=0, status=403),
        "I could not check it just now",
        "agree to TeamSettings.Read.Group",
    ),
    "no answer": (
        lambda teams: teams.fault("status", "graph.team", times=0, status=503),
        "I could not check it just now",
        "Run the doctor again",
    ),
}


@pytest.mark.parametrize("fault", CHANNEL_FAULTS)
async def test_a_channel_that_is_not_safe_is_named_with_the_reason(clinic: Clinic, fault: str) -> None:
    spoil, sentence, do = CHANNEL_FAULTS[fault]
    spoil(clinic.teams)
    said = await clinic.finds_wrong()
    assert f"Example Academy North: no case would be posted in its channel {NORTH}: " in said
    assert sentence in said
    assert do in said
    assert "Primary" not in said


async def test_strangers_on_every_page_are_named_up_to_ten(clinic: Clinic) -> None:
    clinic.teams.set_up(page=3)
    for number in range(12):
        lets_in(clinic.teams, Somebody(guid(f"extra {number}"), f"Extra {number:02}"))
    said = await clinic.finds_wrong()
    assert "Extra 09 " in said
    assert "and 2 more)" in said


async def test_a_group_chat_with_a_stranger_in_it_is_found_too(clinic: Clinic) -> None:
    clinic.teams.world.rooms[PRIMARY].members.append(TEACHER)
    assert f"(Sam Example {TEACHER})" in await clinic.finds_wrong()


async def test_an_academy_without_a_channel_is_worth_a_look(clinic: Clinic) -> None:
    north, *others = clinic.asked.directory.academies
    bare = replace(clinic.asked.directory, academies=(north.model_copy(update={"channel": {}}), *others))
    clinic.asked = replace(clinic.asked, directory=bare)
    assert "Example Academy North: it has no channel in Teams" in await clinic.warns()


# --- people ---

PERSON_FAULTS: dict[str, tuple[Callable[[Somebody], object], str]] = {
    "without the app": (lambda who: setattr(who, "installed", False), "the app is not installed, or the id is"),
    "guest": (lambda who: setattr(who, "role", "guest"), "a guest stands there for"),
    "elsewhere": (lambda who: setattr(who, "tenant", OTHER_TENANT), "the account belongs to another organisation"),
}


@pytest.mark.parametrize("fault", PERSON_FAULTS)
async def test_somebody_who_cannot_be_reached_is_named(clinic: Clinic, fault: str) -> None:
    spoil, sentence = PERSON_FAULTS[fault]
    spoil(clinic.person("head-south"))
    said = await clinic.finds_wrong()
    assert sentence in said
    assert "(head-south)" in said
    assert "Object ID" in said
    assert "(dsl-south)" not in said


async def test_an_id_that_nobody_has_is_told_from_an_app_that_is_missing_where_graph_may_be_asked(
    tmp_path: Path,
) -> None:
    async with teams_school(tmp_path, rule=GROUPS) as here:
        clinic = clinic_in(here)
        clinic.with_people(lambda id, ids: {"teams": guid("typing mistake")} if id == "head-south" else ids)
        assert "Entra or Teams knows nobody of that id for " in await clinic.finds_wrong()


async def test_what_teams_does_not_answer_is_no_good_news(clinic: Clinic) -> None:
    clinic.teams.fault("status", "members.get", times=0, status=500)
    assert "Teams could not be asked about " in await clinic.finds_wrong()


async def test_what_is_throttled_is_asked_again(clinic: Clinic) -> None:
    clinic.teams.fault("status", "members.get", status=429, retry_after="1")
    clinic.clock.patient = True
    assert is_well(await clinic.finds())


async def test_people_without_an_id_for_teams_are_listed(clinic: Clinic) -> None:
    clinic.with_people(lambda id, ids: {} if id == "chair-north" else ids)
    assert re.search(r"no id for Teams in the trust’s file for .*\(chair-north\)\.", await clinic.warns())


async def test_an_academy_with_one_person_alone_is_wrong(clinic: Clinic) -> None:
    for person in ("deputy-south", "head-south"):
        clinic.person(person).installed = False
    assert "Example Academy South: only 1 of its safeguarding people" in await clinic.finds_wrong()


# --- who is staff ---


@pytest.mark.parametrize("rule", ["", 'pupil_domains = ["pupils.example.org"]\n'])
async def test_a_rule_that_makes_nobody_staff_is_worth_a_look(tmp_path: Path, rule: str) -> None:
    async with teams_school(tmp_path, rule=rule) as here:
        assert "every report is marked as not confirmed" in await clinic_in(here).warns()


async def test_groups_that_may_not_be_looked_up_name_the_permission(tmp_path: Path) -> None:
    async with teams_school(tmp_path, rule=GROUPS) as here:
        clinic = clinic_in(here)
        assert "the rule’s groups can be looked up (1 of them)." in "\n".join(lines(await clinic.finds()))
        here.teams.fault("status", "graph.groups", times=0, status=403)
        said = await clinic.finds_wrong()
        assert "User.Read.All and GroupMember.Read.All are not granted" in said
        assert "Grant admin consent" in said
        here.teams.all_well()
        here.teams.fault("status", "graph.groups", times=0, status=400)
        assert "Compare the groups under [staff.teams]" in await clinic.finds_wrong()


async def test_domains_that_fit_nobody_of_the_roster_are_worth_a_look(tmp_path: Path) -> None:
    rule = 'domains = ["stuff.example.org"]\n'
    async with teams_school(tmp_path, rule=rule) as here:
        assert "nobody of the roster who is reached signs in with" in await clinic_in(here).warns()


async def test_a_domain_of_pupils_that_staff_sign_in_with_is_wrong(tmp_path: Path) -> None:
    rule = 'domains = ["staff.example.org"]\npupil_domains = ["Staff.example.org"]\n'
    async with teams_school(tmp_path, rule=rule) as here:
        assert "which the file calls a domain of pupils" in await clinic_in(here).finds_wrong()


# --- the way there and back ---


async def presses_when_asked(clinic: Clinic, who: str) -> None:
    await clinic.begun.wait()
    await clinic.teams.press(who, clinic.teams.with_label(who, LABEL), LABEL)


@pytest.mark.parametrize("old", [False, True], ids=["execute", "submit"])
async def test_a_press_that_reaches_a_running_handrail_is_seen(clinic: Clinic, old: bool) -> None:
    who = entra_id("dsl-north")
    clinic.teams.set_up(old_client=old)
    turns = clinic.here.count("inbox")
    pressing = asyncio.create_task(presses_when_asked(clinic, who))
    found = await clinic.finds("dsl-north")
    await pressing
    assert is_well(found)
    assert found[-1] == Finding(Level.OK, "the way back", "a press in Teams reached Handrail, and it answered.")
    assert clinic.told[0].startswith("Press the button in Teams now: ")
    assert LABEL not in [label for message in clinic.teams.from_bot(who) for label in labels_of(message)]
    assert clinic.here.count("inbox") == turns
    assert SAY("teams.checked") in (clinic.here.reads(who) + str(clinic.teams.asides))


async def test_a_press_that_nobody_answers_is_wrong_and_the_button_goes_away(clinic: Clinic) -> None:
    """The control: somebody presses, and what they press reaches no Handrail."""
    who = entra_id("dsl-north")
    clinic.teams.fault("lose", "invoke", times=0)
    pressing = asyncio.create_task(presses_when_asked(clinic, who))
    said = await clinic.finds_wrong("dsl-north")
    await pressing
    assert "nothing came back within 90 seconds." in said
    assert "Does `handrail serve` run" in said
    assert "Waiting for the press: 85 seconds left." in clinic.told
    left = clinic.teams.from_bot(who)[-1]
    assert "This check has ended" in text_of(left)
    assert labels_of(left) == []


async def test_another_press_than_the_one_asked_for_is_not_taken_for_it(clinic: Clinic) -> None:
    await clinic.here.tenant.addresses.checked("0" * 32)
    assert "nothing came back" in await clinic.finds_wrong("dsl-north")


async def test_a_button_that_cannot_be_posted_says_why(clinic: Clinic) -> None:
    clinic.teams.block(entra_id("dsl-north"))
    said = await clinic.finds_wrong("dsl-north")
    assert "the button could not be posted to " in said
    assert "they may have blocked Handrail" in said


async def test_a_roster_id_that_nobody_has_is_said(clinic: Clinic) -> None:
    assert "nobody with an id for Teams is called jade on the roster." in await clinic.finds_wrong("jade")


async def test_the_button_says_nothing_of_safeguarding_or_of_any_case(clinic: Clinic) -> None:
    before = len(clinic.teams.calls("activities.send"))
    await clinic.finds("dsl-north")
    posted = clinic.teams.calls("activities.send")[before:]
    assert len(posted) == 1
    assert not re.search(r"safeguard|case|child|concern", json.dumps(posted[0].body), re.IGNORECASE)


async def test_the_doctor_writes_nothing_into_the_books(clinic: Clinic) -> None:
    before = clinic.here.raw()
    await clinic.finds("dsl-north")
    assert clinic.here.raw() == before


# --- the command ---

WRONG_TEAMS = {"MicrosoftAppId": "", "MicrosoftAppPassword": "canary 1", "MicrosoftAppTenantId": "canary-2"}
WRONG_SLACK = {"SLACK_BOT_TOKEN": "xoxb-canary x"}


def test_the_command_names_what_is_wrong_and_prints_none_of_it() -> None:
    ended = handrail("doctor", setting=EXAMPLE | WRONG_TEAMS)
    said = ended.stdout.decode()
    assert (ended.returncode, ended.stderr) == (1, b"")
    assert said.startswith("--- Microsoft Teams ---\nwrong  MicrosoftAppId: it is not set, or is empty.\n")
    assert said.endswith("\n3 things are wrong. Put that right before staff rely on it.\n")
    assert "canary" not in said
    assert "Slack" not in said


def test_the_command_looks_at_every_platform_that_is_named() -> None:
    ended = handrail("doctor", "--json", setting=EXAMPLE | WRONG_TEAMS | WRONG_SLACK)
    found = json.loads(ended.stdout)
    assert (ended.returncode, found["well"]) == (1, False)
    assert {each["platform"] for each in found["findings"]} == {"Microsoft Teams", "Slack"}
    assert b"canary" not in ended.stdout + ended.stderr
    said = handrail("doctor", setting=EXAMPLE | WRONG_TEAMS | WRONG_SLACK).stdout.decode()
    assert said.index("--- Microsoft Teams ---") < said.index("--- Slack ---") < said.index("things are wrong")


def test_the_command_says_when_there_is_nothing_to_look_at() -> None:
    ended = handrail("doctor", setting=EXAMPLE)
    assert ended.returncode == 1
    assert "neither Slack nor Microsoft Teams is named in the environment." in ended.stdout.decode()


def test_what_is_logged_meanwhile_is_no_part_of_the_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def logging(*_: object) -> list[Finding]:
        structlog.get_logger().warning("teams_token_not_had")
        return [Finding(Level.OK, "login", "as it should be.", platform="Slack")]

    monkeypatch.setattr(examining, "examine", logging)
    setting_up.doctor(press="", as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out)["well"] is True
    assert "teams_token_not_had" in said.err


def test_whoever_is_to_press_does_it_where_they_can_be_reached() -> None:
    whole = TrustFile(composition.EXAMPLE).current()
    person = whole.people[0].model_copy(update={"ids": {"teams": guid("jade")}})
    directory = replace(whole, people=(person,))
    both = ("teams", "slack")
    assert [pressing_on(directory, person.id, door, both) for door in both] == [person.id, ""]
    assert pressing_on(directory, person.id, "slack", ["slack"]) == person.id
    assert pressing_on(directory, "nobody", "slack", both) == "nobody"
