"""How the tests of the playground ask it over HTTP, without a browser."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import Any

import aiohttp

HOSTILE = "<img src=x onerror=alert(1)> *bold* \u202eevil\u202c \x00 \ud800 <!channel> [x](javascript:1)"


async def ask(http: aiohttp.ClientSession, path: str, body: object, **headers: str) -> tuple[int, Any]:
    sent = json.dumps(body).encode()
    async with http.post(path, data=BytesIO(sent), headers={"Content-Type": "application/json", **headers}) as answer:
        return answer.status, await answer.json()


async def say(http: aiohttp.ClientSession, text: str, key: str = "key-00000001", **more: object) -> tuple[int, Any]:
    return await ask(http, "/playground/say", {"as": "teacher", "key": key, "text": text, **more})


async def state(http: aiohttp.ClientSession) -> Any:
    async with http.get("/playground/state") as answer:
        return await answer.json()


async def frames(answer: aiohttp.ClientResponse, count: int) -> list[tuple[str, str, Any]]:
    """The next `count` events of a stream, as (id, kind, data)."""
    found: list[tuple[str, str, Any]] = []
    lines: dict[str, str] = {}
    while len(found) < count:
        line = (await asyncio.wait_for(answer.content.readline(), 5)).decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            lines[name] = value
        elif "data" in lines:
            found.append((lines["id"], lines["event"], json.loads(lines["data"])))
            lines = {}
    return found
