"""Differences in words: lines of a table, what changed from what to what, one line that counts; and plain values for JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ids_build.differences import BREAKING, HARMLESS, Change, Differences, ModelDifference, RowDifference

HEADINGS = ("model", "change", "breaking", "rows", "gained", "lost", "changed columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One model of the table: its cells, of which change and breaking have a line for each change."""

    model: str
    changes: tuple[str, ...]
    effects: tuple[str, ...]
    rows: str
    gained: str
    lost: str
    columns: str


def list_lines(differences: Differences) -> Iterator[Line]:
    """Yield a line for each model that differs, itself or in its rows, or that stands on one that does."""
    for model in differences.models:
        if model.differs or model.through:
            yield _describe_line(model)


def describe_change(change: Change) -> str:
    """Return kind and subject of a change."""
    return f"{change.kind}: {change.subject}" if change.subject else change.kind


def describe_end(differences: Differences) -> str:
    """Return the last line: how many models differ, how many changes break something, how many tables have other rows."""
    changed = [model for model in differences.models if model.changes]
    breaking = sum(change.effect == BREAKING for model in changed for change in model.changes)
    compared = [model.rows for model in differences.models if model.rows and model.rows.gained is not None]
    other = sum(rows.differs for rows in compared)
    parts = [f"{len(changed)} of {len(differences.models)} models and seeds changed"]
    parts.append(f"{breaking} breaking {'change' if breaking == 1 else 'changes'}")
    have = "has" if other == 1 else "have"
    parts.append(f"{other} of {len(compared)} compared tables {have} other rows" if compared else "no table was compared")
    return ", ".join(parts)


def describe_differences(differences: Differences) -> Mapping[str, Any]:
    """Return differences as plain values for JSON: names and counts, never a value of a row."""
    return {
        "before": differences.before,
        "after": differences.after,
        "breaking": differences.breaking,
        "differs": differences.differs,
        "models": [_describe_model(model) for model in differences.models],
        "notes": list(differences.notes),
    }


def _describe_line(model: ModelDifference) -> Line:
    changes = tuple(describe_change(change) for change in model.changes)
    effects = tuple({HARMLESS: "no", BREAKING: "yes"}.get(change.effect, change.effect) for change in model.changes)
    if model.through:
        changes, effects = (*changes, f"through {', '.join(model.through)}"), (*effects, "")
    if not changes:
        changes, effects = ("rows alone",), ("",)
    rows = model.rows or RowDifference()
    return Line(
        model=model.name,
        changes=changes,
        effects=effects,
        rows=_describe_rows(rows),
        gained=_number(rows.gained),
        lost=_number(rows.lost),
        columns=", ".join(f"{name} {count:,}" for name, count in rows.columns.items()),
    )


def _describe_rows(rows: RowDifference) -> str:
    if rows.before is None and rows.after is None:
        return ""
    if rows.before == rows.after:
        return _number(rows.after)
    return f"{_number(rows.before) or '-'} to {_number(rows.after) or '-'}"


def _describe_model(model: ModelDifference) -> Mapping[str, Any]:
    rows = model.rows
    return {
        "name": model.name,
        "resource_type": model.resource,
        "status": model.status,
        "breaking": model.breaking,
        "changes": [
            {
                "kind": change.kind,
                "subject": change.subject,
                "before": change.before,
                "after": change.after,
                "effect": change.effect,
                "rule": change.rule,
            }
            for change in model.changes
        ],
        "through": list(model.through),
        "rows": rows
        and {
            "before": rows.before,
            "after": rows.after,
            "key": list(rows.key),
            "gained": rows.gained,
            "lost": rows.lost,
            "altered": rows.altered,
            "columns": dict(rows.columns),
            "identical": rows.identical,
            "notes": list(rows.notes),
        },
    }


def _number(value: int | None) -> str:
    return f"{value:,}" if value is not None else ""
