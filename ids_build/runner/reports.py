"""Compares what a model says of its place in the report with the columns that its query gives."""

import pyarrow as pa

from ids_build.config import nearest
from ids_build.errors import TypeCheckError
from ids_build.nodes import Model
from ids_build.runner.datatypes import describe_type, plain_type


def check_report(model: Model, schema: pa.Schema) -> None:
    """Raise TypeCheckError for a column that is not there or of an unfit type, and for a key that is called a count."""
    if model.report is None:
        return
    for named in model.report.columns:
        if named.name not in schema.names:
            hint = nearest(named.name, schema.names) or f"the columns are {', '.join(schema.names)}"
            raise TypeCheckError(f"'{model.name}' has no column '{named.name}'", at=named.at, hint=hint)
        kind = schema.field(named.name).type
        if named.number and not _is_number(kind):
            raise TypeCheckError(
                f"column '{named.name}' of '{model.name}' is {describe_type(kind)}, no number",
                at=named.at,
                hint=f"'{named.role}' takes a column of numbers",
            )
    for named in model.report.counts:
        if named.name in model.order:
            raise TypeCheckError(
                f"column '{named.name}' of '{model.name}' is a key, no count", at=named.at, hint="take it out of 'counts'"
            )
        if not pa.types.is_integer(schema.field(named.name).type):
            raise TypeCheckError(
                f"column '{named.name}' of '{model.name}' counts persons and is no whole number",
                at=named.at,
                hint="cast it to bigint in the query",
            )
    for field in schema:
        if not _is_plain(field.type):
            raise TypeCheckError(
                f"column '{field.name}' of '{model.name}' is {describe_type(field.type)}, which a report cannot show",
                at=model.report.at,
                hint="select texts, numbers, dates and booleans",
            )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_plain(kind: pa.DataType) -> bool:
    plain = plain_type(kind)
    return bool(_is_number(plain) or pa.types.is_boolean(plain) or pa.types.is_string(plain) or pa.types.is_temporal(plain))
