"""The command `ids sql`."""

import importlib
import json
import re
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import click

from ids_build.cli.options import cohort_options, make_config, make_voice, project_options
from ids_build.tasks.load import load_task

FORMS = ["table", "csv", "json", "parquet"]
ROWS_ON_A_TERMINAL = 100
_NAME = re.compile(r"[^\W\d][\w.]*")


@click.command("sql")
@click.option("-q", "--query", help="The query; {{ ref('x') }} and macros work in it.")
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the query, instead of -q.",
)
@click.option(
    "-r", "--registries", multiple=True, help="Files to read too: name:path,name:path; a path is a folder or a parquet file."
)
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write all rows to a .parquet or .csv file.")
@click.option("--output", type=click.Choice(FORMS), help="Form of the rows on stdout (default: table on a terminal, else csv).")
@click.option("--limit", type=click.IntRange(min=0), help="Most rows to give (a table shows 100 unless told).")
@cohort_options
@project_options
def command(**said: Any) -> None:
    """Ask one query over built tables, sources and files; without a query, ask many at a prompt.

    Tables are known as layer.name, or by their bare name. Nothing but a SELECT is taken. Columns that may carry an
    identifier are printed as (hidden) unless the profile says `show_values: true`; a file (-o) holds all columns.
    """
    text, path = _find_query(said)
    if said["out"] and said["out"].suffix.lower() not in (".parquet", ".csv"):
        raise click.UsageError(f"'{said['out']}' is neither .parquet nor .csv\n  hint: name the file like out.parquet")
    registries = parse_registries(said["registries"])
    config = make_config(said)
    session = load_task("sql").open_session(config, registries)
    if text is not None:
        _answer(session, text, path, said, config)
        return
    if said["out"]:
        raise click.UsageError("a file needs a query\n  hint: give one with -q or --file")
    prompt = importlib.import_module("ids_build.cli.prompt")
    history = config.target_path / "sql_history"
    prompt.ask_queries(lambda typed: _answer(session, typed, "query", said, config), session.words, history)


# -q is the query here; the same option would be --quiet.
next(option for option in command.params if option.name == "quiet").opts.remove("-q")


def parse_registries(items: tuple[str, ...]) -> list[tuple[str, Path]]:
    """Return name and path of each ``name:path`` item; several stand in one text with commas between them.

    An item is split at its first colon, so that a path may begin with a drive letter. UsageError for any other form.
    """
    found: list[tuple[str, Path]] = []
    for item in (part.strip() for text in items for part in text.split(",")):
        name, colon, path = (part.strip() for part in item.partition(":"))
        if not colon or not path or not _NAME.fullmatch(name):
            raise click.UsageError(
                f"'{item}' is no name:path\n  hint: write for instance -r orders:data/orders,people:D:\\data\\people"
            )
        found.append((name, Path(path).expanduser()))
    return found


def _find_query(said: dict[str, Any]) -> tuple[str | None, str]:
    """Return the query and what errors call its place; None when queries are to be asked for at a prompt."""
    if said["query"] is not None and said["file"]:
        raise click.UsageError("both -q and --file are given\n  hint: leave one of them out")
    if said["query"] is not None:
        return said["query"], "query"
    if said["file"]:
        return _read(said["file"]), said["file"].as_posix()
    if sys.stdin.isatty():
        return None, "query"
    text = sys.stdin.read()
    if not text.strip():
        raise click.UsageError("there is no query\n  hint: give one with -q or --file, or start 'ids sql' on a terminal")
    return text, "query"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise click.UsageError(f"cannot read '{path}'\n  hint: save it as UTF-8 text that you may read") from None


def _answer(session: Any, text: str, path: str, said: dict[str, Any], config: Any) -> None:
    """Run one query and write its rows where they were asked for."""
    form = said["output"] or ("table" if sys.stdout.isatty() else "csv")
    shows = form == "table" and not said["out"] and said["limit"] is None
    answer = session.ask(text, limit=ROWS_ON_A_TERMINAL + 1 if shows else said["limit"], path=path)
    quiet = make_voice(said).quiet
    for note in () if quiet else answer.notes:
        click.echo(f"note: {note}", err=True)
    if said["out"]:
        answer.write(said["out"].absolute())
        if not quiet:
            click.echo(f"written: {said['out']}", err=True)
        return
    _print(answer.showing_all() if config.show_values else answer, form, cut=shows, quiet=quiet)


def _print(answer: Any, form: str, *, cut: bool, quiet: bool) -> None:
    if form == "csv":
        for text in answer.csv():
            click.echo(text.decode("utf-8"), nl=False)
    elif form == "json":
        answer.check_names()
        names = [name for name, _ in answer.columns]
        lines = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str) for row in answer.rows())
        click.echo("[", nl=False)
        for number, line in enumerate(lines):
            click.echo(f"{',' if number else ''}\n  {line}", nl=False)
        click.echo("\n]")
    elif form == "parquet":
        answer.parquet(sys.stdout.buffer)
    else:
        rows = answer.rows()
        shown = list(islice(rows, ROWS_ON_A_TERMINAL) if cut else rows)
        importlib.import_module("ids_build.report.terminal").print_rows([name for name, _ in answer.columns], shown, sys.stdout)
        if not quiet:
            more = "; more with --limit, all with -o" if cut and next(rows, None) is not None else ""
            click.echo(f"{len(shown):,} {'row' if len(shown) == 1 else 'rows'}{more}", err=True)
