"""The one web server: doors are mounted on it as parts. What a request means must never enter this room."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import ip_address

from aiohttp import web

from bot.errors import ConfigError, HandrailError

Part = Callable[[web.Application], None]
Health = Callable[[], Awaitable[Mapping[str, object]]]

LARGEST_BODY = 1024 * 1024
STOP_SECONDS = 5.0


def build_app(parts: Iterable[Part], health: Health) -> web.Application:
    """An application of these parts, with `GET /health` answering what `health` says (503 when it cannot say): all of
    it to this computer, and to all others whether it is well.
    """
    server = logging.getLogger("aiohttp.server")
    if _without_bytes not in server.filters:
        server.addFilter(_without_bytes)
    app = web.Application(client_max_size=LARGEST_BODY)
    for mount in parts:
        mount(app)
    app.router.add_get("/health", _answer_health(health))
    return app


def _without_bytes(record: logging.LogRecord) -> bool:
    """A request that is not HTTP is quoted in its own error: the kind of error is all that is let through."""
    kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "no error"
    record.msg, record.args, record.exc_info, record.exc_text = "request not served: %s", (kind,), None, None
    record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _is_near(request: web.Request) -> bool:
    """Whether this computer asks. To anybody else a deadline would tell that there is a case."""
    try:
        return ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def _answer_health(health: Health) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            found = dict(await health())
        except HandrailError as fault:
            return web.json_response({"fault": type(fault).__name__}, status=503)
        status = found.get("status", "ok")
        told = found if _is_near(request) else {"status": "ok" if status == "ok" else "not ok"}
        return web.json_response(told, status=200 if status == "ok" else 503)

    return answer


async def run(app: web.Application, host: str, port: int, opened: Callable[[str], None] = lambda url: None) -> None:
    """Serve until SIGTERM or SIGINT, then stop gracefully.

    The port opens last, after everything in `app` has started; `opened` is then told the address (port 0 takes any
    free one). Raises ConfigError when the port cannot be had.
    """
    stop = _stop_signal()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        opened(await _open(runner, host, port))
        await stop.wait()
    finally:
        await runner.cleanup()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _open(runner: web.AppRunner, host: str, port: int) -> str:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as refused:
        wrong = f"port {port} on {host} cannot be opened ({refused.strerror})"
        raise ConfigError("environment", "PORT", wrong, "Write a port that is free, such as PORT=3979") from None
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{runner.addresses[0][1]}/"
