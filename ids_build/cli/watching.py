"""What `ids build --watch` does: looks at the project after every save, and tells what became of it."""

import importlib
import json
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from ids_build.cli.main import Stopped, tell_error
from ids_build.cli.options import chosen, make_config, make_voice
from ids_build.cli.running import follow, tell_results, tell_warnings
from ids_build.cli.saves import Saved, Saves
from ids_build.config import Config
from ids_build.errors import IdsBuildError
from ids_build.report import terminal, words
from ids_build.results import RunResults, gather
from ids_build.tasks.watch import Look, Watched, find_places


def watch_command(said: dict[str, Any]) -> None:
    """Build, then test and build after every save what it touched, until the user ends it; exit code 0."""
    if said["explain"]:
        raise click.UsageError("--watch builds, --explain does not\n  hint: leave one of them out")
    watch = _Watch(said, make_config(said))
    try:
        watch.go_on()
    except KeyboardInterrupt:
        watch.tell("stopped", "stopped watching")
        raise Stopped from None


class _Watch:
    """One session of watching."""

    def __init__(self, said: dict[str, Any], config: Config) -> None:
        self._said, self._config, self._voice = said, config, make_voice(said)
        self._watched = Watched(*chosen(said))
        self._warned: set[str] = set()

    def go_on(self) -> None:
        """Take one save after the other; never returns."""
        config = self._config
        with Saves(config.project_dir, find_places(config), config.target_path, poll=self._said["poll"]) as saves:
            if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, saves.interrupt)
            self.tell("watching", f"watching {config.project_dir}; Ctrl-C ends")
            saved: Saved = frozenset()
            while True:
                try:
                    self._take(saved, saves)
                except (IdsBuildError, ExceptionGroup) as error:
                    self._tell_error(error)
                if not saves.arrived():
                    self._watched.rest()
                saved = saves.wait()
                saves.follow(find_places(self._config), saved)

    def tell(self, event: str, text: str, **facts: object) -> None:
        """Tell what happens, in the form of the log."""
        if self._voice.style == "json":
            print(json.dumps({"event": event, **facts}, ensure_ascii=False), file=sys.stderr, flush=True)
        elif not self._voice.quiet:
            print(text, file=sys.stderr, flush=True)

    # -- inside -----------------------------------------------------------------------------------

    def _take(self, saved: Saved, saves: Saves) -> None:
        """Look at the project, ask the unit tests of what was touched, and build when they passed."""
        began = time.perf_counter()
        if saved:
            names = sorted(self._shown(path) for path in saved)
            self.tell("saved", f"\nsaved {words.list_names(names)}", paths=names)
        self._config = make_config(self._said)
        look = self._watched.look(self._config)
        self._warn((*look.checked.graph.warnings, *look.selection.unmatched))
        asked = gather("test", self._watched.ask(look), time.perf_counter() - began, {"touched": look.touched})
        self._answer(look, asked)
        if not asked.ok:
            return
        began = time.perf_counter()
        prepared = self._watched.prepare(look, saves.arrived)
        if not prepared.plan.steps and not look.first:
            return
        tell_warnings((), prepared.notes, self._voice)
        events = follow(prepared, self._voice)
        select, exclude = chosen(self._said)
        args = {"select": list(select), "exclude": list(exclude), "target": self._config.target, "watch": True}
        run = gather("build", events, time.perf_counter() - began, args, prepared.plan.order)
        tell_results(run, self._config, self._voice)

    def _answer(self, look: Look, asked: RunResults) -> None:
        """Tell what the unit tests said, before anything is built."""
        if look.first:
            return
        self.tell("touched", words.describe_touched(look.touched, look.gone), tables=look.touched, gone=look.gone)
        if asked.results and self._voice.output == "json":
            print(json.dumps(importlib.import_module("ids_build.report.artifacts").describe_run(asked)), flush=True)
        elif asked.results and not (self._voice.quiet and asked.ok):
            terminal.print_answers(asked, sys.stdout)

    def _warn(self, warnings: Iterable[str]) -> None:
        """Tell each warning once in a session."""
        new = [warning for warning in warnings if warning not in self._warned]
        self._warned.update(new)
        tell_warnings(new, (), self._voice)

    def _tell_error(self, error: IdsBuildError | ExceptionGroup[Exception]) -> None:
        if self._voice.style != "json":
            tell_error(error, debug=self._said["debug"])
            return
        for fault in error.exceptions if isinstance(error, ExceptionGroup) else [error]:
            terminal.print_warning(str(fault), sys.stderr, style="json", event="error")

    def _shown(self, path: str) -> str:
        place = Path(path)
        top = self._config.project_dir
        return place.relative_to(top).as_posix() if place.is_relative_to(top) else place.name
