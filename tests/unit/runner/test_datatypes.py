import pyarrow as pa
import pytest

from ids_build.runner.datatypes import WORDS, arrow_type, describe_type, plain_type


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("string", pa.string()), ("VARCHAR(10)", pa.string()), ("text", pa.string()), ("char(4)", pa.string()),
        ("character varying", pa.string()), ("boolean", pa.bool_()), ("bool", pa.bool_()), ("tinyint", pa.int8()),
        ("smallint", pa.int16()), ("int", pa.int32()), ("integer", pa.int32()), (" Int32 ", pa.int32()),
        ("bigint", pa.int64()), ("uint64", pa.uint64()), ("real", pa.float32()), ("double", pa.float64()),
        ("double precision", pa.float64()), ("numeric", pa.float64()), ("date", pa.date32()), ("date32", pa.date32()),
        ("time", pa.time32("s")), ("timestamp", pa.timestamp("us")), ("datetime", pa.timestamp("us")),
        ("decimal(10,2)", pa.decimal128(10, 2)), ("numeric(5, 0)", pa.decimal128(5, 0)),
        ("DECIMAL(38,10)", pa.decimal128(38, 10)),
    ],
)  # fmt: skip
def test_a_word_stands_for_a_type(word: str, kind: pa.DataType) -> None:
    assert arrow_type(word) == kind


@pytest.mark.parametrize("word", ["", "strng", "decimal", "decimal(x,2)", "list", "int32[]"])
def test_an_unknown_word_stands_for_nothing(word: str) -> None:
    assert arrow_type(word) is None


@pytest.mark.parametrize("word", ["decimal(39,0)", "decimal(0,0)", "decimal(99,2)"])
def test_a_decimal_that_no_engine_holds_is_an_unknown_word(word: str) -> None:
    assert arrow_type(word) is None


def test_every_offered_word_is_known() -> None:
    assert [word for word in WORDS if arrow_type(word) is None] == []


@pytest.mark.parametrize(
    ("stored", "plain"),
    [
        (pa.large_string(), pa.string()), (pa.string_view(), pa.string()), (pa.dictionary(pa.int32(), pa.string()), pa.string()),
        (pa.dictionary(pa.int8(), pa.large_string()), pa.string()), (pa.date64(), pa.date32()), (pa.time64("us"), pa.time32("s")),
        (pa.timestamp("ns"), pa.timestamp("us")), (pa.timestamp("s"), pa.timestamp("us")), (pa.int8(), pa.int8()),
        (pa.decimal128(5, 2), pa.decimal128(5, 2)),
    ],
)  # fmt: skip
def test_ways_of_storing_are_one_type(stored: pa.DataType, plain: pa.DataType) -> None:
    assert plain_type(stored) == plain


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (pa.large_string(), "string"),
        (pa.int64(), "int64"),
        (pa.timestamp("ms"), "timestamp"),
        (pa.list_(pa.int8()), "list<item: int8>"),
    ],
)
def test_a_type_is_described_by_its_word(kind: pa.DataType, word: str) -> None:
    assert describe_type(kind) == word


@pytest.mark.parametrize("word", ["string", "boolean", "int8", "int16", "int32", "int64", "uint64", "float32", "float64", "date"])
def test_a_word_comes_back_from_its_type(word: str) -> None:
    assert describe_type(arrow_type(word)) == word
