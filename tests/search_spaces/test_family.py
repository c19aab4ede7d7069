from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import search_spaces
from search_spaces.document import read_document
from search_spaces.family import Layout, core_model, family_names, load_families, load_space, space_text

ROOT = Path(search_spaces.__file__).parent
SPACE_FILES = sorted(path for path in ROOT.rglob("*.yaml") if path.name not in ("recipe.yaml", "portfolio.yaml"))


def test_listing_families_and_their_spaces_imports_no_keras():
    program = (
        "import sys; from search_spaces.family import load_families;"
        "families = load_families(); assert len(families) > 5;"
        "[family.full_space.defaults() for family in families.values()];"
        "heavy = {'tensorflow', 'keras', 'keras_tuner', 'autokeras', 'numpy', 'sklearn'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT.parent)


@pytest.mark.parametrize("path", SPACE_FILES, ids=lambda path: path.stem)
class TestSpaceFiles:
    def test_it_is_offered_under_its_name(self, path):
        family = load_families([read_document(path).values["family"]]).popitem()[1]
        builder = read_document(path).values.get("builder")
        own = ROOT / f"{builder}.py" if builder else path.with_suffix(".py")
        assert own.exists()
        assert family.module == "search_spaces." + ".".join(own.relative_to(ROOT).with_suffix("").parts)

    def test_it_begins_by_saying_when_it_wins(self, path):
        assert path.read_text(encoding="utf-8").startswith("# ")
        assert len(read_document(path).values["summary"]) <= 120

    def test_every_parameter_says_what_it_does(self, path):
        family = load_families([read_document(path).values["family"]]).popitem()[1]
        assert all(parameter.help.endswith(".") for parameter in family.full_space.parameters)

    def test_a_copy_loads_to_the_same_family(self, path, tmp_path):
        copy = tmp_path / "my.yaml"
        copy.write_bytes(path.read_bytes())
        assert load_space(copy) == load_families([read_document(path).values["family"]]).popitem()[1]


def test_families_come_in_a_fixed_order_whatever_is_asked_first():
    assert list(load_families(["mlp", "constant"])) == ["constant", "mlp"]
    assert tuple(load_families()) == family_names()


def test_an_unknown_family_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="no model family 'residual_mpl'; did you mean 'residual_mlp'"):
        load_families(["residual_mpl"])
    with pytest.raises(ValueError, match="no model family 'x'; known are constant, linear"):
        load_families(["x"])


def test_builder_arguments_are_complete_and_leave_the_training_out():
    family = load_families(["mlp"])["mlp"]
    arguments = family.arguments({"depth": 1, "categories": "one_hot", "learning_rate": 0.1})
    assert set(arguments) == set(family.space.names)
    assert arguments["depth"] == 1
    assert arguments["embedding_width"] == family.space["embedding_width"].default


def test_pins_reach_the_builder_and_the_training():
    family = load_families(["mlp"])["mlp"].with_pins({"depth": "1", "learning_rate": "1e-3"})
    assert family.full_space.defaults()["depth"] == 1
    assert family.recipe["learning_rate"].fixed
    with pytest.raises(ValueError, match="unknown parameter 'dept'"):
        family.with_pins({"dept": 1})


def test_training_defaults_follow_the_table():
    family = load_families(["mlp"])["mlp"]
    small = family.for_table(task="binary", rows=300).full_space
    large = family.for_table(task="regression", rows=300_000).full_space
    assert small.defaults()["batch_size"] < large.defaults()["batch_size"]
    assert "loss" in large.names
    assert "loss" not in small.names
    assert "label_smoothing" not in large.names


class TestUserSpace:
    def write(self, folder: Path, text: str) -> Path:
        path = folder / "my.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def test_only_what_differs_needs_to_be_written(self, tmp_path):
        text = "family: mlp\nparameters:\n  depth: {low: 1, high: 2, default: 1}\nrecipe:\n  optimizer: sgd\n"
        family, shipped = load_space(self.write(tmp_path, text)), load_families(["mlp"])["mlp"]
        assert family.space["depth"].high == 2
        assert family.space["width"] == shipped.space["width"]
        assert family.full_space.defaults()["momentum"] == 0.9
        assert shipped.space["depth"].high > 2

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("parameters: {}", "my.yaml:1: There is no model family None"),
            ("family: mpl", "my.yaml:1: There is no model family 'mpl'; did you mean 'mlp'"),
            ("family: mlp\nparams: {}", "my.yaml:2: unknown key 'params'; known are family, summary"),
            ("family: mlp\nrecipe:\n  depth: 3", "my.yaml:3: parameter 'depth': is not one of optimizer"),
        ],
    )
    def test_mistakes_name_file_and_line(self, tmp_path, text, message):
        with pytest.raises(ValueError, match=message):
            load_space(self.write(tmp_path, text))


def test_layout_names_the_groups_that_have_columns():
    assert Layout(numbers=2, cardinalities=(3, 4)).widths == {"numbers": 2, "codes": 2}


@pytest.mark.keras
def test_a_network_of_no_columns_is_refused():
    with pytest.raises(ValueError, match="layout is empty"):
        core_model(load_families(["mlp"])["mlp"], Layout(), outputs=1, hyperparameters={}, seed=0)


@pytest.mark.parametrize("name", family_names())
def test_a_copied_space_is_the_space(name, tmp_path):
    copy = tmp_path / "my.yaml"
    copy.write_text(space_text(name), encoding="utf-8")
    assert load_space(copy) == load_families([name])[name]
