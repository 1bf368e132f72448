"""The plan: what will run, in order."""

from dataclasses import dataclass

from ids_build.nodes import DataTest, Model, Seed, Source, UnitTest


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One element of the plan: a table to build, or tests to run on what lies ready.

    `node` is built when `builds` is true; `unit_tests` run before it and `data_tests` on its draft,
    before it is published. `waits_for` names the steps (by node id) that must not have failed.
    A step of tests alone has `builds` false; the unit test of a macro is its own node.
    """

    node: Model | Seed | Source | DataTest | UnitTest
    builds: bool
    unit_tests: tuple[UnitTest, ...] = ()
    data_tests: tuple[DataTest, ...] = ()
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in the order they run."""

    steps: tuple[Step, ...]
