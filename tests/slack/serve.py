"""The fake Slack as a process of its own: `python -m tests.slack.serve --port 0 --people people.json`.

It prints its address on one line. `POST /control` with `{"do": name, "args": [...], "with": {...}}` calls a method of
the fake and answers with what it returns, or with what it refused; `tests.slack.client` is the other end. It stops when
its standard input closes, so that it never outlives the test that started it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.slack.fake import FakeSlack
from tests.slack.plain import from_plain, to_plain
from tests.slack.reading import NotOnTheScreen


class Control:
    """`/control`: everything public of the fake, by name."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack

    def mount(self, app: web.Application) -> None:
        app.router.add_post("/control", self.serve)

    async def serve(self, request: web.Request) -> web.Response:
        asked = await request.json()
        try:
            found = await self._do(str(asked["do"]), from_plain(asked["args"]), from_plain(asked["with"]))
        except (NotOnTheScreen, LookupError, TypeError, AttributeError) as refusal:
            return web.json_response({"refused": type(refusal).__name__, "why": str(refusal)}, status=422)
        return web.json_response({"found": to_plain(found)})

    async def _do(self, name: str, args: list[Any], given: dict[str, Any]) -> Any:
        """A method, or an attribute, of the fake or of its sockets (`sockets.cut_all`)."""
        thing: Any = self._slack
        for part in name.split("."):
            if part.startswith("_"):
                raise LookupError(name)
            thing = getattr(thing, part)
        found = thing(*args, **given) if callable(thing) else thing
        return await found if asyncio.iscoroutine(found) else found


async def serve(slack: FakeSlack, port: int) -> None:
    """Serve until standard input closes."""
    print(await slack.open(port, Control(slack).mount), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await slack.close()


def main() -> None:
    """Read the command line and serve. The file of `--people` holds `{"people": [...], "channels": [...]}`."""
    parser = argparse.ArgumentParser(prog="python -m tests.slack.serve")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--people", type=Path, help="a JSON file of people and channels")
    parser.add_argument("--keep", type=int, default=0, help="how many calls the ledger remembers (0: all)")
    given = parser.parse_args()
    town = from_plain(json.loads(given.people.read_text(encoding="utf-8"))) if given.people else {}
    slack = FakeSlack(town.get("people", ()), town.get("channels", ()), keep=given.keep)
    asyncio.run(serve(slack, given.port))


if __name__ == "__main__":
    main()
