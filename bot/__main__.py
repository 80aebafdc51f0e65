"""The `handrail` command. Each command is a few lines over `bot.composition`; no rule may enter.

Imports stand inside the commands: `handrail contacts` must answer while somebody is waiting to ring.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Coroutine, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import composition, setting_up
from bot.errors import ConfigError, HandrailError, NoSuchCase
from bot.settings import Settings, settings_from
from flows.faults import FlowError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
case_app = typer.Typer(no_args_is_help=True, help="List and show cases; showing one leaves a row in the audit.")
audit_app = typer.Typer(no_args_is_help=True, help="Verify the audit trail.")
for name, sub in {**setting_up.APPS, "case": case_app, "audit": audit_app}.items():
    app.add_typer(sub, name=name)
app.command()(setting_up.doctor)

_THIS_CENTURY = range(2000, 2101)
"""Years whose bank holidays and clock changes are known, or can be worked out."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run a command. What is wrong is said in one line, and the exit code says which kind (78: configuration)."""
    try:
        app()
    except HandrailError as wrong:
        _end(str(wrong), wrong.exit_code)
    except FlowError as wrong:
        _end(str(wrong), os.EX_CONFIG)
    except (KeyboardInterrupt, BrokenPipeError):
        _end("", 130)
    except OSError as wrong:
        _end(f"{wrong.filename or 'input or output'}: {wrong.strerror}", os.EX_IOERR)


def _run(work: Coroutine[Any, Any, None]) -> None:
    import asyncio

    asyncio.run(work)


def _end(message: str, code: int) -> None:
    if message:
        sys.stderr.write(f"handrail: {message}\n")
    sys.exit(code)


def _settings() -> Settings:
    return settings_from(os.environ)


@app.command()
def demo(browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True) -> None:
    """Open the playground: practice on this computer, gone when it ends."""
    _run(composition.demo(_settings(), lambda url: _opened(url, browser=browser)))


def _opened(url: str, *, browser: bool) -> None:
    import webbrowser

    typer.echo(f"The playground is open at {url}  (Ctrl-C ends it; nothing is kept)")
    if browser and sys.stdout.isatty():
        webbrowser.open(url)


@app.command()
def serve() -> None:
    """Serve. The port opens only when the trust's file, the flow, the key and the database are all right."""
    opened = lambda url: typer.echo(f"Handrail serves at {url}")  # noqa: E731
    _run(composition.serve(_settings(), opened))


@app.command()
def chat() -> None:
    """The conversation in a terminal, for practice."""
    _run(composition.chat(_settings()))


@app.command()
def migrate() -> None:
    """Make the database, or bring it to this version's shape."""
    from adapters.store import migrate as bring_up

    bring_up(_settings().database_url, composition.keyring(_settings()))
    typer.echo("The database is ready.")


@app.command()
def contacts(
    academy: Annotated[str, typer.Option(help="An academy of the trust's file.")] = "",
    authority: Annotated[str, typer.Option(help="A council of the trust's file: where the child lives.")] = "",
    at: Annotated[str, typer.Option(help="A time, such as 2026-12-25T23:10 (London). Left out: now.")] = "",
    as_json: AsJson = False,
    poster: Annotated[bool, typer.Option("--poster", help="The page for the staff-room wall, as a PDF.")] = False,
    to: Annotated[Path, typer.Option(help="Where the poster goes; - is standard output.")] = Path("poster.pdf"),
) -> None:
    """Whom to ring now: what is open first, and until when."""
    from bot import contacts as book

    directory = composition.trust_of(_settings(), example=True).current()
    _known(academy, (a.id for a in directory.academies), "--academy")
    _known(authority, (a.id for a in directory.authorities), "--authority")
    moment = _moment(at)
    if poster:
        _write_poster(to, directory, [academy] if academy else [a.id for a in directory.academies], moment)
        return
    found = book.numbers(directory, moment, academy=academy or None, authority=authority or None)
    typer.echo(book.to_json(found) if as_json else "\n".join(book.lines(found)))


def _write_poster(to: Path, directory: Any, academies: list[str], at: datetime) -> None:
    from adapters.export.poster import poster_pdf

    made = poster_pdf(directory, academies, at)
    if str(to) == "-":
        sys.stdout.buffer.write(made)
        return
    to.write_bytes(made)
    typer.echo(f"Written: {to}")


def _known(value: str, ids: Iterable[str], option: str) -> None:
    known = sorted(ids)
    if value and value not in known:
        raise ConfigError(
            "command line", option, "names nothing in the trust's file", f"Write one of {', '.join(known)}"
        )


def _moment(text: str) -> datetime:
    from bot.hours import london

    if not text:
        return datetime.now(UTC)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError("command line", "--at", "is not a time", "Write it as in 2026-12-25T23:10") from None
    if read.year not in _THIS_CENTURY:
        raise ConfigError("command line", "--at", "is too far away", "Write a time from 2000 to 2100")
    return (read if read.tzinfo else read.replace(tzinfo=london())).astimezone(UTC)


@app.command()
def assess(
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of both sides.")] = False,
) -> None:
    """Read facts as a JSON object on standard input; print the proposed assessment as JSON."""
    from bot.assess_cli import assess_json, schema_json

    typer.echo(schema_json() if schema else assess_json(sys.stdin.buffer.read()))


@app.command()
def status(as_json: AsJson = False) -> None:
    """How the books stand."""
    from adapters.store.report import open_reader
    from adapters.store.report import status as stand

    found = stand(open_reader(_settings().database_url, composition.keyring(_settings())), datetime.now(UTC))
    _print(asdict(found), as_json=as_json)


@case_app.command("list")
def case_list(as_json: AsJson = False) -> None:
    """Every case by its reference; nothing that anybody wrote."""
    from adapters.store import report

    found = [asdict(line) for line in report.case_list(_reader())]
    _print(found, as_json=as_json)


@case_app.command("show")
def case_show(ref: str, as_json: AsJson = False) -> None:
    """One case with its chronology, and a row in the audit that says who looked."""
    from adapters.store import report
    from bot.ports import Audited

    row = Audited(datetime.now(UTC), f"command:{_who()}", "opened", ref)
    shown = report.case_show(_reader(), ref, row)
    if shown is None:
        raise NoSuchCase("there is no case of that reference here. Write one from `handrail case list`")
    _print(asdict(shown), as_json=as_json)


def _who() -> str:
    """The account that looks, by its name on this computer, or by its number where it has no name."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@audit_app.command("verify")
def audit_verify(anchor: Annotated[str, typer.Option(help="A head noted earlier, as seq:hash.")] = "") -> None:
    """Walk the chain of the audit trail from its first row. Exit code 1 at the first row that does not hold."""
    from adapters.store import report

    verified = report.audit_verify(_reader(), anchor)
    typer.echo(f"{verified.count} rows hold. Head: {verified.head}")


def _reader() -> Any:
    from adapters.store.report import open_reader

    return open_reader(_settings().database_url, composition.keyring(_settings()))


def _print(found: Any, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, default=_plain, indent=2))
        return
    for line in found if isinstance(found, list) else [found]:
        typer.echo("  ".join(f"{key}={json.dumps(value, default=_plain)}" for key, value in line.items()))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


if __name__ == "__main__":
    main()
