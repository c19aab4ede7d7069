"""The dataset spec: what the table is, what each column means, what is to be predicted.

`automl init` writes it, `automl search` saves the one it used, and both accept it back.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from automl_cli.records import Kind, Task
from automl_cli.spec.search import SearchSettings

FileFormat = Literal["csv", "json", "parquet", "excel", "arrow"]
Dtype = Literal["string", "float32", "int64"]
Direction = Literal["increasing", "decreasing"]


class Strict(BaseModel):
    """A section of the file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadSpec(Strict):
    """How the bytes of the file become cells."""

    format: FileFormat = "csv"
    encoding: str = Field("utf-8", description="Any name that Python knows: utf-8, cp1252, utf-16.")
    delimiter: str = Field(
        ",", pattern=r"^(whitespace|[^\r\n])$", description="One character, or 'whitespace' for runs of blanks."
    )
    quote: str = Field('"', max_length=1, description="Quote character; empty for none.")
    escape: str = Field(
        "", max_length=1, description="Character before a quote inside a cell; empty when quotes are doubled."
    )
    skip_rows: Annotated[int, Field(ge=0)] = Field(0, description="Lines above the header: titles, blank lines.")
    header_rows: Annotated[int, Field(ge=0)] = Field(1, description="0 when the first line is data already.")
    footer_rows: Annotated[int, Field(ge=0)] = Field(0, description="Lines below the data: totals, sources.")
    sheet: str | None = Field(None, description="Worksheet of an Excel file; the first with data by default.")

    @field_validator("encoding")
    @classmethod
    def _known_to_python(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError as error:
            raise ValueError(f"there is no encoding '{value}'; utf-8 and cp1252 are the usual ones") from error
        return value


class NumberFormat(Strict):
    """How a number is written inside text; whatever else stands in the cell (currency, unit, %) is dropped."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    magnitudes: bool = Field(False, description="True when a K, M, B or T behind the digits multiplies them.")


class ColumnSpec(Strict):
    """One column: what it is and how its cells are read.

    A column whose `dtype` is `string` reaches the model as text, missing cells as the empty string; the model
    itself parses numbers and dates. `float32` columns carry missing cells as NaN.
    """

    kind: Kind
    reason: str = Field("", description="Why this kind was chosen; for people.")
    dtype: Dtype = Field("string", description="What the exported model takes for this column.")
    missing: list[str] = Field(default_factory=list, description="Cells that mean 'missing' besides empty ones.")
    number: NumberFormat | None = Field(None, description="For numbers that are written inside text.")
    datetime: str | None = Field(None, description="strptime format of a datetime column.")
    fold_case: bool = Field(False, description="Levels that differ only in case are one level.")
    order: list[str] | None = Field(None, description="Ordered words, lowest first: low, medium, high.")
    monotone: Direction | None = Field(
        None, description="The prediction, or the probability of the second class, may only rise or only fall with it."
    )


class SplitSpec(Strict):
    """Which rows are kept for the test and how validation rows are chosen."""

    test_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    test_file: str | None = Field(None, description="A file of its own with the test rows.")
    group: str | None = Field(None, description="Rows that share this column's value stay on one side.")
    time_column: str | None = Field(None, description="Later rows are the test; validation follows training.")
    folds: Annotated[int, Field(ge=1, le=20)] | None = Field(None, description="1 is a hold-out.")


class DatasetSpec(Strict):
    """A table, its columns, its target; and, if wanted, how to search."""

    data: str = Field(description="Path, glob, folder of parts, or example:NAME; relative to this file.")
    read: ReadSpec = ReadSpec()
    target: str
    task: Task
    task_reason: str = ""
    labels: dict[str, list[str]] | None = Field(
        None, description="Classes and the spellings that mean them; other spellings count as missing."
    )
    columns: dict[str, ColumnSpec]
    split: SplitSpec = SplitSpec()
    search: SearchSettings = SearchSettings()
