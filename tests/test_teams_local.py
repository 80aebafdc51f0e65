"""`handrail teams local`: practice on one computer, which nobody else can reach and which leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.practice import person_id
from tests.commands import EXAMPLE, REFUSED, Serving, handrail, refusal, serving
from tests.on_the_way import FIRST
from tests.teams.fake import FakeTeams, Somebody, text_of
from tests.teams_delivering import DANGER
from tests.teams_school import TEACHER

DSL = person_id("dsl-north")
LISTENING = "0A"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with practice(tmp_path_factory.mktemp("practice"), {}) as server:
        yield server


@contextmanager
def practice(folder: Path, setting: dict[str, str]) -> Iterator[Serving]:
    with serving("teams", "local", "--folder", "it", setting=setting, folder=folder) as server:
        server.url = server.url.removesuffix("/api/messages")
        yield server


@asynccontextmanager
async def microsoft(local: Serving) -> AsyncIterator[FakeTeams]:
    """A connector on this computer that asks for no token, as the playground's."""
    async with FakeTeams([Somebody(DSL, "Dana Example"), Somebody(TEACHER, "Sam Example")]) as teams:
        teams.set_up(signed=False, asks_token=False)
        teams.deliver_to(local.url)
        yield teams


def listening(server: Serving) -> set[tuple[str, int]]:
    """Where that process takes connections, as the system has it: addresses and ports."""
    of_process = Path(f"/proc/{server.process.pid}")
    sockets = {link.readlink().name for link in (of_process / "fd").iterdir() if link.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (of_process / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
            parts = line.split()
            if parts[3] == LISTENING and f"socket:[{parts[9]}]" in sockets:
                address, _, port = parts[1].partition(":")
                found.add((address, int(port, 16)))
    return found


def test_it_listens_on_this_computer_alone(local: Serving) -> None:
    assert listening(local) == {("0100007F", int(local.url.rpartition(":")[2]))}


async def test_without_a_token_the_whole_way_works_for_this_computer(local: Serving) -> None:
    async with microsoft(local) as teams:
        assert (await teams.say(DSL, FIRST)).status == 200
        await teams.until(lambda: any(DANGER in text_of(message) for message in teams.from_bot(DSL)))
        assert {call.token for call in teams.calls()} == {""}
        assert teams.calls("login.*", "openid", "keys", "graph.*") == []


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net/uk/",
        "http://192.0.2.7/",
        "http://127.0.0.1.collect.example/",
        "http://127.0.0.1@collect.example/",
        "http://0.0.0.0/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "",
    ],
)
async def test_it_is_spoken_to_from_nowhere_else(local: Serving, url: str) -> None:
    async with microsoft(local) as teams:
        activity = {**teams.activity(DSL, FIRST), "serviceUrl": url}
        assert (await teams.deliver(activity)).status == 401
        assert teams.calls() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "handrail.school.example"},
        {"Host": "127.0.0.1.collect.example"},
        {"Origin": "https://collect.example"},
        {"Origin": "http://localhost:3978"},
        {"X-Forwarded-For": "192.0.2.7"},
        {"Forwarded": "for=192.0.2.7"},
    ],
)
async def test_a_web_page_and_a_tunnel_are_refused(local: Serving, headers: dict[str, str]) -> None:
    async with microsoft(local) as teams:
        teams.set_up(headers=headers)
        assert (await teams.say(DSL, FIRST)).status == 403
        assert teams.calls() == []


async def test_on_no_other_address_of_this_computer_is_it_found(local: Serving) -> None:
    port = local.url.rpartition(":")[2]
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.post(f"http://127.0.0.2:{port}/api/messages", json={})


async def test_practice_leaves_nothing_behind_but_the_playgrounds_own_file(tmp_path: Path) -> None:
    temporary, kept = tmp_path / "temporary", tmp_path / "here"
    for folder in (temporary, kept):
        folder.mkdir()
    with practice(kept, {"TMPDIR": str(temporary)}) as server:
        async with microsoft(server) as teams:
            assert (await teams.say(DSL, FIRST)).taken
            await teams.until(lambda: teams.from_bot(DSL))
            assert list(temporary.rglob("practice.db"))
            code, said = await asyncio.to_thread(server.stop)
    assert (code, FIRST in said) == (0, False)
    assert list(temporary.iterdir()) == []
    assert [file.name for file in kept.rglob("*") if file.is_file()] == [".m365agentsplayground.yml"]


def test_somebody_who_is_nobody_cannot_be_played(tmp_path: Path) -> None:
    assert "--as" in refusal(handrail("teams", "local", "--as", "nobody", setting=EXAMPLE, at=tmp_path), REFUSED)
    assert list(tmp_path.rglob("*.*")) == []
