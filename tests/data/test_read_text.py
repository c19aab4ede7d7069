"""Text files as people have them: each test makes one and says what a person would read in it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from automl_cli.data.read import ReadResult, read_table
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import ReadSpec


def read(folder: Path, content: str | bytes, name: str = "data.csv") -> ReadResult:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(str(path))


def rows_of(result: ReadResult) -> list[tuple[str, ...]]:
    return list(zip(*result.table.columns.values(), strict=True))


def lines(template: str, count: int = 12) -> str:
    """Repeats a line; `{i}` counts, `{w}` is one of two words."""
    return "".join(template.format(i=i, w=("red", "blue")[i % 2]) + "\n" for i in range(count))


@pytest.mark.parametrize(
    ("delimiter", "written"), [(",", ","), (";", ";"), ("\t", "\t"), ("|", " | "), ("whitespace", "   ")]
)
def test_any_delimiter(tmp_path: Path, delimiter: str, written: str) -> None:
    result = read(
        tmp_path, lines("{i}.5,{w},{i}").replace(",", written).join(["size,colour,n\n".replace(",", written), ""])
    )

    assert result.read.delimiter == delimiter
    assert result.table.names == ("size", "colour", "n")
    assert rows_of(result)[1] == ("1.5", "blue", "1")


def test_decimal_commas_do_not_make_columns(tmp_path: Path) -> None:
    result = read(tmp_path, lines("{i},5;{i}2,25;{i},75"))

    assert result.read.delimiter == ";"
    assert rows_of(result)[3] == ("3,5", "32,25", "3,75")


def test_a_sign_in_one_column_does_not_make_columns(tmp_path: Path) -> None:
    assert read(tmp_path, "n,kind,code\n" + lines('{i},"type1|{w}",9', 100)).table.names == ("n", "kind", "code")


def test_commas_in_sentences_do_not_make_columns(tmp_path: Path) -> None:
    result = read(tmp_path, "review\n" + "Good, I liked it\nBad\nSo so, not fine, no\nok\n" * 5)

    assert result.table.names == ("review",)
    assert rows_of(result)[0] == ("Good, I liked it",)


def test_first_line_of_excel_names_the_delimiter(tmp_path: Path) -> None:
    result = read(tmp_path, "sep=;\na;b\n1,5;2\n3,5;4\n")

    assert rows_of(result) == [("1,5", "2"), ("3,5", "4")]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end(tmp_path: Path, line_end: str) -> None:
    result = read(tmp_path, "a,b\n1,x\n2,y\n".replace("\n", line_end))

    assert rows_of(result) == [("1", "x"), ("2", "y")]


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, expected: str) -> None:
    # The byte that is not ASCII is far behind the first lines.
    result = read(tmp_path, ("città,n\n" + lines("{w},{i}", 10_000) + "Zürich,1\n").encode(encoding))

    assert result.read.encoding == expected
    assert result.table.names == ("città", "n")
    assert rows_of(result)[-1] == ("Zürich", "1")


def test_latin_1_takes_bytes_that_nothing_else_takes(tmp_path: Path) -> None:
    result = read(tmp_path, b"name,n\nPen\xe9lope \x81,1\nAna,2\n")

    assert result.read.encoding == "latin-1"
    assert any("latin-1" in note for note in result.notes)


def test_a_few_broken_bytes_do_not_change_the_encoding(tmp_path: Path) -> None:
    result = read(tmp_path, b"a,b\n" + "é,ü\n".encode() * 100 + b"\xff,x\n")

    assert rows_of(result)[0] == ("é", "ü")
    assert "Replaced 1 character that cannot be decoded as UTF-8." in result.notes


def test_cyrillic_is_told_from_western(tmp_path: Path) -> None:
    text = "город,n\n" + "Москва,1\nСанкт-Петербург,2\nНовосибирск,3\n" * 20
    assert rows_of(read(tmp_path, text.encode("cp1251")))[0] == ("Москва", "1")


def test_titles_blank_lines_and_footers_are_no_data(tmp_path: Path) -> None:
    content = "Monthly report,,,\nGenerated: today,,,\n,,,\nday,shop,n,sum\n" + lines("2024-01-02,{w},{i},5")
    result = read(tmp_path, content + ",,,\nTotal,,,60\nSource: till,,,\n")

    assert result.table.names == ("day", "shop", "n", "sum")
    assert result.table.rows == 12
    assert (result.read.skip_rows, result.read.footer_rows) == (3, 3)
    assert result.notes == (
        "Skipped 3 lines above the data: 'Monthly report' and 'Generated: today'.",
        "Dropped 3 lines below the data.",
    )


def test_the_spec_of_a_report_reads_the_report_of_next_month(tmp_path: Path) -> None:
    head, foot = "Report\n\nday,shop,n\n", "\nTotal,,60\n"
    january = read(tmp_path, head + lines("2024-01-02,{w},{i}") + foot, "january.csv")
    (tmp_path / "february.csv").write_text(head + lines("2024-02-02,{w},{i}", 3) + foot)

    february = read_table(str(tmp_path / "february.csv"), january.read)

    assert february.table.names == january.table.names
    assert rows_of(february)[-1] == ("2024-02-02", "red", "2")


def test_a_level_called_total_is_no_footer(tmp_path: Path) -> None:
    assert read(tmp_path, "kind,n\n" + "Total,1\npart,2\n" * 8 + "Total,3\n").table.rows == 17


def test_sparse_last_rows_are_data(tmp_path: Path) -> None:
    assert read(tmp_path, "id,a,b,c,d\n" + lines("{i},1,2,3,4") + "13,,,,\n").table.rows == 13


def test_second_header_line_is_no_row(tmp_path: Path) -> None:
    content = "id,Do you eat steak?,Films you saw,,Age\n,Response,Alien,Brazil,Response\n"
    result = read(tmp_path, content + lines("{i},{w},Alien,,18-29") + lines("{i},{w},,Brazil,30-44"))

    assert result.table.names == ("id", "Do you eat steak?", "Films you saw / Alien", "Films you saw / Brazil", "Age")
    assert result.table.rows == 24
    assert "Response" not in set(result.table["Age"])


def test_units_below_the_header_are_no_row(tmp_path: Path) -> None:
    result = read(tmp_path, "time,speed,mass\ns,m/s,kg\n" + lines("{i},{i}.5,7"))

    assert result.table.names == ("time", "speed", "mass")
    assert result.read.header_rows == 2


def test_an_odd_first_row_stays_data(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b,c\nNA,red,?\n" + lines("{i},{w},{i}")).table.rows == 13


@pytest.mark.parametrize(
    "content",
    [
        lines("{i}, Private, {w}, <=50K."),
        lines("{i} ? {w} 0020{i}"),
        "x,y,p\nx,z,e\nb,y,p\nb,z,e\n" * 5,
    ],
)
def test_no_header(tmp_path: Path, content: str) -> None:
    result = read(tmp_path, content)

    assert result.read.header_rows == 0
    assert result.table.names[:2] == ("column_0", "column_1")
    assert result.table.rows == content.count("\n")
    assert any("no header" in note for note in result.notes)


def test_years_and_counted_columns_are_names(tmp_path: Path) -> None:
    assert read(tmp_path, "country,1990,1991,1992\n" + lines("{w},{i},2,3")).table.names[1:] == ("1990", "1991", "1992")
    assert read(tmp_path, "0,1,2,3,4\n" + lines("0.{i},1.5,2.5,{i},3")).table.names == ("0", "1", "2", "3", "4")


def test_numbers_above_row_names_are_names(tmp_path: Path) -> None:
    result = read(tmp_path, '"","16.5","16.75","18"\n' + lines('"{i}",{i},0,1'))

    assert result.table.names == ("unnamed_1", "16.5", "16.75", "18")


def test_prose_above_the_header_is_longer_than_a_row(tmp_path: Path) -> None:
    prose = "/* quarterly, seasonally adjusted, West German\nsource: Deutsche Bundesbank\n*/\n"
    result = read(tmp_path, prose + "invest income cons\n" + lines("18{i} 4{i} 41{i}"))

    assert result.table.names == ("invest", "income", "cons")
    assert result.table.rows == 12


def test_names_are_trimmed_numbered_and_filled_in(tmp_path: Path) -> None:
    result = read(tmp_path, "Region, Rate ,Region,Classes  ,\n" + lines("{w},{i},{w},1,{w}"))

    assert result.table.names == ("Region", "Rate", "Region (2)", "Classes", "unnamed_5")
    assert "1 column without a name: 'unnamed_5'." in result.notes
    assert "1 column with the name of an earlier one: 'Region (2)'." in result.notes


def test_row_names_of_r_are_a_column(tmp_path: Path) -> None:
    result = read(tmp_path, '"mpg" "cyl"\n' + lines('"car {i}" {i}.5 4'))

    assert result.table.names == ("unnamed_1", "mpg", "cyl")
    assert rows_of(result)[0] == ("car 0", "0.5", "4")


@pytest.mark.parametrize("header", ["a,b,c", "a,b,c,"])
def test_a_delimiter_at_the_end_of_lines_makes_no_column(tmp_path: Path, header: str) -> None:
    assert read(tmp_path, f"{header}\n" + lines("{i},{w},{i},")).table.names == ("a", "b", "c")


def test_ragged_and_blank_rows(tmp_path: Path) -> None:
    result = read(tmp_path, "a,b\n1,2\n3,4,5,6\n\n , \n7\n8,9\n")

    assert rows_of(result) == [("1", "2"), ("3", "4"), ("7", ""), ("8", "9")]
    assert result.notes == (
        "Dropped 1 blank row.",
        "1 row had too few cells; the rest of the row is missing.",
        "1 row had more cells than there are columns (row 2); the extra cells were dropped.",
    )


def test_files_put_together_repeat_the_header(tmp_path: Path) -> None:
    part = "a,b\n" + lines("{i},{w}")
    result = read(tmp_path, part + part)

    assert result.table.rows == 24
    assert "Dropped 1 repetition of the header." in result.notes


def test_cells_of_several_lines(tmp_path: Path) -> None:
    result = read(tmp_path, 'text,label\n"first, line\nsecond ""line""",yes\n"a, b",no\n')

    assert rows_of(result) == [('first, line\nsecond "line"', "yes"), ("a, b", "no")]


