"""The command line: commands found by name, the last `except`, the exit code."""

import importlib
import os
import sys
import traceback
from typing import Any, NoReturn

import click

from ids_build import __version__
from ids_build.errors import IdsBuildError

# Commands are loaded by name, so that --help and --version load no engine.
COMMANDS = {
    "build": "Build seeds and models, run their tests, in graph order.",
    "check": "Check what no single run can show: 'ids check incremental MODEL'.",
    "clean": "Remove the folders of the project's clean-targets.",
    "compile": "Render, parse and type-check every model; no data is read.",
    "debug": "Say what is installed, which settings hold and what is found.",
    "demo": "Simulate raw registers, build the shipped project, show what was made.",
    "diff": "Say how the project and its built tables differ from another state of them.",
    "generations": "List the generations of tables, and which is published.",
    "init": "Write a working copy of the shipped project.",
    "ls": "List models, seeds, sources and tests.",
    "report": "Write the aggregate tables as CSV files and one page of tables and plots.",
    "rollback": "Publish a former generation of tables again.",
    "run": "Build models without their tests.",
    "seed": "Load the seeds.",
    "show": "Show the columns and first rows of a table.",
    "simulate": "Write simulated raw files for the project's sources.",
    "sql": "Ask queries over built tables, sources and files.",
    "test": "Run data tests and unit tests.",
}
_VALUE_OPTIONS = frozenset(
    ("--project-dir", "--profiles-dir", "--target", "-t", "--target-path", "--threads", "--vars", "--log-format", "--output")
)


class Stopped(Exception):
    """The user ended what goes on until it is ended: exit code 0."""


class Commands(click.Group):
    """The group of commands; options may stand before or after the command's name, as with dbt."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loaded when it is asked for."""
        name = "ls" if cmd_name == "list" else cmd_name
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"ids_build.cli.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move options before the command behind it."""
        index = 0
        while index < len(args) and args[index].startswith("-") and args[index] not in ("--help", "--version", "-V", "-h"):
            index += 2 if args[index] in _VALUE_OPTIONS else 1
        moved = args[index : index + 1] + args[:index] + args[index + 1 :] if index < len(args) else args
        return super().parse_args(ctx, _repeat_exclude(moved))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Say which command comes nearest when the name is unknown."""
        name = args[0]
        if name not in (*COMMANDS, "list"):
            near = importlib.import_module("difflib").get_close_matches(name, COMMANDS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "'ids --help' lists the commands"
            ctx.fail(f"unknown command '{name}'\n  hint: {hint}")
        return super().resolve_command(ctx, args)


def _repeat_exclude(args: list[str]) -> list[str]:
    """Give each word that follows --exclude the option of its own: as with dbt, all of them are left out."""
    repeated: list[str] = []
    excluding = False
    for word in args:
        if word.startswith("-"):
            excluding = word == "--exclude"
        elif excluding and repeated[-1] != "--exclude":
            repeated.append("--exclude")
        repeated.append(word)
    return repeated


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="ids")
def group() -> None:
    """Build tables from register files with a project of SQL models."""


def main(args: list[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code: 0 fine, 1 something failed, 2 usage or a bug, 130 interrupted."""
    at_once = False
    debug = "--debug" in (args if args is not None else sys.argv[1:]) or "-d" in (args if args is not None else sys.argv[1:])
    try:
        left = group.main(args=args, standalone_mode=False)  # click hands back the code of its Exit
        code = left if isinstance(left, int) else 0
    except click.ClickException as error:
        error.show()
        code = 2
    except Stopped:
        code, at_once = 0, True
    except (KeyboardInterrupt, click.Abort):
        print("interrupted; nothing half-written was left", file=sys.stderr)
        code, at_once = 130, True
    except BrokenPipeError:
        code = 1
    except (IdsBuildError, ExceptionGroup) as error:
        code = tell_error(error, debug=debug)
    except Exception as error:
        code = _tell_bug(error, debug)
    _leave(code, at_once)


def tell_error(error: IdsBuildError | ExceptionGroup[Exception], *, debug: bool) -> int:
    """Print what is at fault and return the exit code for it."""
    if isinstance(error, ExceptionGroup):
        for inner in error.exceptions:
            print(inner, file=sys.stderr)
    else:
        print(error, file=sys.stderr)
    if debug:
        traceback.print_tb(error.__traceback__, file=sys.stderr)
    return 1


def _tell_bug(error: Exception, debug: bool) -> int:
    """Tell of a fault of our own by its kind and place; its words may hold values, so they stay out."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    print(
        f"internal error: {type(error).__name__} at {place}\n  hint: run again with --debug and report the traceback",
        file=sys.stderr,
    )
    if debug:
        traceback.print_tb(error.__traceback__, file=sys.stderr)
    return 2


def _leave(code: int, at_once: bool) -> NoReturn:
    """Leave, at once where the engine's threads may be busy with work that nobody waits for any more."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    if at_once:
        os._exit(code)
    sys.exit(code)
