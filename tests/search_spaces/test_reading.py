from __future__ import annotations

from pathlib import Path

import pytest

from search_spaces.document import read_document
from search_spaces.grammar import Default, Space
from search_spaces.reading import read_space

WHOLE = """\
# A comment on top.
parameters:
  optimizer: {type: choice, values: [adam, sgd], also: [lion], default: adam}
  rate:
    type: float
    low: 1e-4
    high: 1
    log: true
    default: 1e-3
    defaults:
      - {task: regression, value: 1e-2}
      - {up_to_rows: 500, value: 2.0e-3}
  momentum: {type: float, low: 0, high: 0.99, default: 0.9, when: {optimizer: [sgd]}}
  depth: {type: int, low: 1, high: 5, default: 3, help: Hidden layers.}
"""


def read(folder: Path, text: str, base: Space | None = None) -> Space:
    path = folder / "made.yaml"
    path.write_text(text, encoding="utf-8")
    return read_space(read_document(path), base=base)


def test_a_file_becomes_a_space(tmp_path):
    space = read(tmp_path, WHOLE)
    assert space.names == ("optimizer", "rate", "momentum", "depth")
    assert (space["rate"].low, space["rate"].high, space["rate"].default) == (1e-4, 1.0, 1e-3)
    assert space["rate"].defaults == (Default(1e-2, task="regression"), Default(2e-3, up_to_rows=500))
    assert space["momentum"].when == {"optimizer": ("sgd",)}
    assert space["depth"].help == "Hidden layers."


def test_whole_numbers_of_a_float_are_floats(tmp_path):
    space = read(tmp_path, "parameters: {rate: {type: float, low: 0, high: 2, step: 1, default: 1}}")
    assert {type(getattr(space["rate"], key)) for key in ("low", "high", "step", "default")} == {float}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("parameters:\n  a: {type: int, low: 1, high: 5, default: 9}", 2, "parameter 'a': default 9 is not int from"),
        ("parameters:\n  a:\n    type: int\n    lwo: 1", 2, "parameter 'a': unknown key 'lwo'; known are type"),
        ("parameters:\n  a: {type: int, low: 1, high: 5}", 2, "parameter 'a': lacks 'default'"),
        ("parameters:\n  a: {low: 1, high: 5, default: 2}", 2, "parameter 'a': lacks 'type'"),
        ("parameters:\n  a: 3", 2, "parameter 'a': expected fields such as"),
        ("parameters:\n  a: {type: choice, values: adam, default: adam}", 2, "'values' must be a list, not 'adam'"),
        ("parameters:\n  a: {type: bool, default: true, when: b}", 2, "'when' must map a parent to its values"),
        ("parameters:\n\n  a: {type: bool, default: true, when: {b: [1]}}", 3, "parameter 'a': 'when' names 'b'"),
        ("parameters:\n  a: {type: bool, default: true, when: {b: 1}}", 2, "'when' must be a list"),
        ("parameters:\n  a: {type: bool, default: true, defaults: [false]}", 2, "'defaults' must list cases"),
        ("parameters:\n  a: {type: float, low: x, high: 1, default: 1}", 2, "'low' must be of type float, not 'x'"),
        ("parameters:\n  a: {type: bool, default: true}\n  a: {type: bool, default: true}", 3, "key 'a' occurs twice"),
        ("parameters: [1, 2]", 1, "'parameters' must list parameters by name"),
        ("parameters:\n  a: {type: bool, default: true\n  b: 1", 3, "is not YAML"),
        ("- a\n- b", 1, "expected keys and values"),
        ("", 1, "expected keys and values"),
    ],
)
def test_mistakes_name_the_file_the_line_and_the_parameter(tmp_path, text, line, message):
    with pytest.raises(ValueError, match=f"^made.yaml:{line}: .*{message}"):
        read(tmp_path, text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.yaml: cannot be read"):
        read_document(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"summary: \xe9")
    with pytest.raises(ValueError, match=r"latin\.yaml: cannot be read"):
        read_document(tmp_path / "latin.yaml")


class TestChanges:
    @pytest.fixture
    def base(self, tmp_path: Path) -> Space:
        return read(tmp_path, WHOLE)

    def test_what_is_left_out_stays_as_it_is(self, tmp_path, base):
        changed = read(tmp_path, "parameters: {depth: {high: 9}}", base)
        assert changed["depth"].high == 9
        assert changed["depth"].default == 3
        assert changed.names == base.names
        assert changed["rate"] == base["rate"]

    def test_a_default_of_ones_own_counts_for_every_table(self, tmp_path, base):
        changed = read(tmp_path, "parameters: {rate: {default: 5e-3}}", base)
        assert changed.for_table(task="regression", rows=10).defaults()["rate"] == 5e-3

    def test_a_bare_value_fixes_the_parameter(self, tmp_path, base):
        changed = read(tmp_path, "parameters: {depth: 2, rate: 1e-2}", base)
        assert changed["depth"].fixed
        assert changed.defaults()["rate"] == 0.01

    def test_values_that_are_not_searched_any_more_can_still_be_pinned(self, tmp_path, base):
        changed = read(tmp_path, "parameters: {optimizer: {values: [adam, lion]}}", base)
        assert changed["optimizer"].values == ("adam", "lion")
        assert changed.with_pins({"optimizer": "sgd"}).defaults()["momentum"] == 0.9

    def test_a_range_may_become_a_choice(self, tmp_path, base):
        changed = read(tmp_path, "parameters: {depth: {type: choice, values: [1, 8], default: 8}}", base)
        assert changed["depth"].values == (1, 8)

    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            ("parameters:\n  width: {high: 9}", 2, "'width': is not one of optimizer, rate, momentum, depth"),
            ("parameters:\n  depth: {low: 4}", 2, "'depth': default 3 is not int from 4 to 5"),
            ("parameters:\n  optimizer: {values: [adan], default: adan}", 2, "'adan' is not one of adam, sgd, lion"),
            ("parameters:\n  depth: deep", 2, "'depth': 'deep' is not a value of type int"),
            ("parameters:\n  depth: [1, 2]", 2, "is neither one value nor a set of fields"),
            (
                "parameters:\n  optimizer: {values: [adam, lion], also: []}",
                1,
                "'momentum': 'when' asks for optimizer = 'sgd'",
            ),
        ],
    )
    def test_mistakes_name_the_file_the_line_and_the_parameter(self, tmp_path, base, text, line, message):
        with pytest.raises(ValueError, match=f"^made.yaml:{line}: .*{message}"):
            read(tmp_path, text, base)
