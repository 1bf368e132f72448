"""The plan: what will run, in order, and by what each node is known again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ids_build.nodes import DataTest, Model, Seed, Source, UnitTest
from ids_build.relation import Relation

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What decides a node's result, as far as it is known before anything runs.

    `facts` are told by name, `inputs` are the tables whose digests complete them. `volatile` are functions that say
    something else every time: then no facts suffice.
    """

    facts: Facts
    inputs: tuple[Relation, ...] = ()
    volatile: tuple[str, ...] = ()

    def complete(self, found: Facts) -> Facts:
        """Return the facts together with those that were found while running."""
        return {**self.facts, **found}


def make_key(facts: Facts) -> str:
    """Return the digest of complete facts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


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
    """Steps in the order they run, and the fingerprint of every table and of every test in them by its id."""

    steps: tuple[Step, ...]
    fingerprints: Mapping[str, Fingerprint] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, ...]:
        """Return the ids of all nodes and tests in the order of the steps, as each is told: its tests before its table."""
        nodes = ((*step.unit_tests, *step.data_tests, step.node) for step in self.steps)
        return tuple(node.unique_id for several in nodes for node in several)
