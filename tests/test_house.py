"""How the house is built: who may know whom, what may not happen at import, how long anything may get.

Read from the source itself, so that a shortcut through a wall is seen on the day it is made.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import composition
from tests.sources import ROOMS, functions_of, imports_of, module_of, phrases, python_files, tree_of

ROOTS = frozenset({"bot.__main__", "bot.setting_up", "bot.composition", "bot.examining", "bot.platforms"})
"""The composition root: the only place that sees everything."""

LIBRARIES = {
    "aiohttp": ("adapters.server", "adapters.web", "adapters.slack", "adapters.teams"),
    "botbuilder": ("adapters.teams.sdk",),
    "alembic": ("adapters.store",),
    "cryptography": ("adapters.seal",),
    "fpdf": ("adapters.export",),
    "holidays": ("bot.hours",),
    "jwt": ("adapters.teams",),
    "msal": ("adapters.teams.credentials",),
    "opening_hours": ("bot.hours",),
    "pydantic": ("flows", "bot", "adapters"),
    "pydantic_core": ("flows", "bot", "adapters"),
    "requests": ("adapters.teams.credentials",),
    "rich": ("adapters.console",),
    "slack_bolt": ("adapters.slack",),
    "slack_sdk": ("adapters.slack",),
    "sqlalchemy": ("adapters.store",),
    "structlog": ("bot.bot", "bot.rounds", "adapters.behind", "adapters.slack", "adapters.teams"),
    "transitions": ("flows.machine",),
    "typer": ("bot.__main__", "bot.setting_up"),
    "yarl": ("adapters.teams",),
}
"""Where a library may be imported. One that is not here is imported nowhere."""

_TYPES = "case contacts conversation directory errors facts hours message ports staff trust"
DOORS_MAY_KNOW = frozenset(f"bot.{name}" for name in _TYPES.split())
"""What an adapter may know of the bot: its types, its ports, and the lists of whom to ring. Never a decision."""

MAY_AWAIT = frozenset(
    {"bot.bot", "bot.rounds", "bot.sending", "bot.rescue", "bot.composition", "bot.examining", "bot.platforms"}
)

LONGEST_FILE = 300
LONGEST_FUNCTION, USUAL_FUNCTION, MEDIAN_FUNCTION = 40, 20, 8
"""Lines of a function below its docstring: at most, for nine in ten, in the middle."""


def is_below(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def known_by(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports."""
    ours = {module_of(other) for other in python_files()}
    for name, _ in imports_of(path):
        head = name.rpartition(".")[0]
        yield from {name if name in ours else head} & ours


# --- who knows whom ---


def test_flows_know_neither_the_bot_nor_the_doors() -> None:
    assert [
        path.name for path in python_files("flows") for known in known_by(path) if not is_below(known, ("flows",))
    ] == []


def test_the_bot_knows_no_door_but_in_the_composition_root() -> None:
    rooms = {module_of(path): set(known_by(path)) for path in python_files("bot")}
    assert [
        (room, known)
        for room, knows in rooms.items()
        if room not in ROOTS
        for known in knows
        if is_below(known, ("adapters",))
    ] == []
    assert any(is_below(known, ("adapters",)) for known in rooms["bot.composition"])


def test_nobody_knows_the_composition_root() -> None:
    knowing = [(module_of(path), known) for path in python_files() for known in known_by(path) if known in ROOTS]
    assert {room for room, _ in knowing} <= ROOTS


def test_a_door_knows_the_bot_by_its_types_and_ports_alone() -> None:
    known = {known for path in python_files("adapters") for known in known_by(path) if is_below(known, ("bot",))}
    assert known - {"bot"} <= DOORS_MAY_KNOW


def test_a_door_knows_neither_the_books_nor_the_flow() -> None:
    for path in python_files("adapters"):
        room = module_of(path)
        assert not any(is_below(known, ("flows",)) for known in known_by(path)), room
        if not is_below(room, ("adapters.store",)):
            assert not any(is_below(known, ("adapters.store",)) for known in known_by(path)), room
        else:
            elsewhere = [
                known for known in known_by(path) if not is_below(known, ("adapters.store", "adapters.seal", "bot"))
            ]
            assert set(elsewhere) <= {"adapters"}, room


