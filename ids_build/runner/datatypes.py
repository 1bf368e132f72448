"""The words for data types in YAML, and the Arrow types they stand for."""

import re

import pyarrow as pa

_WORDS: dict[str, pa.DataType] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "date": pa.date32(),
    "time": pa.time32("s"),
    "timestamp": pa.timestamp("us"),
}
_SYNONYMS = {
    "varchar": "string", "text": "string", "char": "string", "character varying": "string", "utf8": "string",
    "bool": "boolean", "tinyint": "int8", "smallint": "int16", "integer": "int32", "int": "int32", "bigint": "int64",
    "real": "float32", "float": "float64", "double": "float64", "double precision": "float64",
    "numeric": "float64", "number": "float64", "date32": "date", "datetime": "timestamp",
}  # fmt: skip
WORDS = frozenset(_WORDS) | frozenset(_SYNONYMS)
_DECIMAL = re.compile(r"(?:decimal|numeric)\((\d+),\s*(\d+)\)")
_SIZED = re.compile(r"\(\d+\)$")


def arrow_type(word: str) -> pa.DataType | None:
    """Return the Arrow type of a YAML word such as ``int32`` or ``varchar(10)``, None for an unknown word."""
    word = word.strip().lower()
    decimal = _DECIMAL.fullmatch(word)
    if decimal:
        precision, scale = int(decimal.group(1)), int(decimal.group(2))
        return pa.decimal128(precision, scale) if 1 <= precision <= 38 and scale <= precision else None
    word = _SIZED.sub("", word)
    return _WORDS.get(_SYNONYMS.get(word, word))


def plain_type(data_type: pa.DataType) -> pa.DataType:
    """Return the type without the ways of storing it: views, large texts and dictionaries are plain texts."""
    if pa.types.is_dictionary(data_type):
        return plain_type(data_type.value_type)
    if pa.types.is_large_string(data_type) or pa.types.is_string_view(data_type):
        return pa.string()
    if pa.types.is_date64(data_type):
        return pa.date32()
    if pa.types.is_time(data_type):
        return pa.time32("s")
    if pa.types.is_timestamp(data_type):
        return pa.timestamp("us")
    return data_type


def describe_type(data_type: pa.DataType) -> str:
    """Return the YAML word of an Arrow type; Arrow's own spelling for types without a word."""
    plain = plain_type(data_type)
    for word, known in _WORDS.items():
        if known == plain:
            return word
    return str(plain)
