"""The `handrail` command as a real process: run to its end, or started and stopped like a supervisor does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bot import composition

Ended = subprocess.CompletedProcess[bytes]

USAGE, REFUSED, BAD_DATA, TEMPORARY, IO_ERROR = 2, os.EX_CONFIG, os.EX_DATAERR, os.EX_TEMPFAIL, os.EX_IOERR
EXAMPLE = {"HANDRAIL_TRUST": str(composition.EXAMPLE)}

_WATCHED = """
import os, runpy, sys
def heard(event, args):
    if event in ("socket.bind", "socket.listen"):
        with open(os.environ["HEARD"], "a") as file:
            file.write(event + "\\n")
sys.addaudithook(heard)
sys.argv[0] = "handrail"
runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""


def handrail(
    *words: str, given: bytes = b"", setting: Mapping[str, str] | None = None, at: Path | None = None
) -> Ended:
    """Run a command to its end. `setting` is all that its environment says of Handrail, `at` where it stands."""
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.run(
        command,
        input=given,
        capture_output=True,
        cwd=at or composition.ROOT,
        env=environment(setting),
        timeout=60,
        check=False,
    )


def refusal(ended: Ended, code: int) -> str:
    """The one line that a command ended with. No traceback, and nothing on standard output."""
    said = ended.stderr.decode()
    assert ended.returncode == code, said
    assert ended.stdout == b""
    assert said.startswith("handrail: ")
    assert said.count("\n") == 1
    return said


def environment(setting: Mapping[str, str] | None, root: Path = composition.ROOT) -> dict[str, str]:
    """This process's own, without a setting of Handrail's, and with these."""
    ours = ("HANDRAIL_", "PORT", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"} | dict(setting or {})


def opened_ports(
    *words: str, setting: Mapping[str, str], folder: Path, root: Path = composition.ROOT
) -> tuple[Ended, int]:
    """Run a command that is to end by itself, and count how often it bound a port to listen on."""
    heard = folder / "heard.txt"
    heard.write_text("", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", _WATCHED, *words],
        capture_output=True,
        cwd=folder,
        env=environment({**setting, "HEARD": str(heard)}, root),
        timeout=60,
        check=False,
    )
    return ended, heard.read_text(encoding="utf-8").count("socket.bind")


class Serving:
    """A server that says where it serves."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process, self.url = process, url

    def get(self, path: str) -> Any:
        with urlopen(f"{self.url}{path}", timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if answer.headers.get_content_type() == "application/json" else body.decode()

    def stop(self, with_signal: int = signal.SIGTERM) -> tuple[int, str]:
        """Tell it to stop; how it ended, and all that it wrote since it served."""
        self.process.send_signal(with_signal)
        said, _ = self.process.communicate(timeout=20)
        return self.process.returncode, said


@contextmanager
def serving(*words: str, setting: Mapping[str, str], folder: Path) -> Iterator[Serving]:
    """Start a command that serves, and wait until it says where."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=environment({"PORT": "0", **setting}),
    )
    try:
        yield Serving(process, _address(process))
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    read = []
    for line in process.stdout:
        read.append(line)
        if found := [word for word in line.split() if word.startswith("http://")]:
            return found[0].replace("0.0.0.0", "127.0.0.1").rstrip("/")
    raise AssertionError(f"it never said where it serves: {''.join(read)}")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(2)
        return one.connect_ex(("127.0.0.1", port)) == 0