def test_every_library_is_imported_in_its_own_room_only() -> None:
    wrong = []
    for path in python_files():
        for name, _ in imports_of(path):
            library = name.partition(".")[0]
            if library in sys.stdlib_module_names or library in ROOMS:
                continue
            if not is_below(module_of(path), LIBRARIES.get(library, ())):
                wrong.append((module_of(path), library))
    assert wrong == []


def test_only_the_shell_waits() -> None:
    waiting = {
        module_of(path)
        for path in python_files("flows", "bot")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
    }
    assert waiting == MAY_AWAIT
    defined = {
        module_of(p)
        for p in python_files("flows", "bot")
        for f in functions_of(p)
        if isinstance(f, ast.AsyncFunctionDef)
    }
    assert defined == MAY_AWAIT | {"bot.ports"}


def test_a_wall_that_is_broken_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text("def f():\n    from adapters.seal import new_key\n    import bot.bot\n", encoding="utf-8")
    assert set(known_by(file)) == {"adapters.seal", "bot.bot"}


# --- time ---


def test_no_time_is_naive() -> None:
    wrong = [(module_of(path), call) for path in python_files() for call in _naive(tree_of(path))]
    assert wrong == [("bot.hours", "replace")]
    """One place: the library of opening hours is asked in wall-clock time, and says why (`bot.hours`)."""


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now()",
        "datetime.utcnow()",
        "datetime.today()",
        "date.today()",
        "datetime.fromtimestamp(0)",
        "x.replace(tzinfo=None)",
    ],
)
def test_a_naive_time_would_be_seen(line: str) -> None:
    assert list(_naive(ast.parse(line)))
    assert not list(_naive(ast.parse("datetime.now(UTC); datetime.fromtimestamp(0, UTC); x.replace(tzinfo=UTC)")))


def _naive(tree: ast.Module) -> Iterator[str]:
    for call in (
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ):
        named = call.func.attr  # type: ignore[attr-defined]
        zones = [word.value for word in call.keywords if word.arg in ("tz", "tzinfo")]
        none = any(isinstance(zone, ast.Constant) and zone.value is None for zone in zones)
        of_time = ast.unparse(call.func).split(".")[0] in ("datetime", "date")
        bare = len(call.args) + len(zones) < {"now": 1, "fromtimestamp": 2}.get(named, 0)
        if (named == "replace" and none) or (of_time and (named in ("utcnow", "today", "utcfromtimestamp") or bare)):
            yield named


# --- nothing happens at import ---

_PROBE = """
import importlib, os, sys
folder, *modules = sys.argv[1:]
sys.path.insert(0, folder)
seen = []

def ours():
    frame = sys._getframe(2)
    while frame:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            return ""
        if file.startswith(folder) and "site-packages" not in file:
            return file.removeprefix(folder)
        if not file.endswith(("/os.py", "/pathlib.py", "/_collections_abc.py", "<string>")) and "<frozen" not in file:
            return ""
        frame = frame.f_back
    return ""

def theirs():
    # urllib3 tries when it is imported whether this computer has IPv6. It asks nobody.
    frame = sys._getframe(2)
    while frame:
        if frame.f_code.co_filename.endswith("urllib3/util/connection.py"):
            return True
        frame = frame.f_back
    return False

def hook(event, args):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.mkdir", "os.remove", "os.rename", "sqlite3.")):
        if not theirs():
            seen.append(event)
    if event == "open" and (isinstance(args[1], str) and set(args[1]) & set("wax+") or args[2] and args[2] & 3):
        seen.append(f"writes {args[0]}")
    elif event == "open" and ours():
        seen.append(f"reads {args[0]}")

class Environment(type(os.environ)):
    def __getitem__(self, key):
        if where := ours():
            seen.append(f"environment {key} in {where}")
        return super().__getitem__(key)

os.environ.__class__ = Environment
sys.addaudithook(hook)
for module in modules:
    importlib.import_module(module)
os.environ.__class__ = Environment.__base__
print("\\n".join(seen))
"""


def test_nothing_happens_when_a_module_is_imported() -> None:
    modules = [module_of(path) for path in python_files() if path.name != "env.py"]
    assert len(modules) > 60
    assert _happenings(composition.ROOT, *modules) == []


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("import os; os.environ.get('HANDRAIL_KEY')", "environment HANDRAIL_KEY"),
        ("import os; os.getenv('PORT')", "environment PORT"),
        ("import socket; socket.socket().close()", "socket.__new__"),
        ("from pathlib import Path; Path(__file__).read_text()", "reads "),
        ("open(__file__ + '.kept', 'w').close()", "writes "),
        ("import sqlite3; sqlite3.connect(':memory:').close()", "sqlite3.connect"),
    ],
)
def test_what_a_module_did_at_import_would_be_seen(line: str, seen: str, tmp_path: Path) -> None:
    (tmp_path / "room.py").write_text(line, encoding="utf-8")
    assert any(found.startswith(seen) for found in _happenings(tmp_path, "room"))