def test_blanks_around_cells_and_before_quotes(tmp_path: Path) -> None:
    result = read(tmp_path, 'name , n\nAda ,  1\n "Lovelace, A." , 2\n')

    assert rows_of(result) == [("Ada", "1"), ("Lovelace, A.", "2")]


def test_single_quotes_and_escaped_quotes(tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, "a,b\n" + lines("'x, {i}','it''s'")))[0] == ("x, 0", "it's")
    assert read(tmp_path, "'a','b'\n" + lines("{i},{w}")).table.names == ("a", "b")
    assert rows_of(read(tmp_path, "a,b\n" + lines('"say \\"hi, {i}\\" now",2')))[0] == ('say "hi, 0" now', "2")


def test_a_stray_quote_swallows_no_rows(tmp_path: Path) -> None:
    content = lines('{i},{w},"x, {i}",7', 1500).splitlines()
    content[700] = '700,"red,x,7'
    content[1450] = '1450,"red,x,7'
    content[30] = '30,red,"of\nseveral, honest, lines, here\nand, these, are, some",7'
    result = read(tmp_path, "a,b,c,d\n" + "\n".join(content))

    assert result.table["a"].tolist() == [str(i) for i in range(1500)]
    assert result.table["b"][700] == "red"
    assert result.table["c"][30].count("\n") == 2
    assert "2 lines opened a quote without closing it; the quote was dropped." in result.notes


