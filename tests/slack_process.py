"""`handrail serve` as a process that can really be killed: forked from one that has imported everything already."""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from adapters.seal import Keyring, new_key
from adapters.slack import bolt
from adapters.store import migrate, open_store
from bot import composition
from bot.ports import Tx
from bot.settings import settings_from
from tests.slack.fake import FakeSlack
from tests.slack.signing import SECRET
from tests.slack.wire import APP_TOKEN, BOT_TOKEN
from tests.slack_school import slack_trust

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.slack_process"])


def serve(environment: Mapping[str, str], opened: Connection, *, acknowledge_first: bool) -> None:
    """What `handrail serve` does. `acknowledge_first` is Bolt's own default, for the control."""
    if acknowledge_first:
        vars(bolt)["AsyncApp"] = _acknowledging_first(vars(bolt)["AsyncApp"])
    asyncio.run(composition.serve(settings_from(environment), opened.send))


def _acknowledging_first(app: Any) -> Any:
    @functools.wraps(app)
    def made(*given: Any, **named: Any) -> Any:
        return app(*given, **{**named, "process_before_response": False})

    return made


@dataclass
class Served:
    """One database, and the process that serves it now."""

    folder: Path
    slack: FakeSlack
    way: str = "http"
    acknowledge_first: bool = False
    key: str = field(default_factory=new_key)
    process: ForkServerProcess | None = None

    def __post_init__(self) -> None:
        self.file = self.folder / "handrail.db"
        self.url = f"sqlite:///{self.file}"
        migrate(self.url, Keyring.from_setting(self.key))

    @property
    def environment(self) -> dict[str, str]:
        way = {"SLACK_SIGNING_SECRET": SECRET} if self.way == "http" else {"SLACK_APP_TOKEN": APP_TOKEN}
        return way | {
            "HANDRAIL_TRUST": str(slack_trust(self.folder)),
            "HANDRAIL_DATABASE_URL": self.url,
            "HANDRAIL_KEY": self.key,
            "PORT": "0",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_API_URL": self.slack.api_url,
        }

    async def start(self) -> None:
        """Start it, and wait until Slack can reach it."""
        ours, theirs = _FORKS.Pipe()
        given = {"acknowledge_first": self.acknowledge_first}
        self.process = _FORKS.Process(target=serve, args=(self.environment, theirs), kwargs=given, daemon=True)
        await asyncio.to_thread(self.process.start)
        theirs.close()
        url = str(await asyncio.to_thread(ours.recv)).replace("0.0.0.0", "127.0.0.1")
        if self.way == "http":
            self.slack.deliver_to(f"{url}slack/events")
        else:
            await self.slack.socket_opened()

    async def kill(self) -> None:
        """End it with -9, in the middle of whatever it does."""
        assert self.process is not None and self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        await asyncio.to_thread(self.process.join)

    async def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        await asyncio.to_thread(self.process.join, 10)

    async def kept(self) -> list[str]:
        """Every word that stands in the books, opened with the key, while nobody serves them."""
        store = await asyncio.to_thread(open_store, self.url, Keyring.from_setting(self.key))
        try:
            return await store.transact(_words)
        finally:
            store.close()


def _words(tx: Tx) -> list[str]:
    from adapters.store.tables import refs

    found = tx._desk.all(refs.select())  # type: ignore[attr-defined]
    return [entry.words for _, ref in found for entry in tx.chronology(ref) if entry.words]
