import pyarrow as pa
import pytest

from ids_build.errors import PropertiesError
from ids_build.runner.seeds import read_seed, seed_schema
from tests.support import AT, make_seed


def test_a_column_without_a_type_gets_the_narrowest_that_loses_nothing() -> None:
    text = "code,number,share,day,flag,word\n01,1,0.5,2000-01-01,true,x\n02,2,1,2001-01-01,false,y\n"
    assert [field.type for field in seed_schema(make_seed(text=text))] == [
        pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.bool_(), pa.string(),
    ]  # fmt: skip


def test_a_declared_type_wins() -> None:
    table = read_seed(make_seed(text="code,word\n1,red\n", columns={"code": "string"}))
    assert table.to_pylist() == [{"code": "1", "word": "red"}]


def test_a_blank_cell_is_null() -> None:
    assert read_seed(make_seed(text="a,b\n1,\n,x\n")).to_pydict() == {"a": [1, None], "b": [None, "x"]}


def test_identifiers_keep_their_leading_zeros() -> None:
    assert read_seed(make_seed(text="id\n0042\n7\n")).column("id").to_pylist() == ["0042", "7"]


def test_rows_keep_the_order_of_the_file() -> None:
    assert read_seed(make_seed(text="a\n3\n1\n2\n")).column("a").to_pylist() == [3, 1, 2]


def test_quoted_cells_may_hold_commas_and_line_breaks() -> None:
    assert read_seed(make_seed(text='a,b\n"x,y","p\nq"\n')).to_pylist() == [{"a": "x,y", "b": "p\nq"}]


def test_windows_line_ends_are_no_part_of_a_cell() -> None:
    assert read_seed(make_seed(text="a,b\r\n1,x\r\n")).to_pylist() == [{"a": 1, "b": "x"}]


def test_a_header_alone_is_a_table_without_rows() -> None:
    assert read_seed(make_seed(text="a,b\n")).shape == (0, 2)


def test_an_empty_seed_is_refused() -> None:
    with pytest.raises(PropertiesError, match="the seed is empty"):
        read_seed(make_seed(text="\n"))


@pytest.mark.parametrize(
    ("text", "line"),
    [("a,b\n1,2\n1\n", 3), ("a,b\n\n\n1\n", 4), ('a,b\n"two\nlines",2\n1,2,3\n', 4)],
    ids=["plain", "after blank lines", "after a cell of two lines"],
)
def test_a_ragged_row_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(PropertiesError, match="the row has . cells? where the header has 2") as caught:
        read_seed(make_seed(text=text))
    assert str(caught.value.at) == f"seeds/colours.csv:{line}"


def test_a_cell_that_does_not_fit_its_type_is_refused() -> None:
    with pytest.raises(PropertiesError, match="'x' is no int32"):
        read_seed(make_seed(text="a\nx\n", columns={"a": "int32"}))


def test_an_unknown_type_proposes_the_nearest() -> None:
    with pytest.raises(PropertiesError, match="unknown data_type 'strng' of column 'code'") as caught:
        read_seed(make_seed(columns={"code": "strng"}))
    assert (caught.value.hint, caught.value.at) == ("did you mean 'string'?", AT)


def test_a_described_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(PropertiesError, match="has no column 'cod'") as caught:
        read_seed(make_seed(columns={"cod": "string"}))
    assert caught.value.hint == "did you mean 'code'?"


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(PropertiesError, match="'a'"):
        read_seed(make_seed(text="a,a\n1,2\n"))
