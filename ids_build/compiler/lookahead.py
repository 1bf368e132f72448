"""The proof that a model does not look ahead: from its meta to a data test."""

from dataclasses import replace

from ids_build.compiler.data_tests import TestSpec, check_arguments, name_data_test
from ids_build.compiler.declarations import name_list
from ids_build.errors import PropertiesError
from ids_build.nodes import AsOf, DataTest, Model, Seed, Source

KIND = "no_look_ahead"


def make_look_ahead_test(spec: TestSpec, table: Model | Seed | Source, project: str) -> DataTest:
    """Return the test that a model's answer as of a day does not change when nothing after that day is known.

    Raises PropertiesError when the table is no model that says `as_of`, has no grain by which to compare its rows, or when
    an argument cannot be understood.
    """
    check_arguments(spec)
    column = table.meta.get("as_of") if isinstance(table, Model) else None
    if not isinstance(table, Model) or not column:
        hint = "declare 'meta: {as_of: a date column}' at a model"
        raise PropertiesError(f"test '{KIND}' needs the day as of which '{table.name}' answers", at=spec.at, hint=hint)
    if not table.grain:
        hint = "declare 'meta: {grain: [...]}'"
        raise PropertiesError(f"'{table.name}' has 'as_of' but no grain by which to compare its rows", at=spec.at, hint=hint)
    if spec.column or spec.config.get("where"):
        told = "belongs to a table, not to a column" if spec.column else "takes no 'where'"
        hint = "write it under the table" if spec.column else "take it out"
        raise PropertiesError(f"test '{KIND}' {told}", at=spec.at, hint=hint)
    days = spec.arguments.get("days", AsOf(column="").days)
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise PropertiesError(f"'{days}' is no number of days", at=spec.at, hint="write a whole number from 1 up")
    as_of = AsOf(column=str(column), looks_ahead=name_list(table.meta.get("looks_ahead")), days=days)
    return replace(name_data_test(spec, table.relation, project, references=(table.relation,)), as_of=as_of)