def _happenings(folder: Path, *modules: str) -> list[str]:
    command = [sys.executable, "-B", "-c", _PROBE, str(folder), *modules]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=60, check=True)
    return ended.stdout.split("\n")[:-1] if ended.stdout.strip() else []


# --- size and manner ---


@pytest.mark.parametrize("path", python_files(), ids=module_of)
def test_every_file_reads_in_one_sitting_and_says_what_it_is_for(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert (ast.get_docstring(tree_of(path)) or "").strip()


def test_functions_are_small() -> None:
    lines = sorted(_length(function) for path in python_files() for function in functions_of(path))
    assert len(lines) > 500
    assert statistics.median(lines) <= MEDIAN_FUNCTION
    assert lines[len(lines) * 9 // 10] <= USUAL_FUNCTION
    assert lines[-1] <= LONGEST_FUNCTION


def test_a_function_is_measured_below_its_docstring() -> None:
    made = ast.parse(
        textwrap.dedent('''
        def f():
            """One.

            Two."""
            a = 1

            return a
    ''')
    ).body[0]
    assert isinstance(made, ast.FunctionDef)
    assert _length(made) == 3


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


# --- words ---

_BANNED = frozenset({"user", "victim", "ticket", "util", "helper", "manager", "common"})
_UNSAID = re.compile(r"\b(user|victim|ticket|incident manager|sext\w*|porn\w*)\b|why did", re.IGNORECASE)
_LATER = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")
_MACHINE = re.compile(r"(?<![\w.:/-])/(?:home|root|Users|work|mnt|private/var)/\w")
_REGISTRY = re.compile(r"py[p]i\.org|python[h]osted|registry\.[n]pmjs|index-[u]rl\s*=|/simpl[e]/")


def test_no_name_is_one_of_the_words_that_this_field_does_not_use() -> None:
    wrong = [(module_of(path), name) for path in python_files() for name in _names(path) if _parts(name) & _BANNED]
    assert wrong == []


def test_nothing_that_staff_read_uses_those_words() -> None:
    said = [sentence for _, value in _said() for sentence in ((value,) if isinstance(value, str) else value)]
    assert len(said) > 300
    assert [sentence for sentence in said if _UNSAID.search(sentence)] == []


def test_nothing_is_left_for_later() -> None:
    assert [(path, line) for path, line in _tracked_lines() if _LATER.search(line)] == []


def test_no_tracked_file_names_a_place_on_somebodys_machine_or_a_package_registry() -> None:
    assert [
        (path, line.strip()[:120]) for path, line in _tracked_lines() if _MACHINE.search(line) or _REGISTRY.search(line)
    ] == []


@pytest.mark.parametrize(
    "line", ["x = '" + "/".join(("", "home", "dana", "x'")), "see " + "/".join(("", "work", "main"))]
)
def test_a_machine_path_would_be_seen(line: str) -> None:
    assert _MACHINE.search(line)
    assert not _MACHINE.search("https://example.org/home/page and ./home/x")


def _names(path: Path) -> Iterator[str]:
    """Every name that a file defines, its own name among them."""
    yield path.stem
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _parts(name: str) -> set[str]:
    return {part.removesuffix("s") for part in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")}


def _said() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    yield from ((key, said) for key, said in phrases().items() if "source" not in key.split("."))
    flow = tomllib.loads((composition.FLOWS / "disclosure.toml").read_text(encoding="utf-8"))
    for name, step in flow["steps"].items():
        for part in (step, *step.get("options", ())):
            yield from (
                (name, part[key]) for key in ("ask", "help", "short", "label", "say", "unknown_label") if key in part
            )


def _tracked_lines() -> Iterator[tuple[str, str]]:
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    names = subprocess.run(command, capture_output=True, text=True, cwd=composition.ROOT, check=True).stdout
    for name in filter(None, names.split("\0")):
        path = composition.ROOT / name
        if path.is_file() and (text := _text(path)):
            yield from ((name, line) for line in text.splitlines())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