def test_quotes_of_speech_in_a_file_without_quoting(tmp_path: Path) -> None:
    result = read(tmp_path, lines('{w}\t"quoted at the start, never closed {i}', 30))

    assert result.table.rows == 30


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "data.csv is empty."),
        ("\n  \n\n", "data.csv is empty."),
        ("\ufeff", "data.csv is empty."),
        ("a,b,c,target\n", "data.csv has a header (4 columns) but no rows below it."),
    ],
)
def test_nothing_to_read(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ReadError) as raised:
        read(tmp_path, content)
    assert raised.value.message == message
    assert raised.value.hint


def test_every_cell_is_a_trimmed_string(tmp_path: Path) -> None:
    table = read(tmp_path, "n,zip,empty\n 1.50 ,00123, \n2,00456,\n").table

    assert {name: column.tolist() for name, column in table.columns.items()} == {
        "n": ["1.50", "2"],
        "zip": ["00123", "00456"],
        "empty": ["", ""],
    }
    assert all(column.dtype == object for column in table.columns.values())


def test_a_hundred_thousand_rows_take_seconds_at_most(tmp_path: Path) -> None:
    content = "a,b,c,d,e,f\n" + lines("{i}.125,{i},{w},{w},0,text number {i}", 100_000)
    start = time.process_time()
    result = read(tmp_path, content)

    assert result.table.rows == 100_000
    # A fifth of this on an idle machine.
    assert time.process_time() - start < 3


@pytest.mark.parametrize("wrong", [{"encoding": "utf-9"}, {"delimiter": "tab"}, {"delimiter": "\n"}, {"quote": "''"}])
def test_a_spec_that_cannot_be_followed_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ReadSpec.model_validate(wrong)


def test_a_declared_encoding_holds_unless_the_bytes_prove_it_wrong(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    expected = ReadSpec(encoding="cp1250")
    path.write_bytes("city,n\nŁódź,1\nKraków,2\n".encode("cp1250"))
    assert read_table(str(path), expected).table["city"][0] == "Łódź"

    path.write_text("city,n\nŁódź,1\nKraków,2\n", encoding="utf-8")
    again = read_table(str(path), expected)
    assert again.table["city"][0] == "Łódź"
    assert again.notes == ("The file is UTF-8, not cp1250 as expected.",)
