from __future__ import annotations

import pytest

from search_spaces.grammar import Default, Parameter, Space, join_branches

OPTIMIZER = Parameter("optimizer", "choice", default="adam", values=("adam", "sgd"), also=("lion",))
MOMENTUM = Parameter("momentum", "float", default=0.9, low=0.0, high=0.99, when={"optimizer": ("sgd",)})
NESTEROV = Parameter("nesterov", "bool", default=True, when={"momentum": (0.5, 0.9)})
DEPTH = Parameter("depth", "int", default=3, low=1, high=5)
SPACE = Space((OPTIMIZER, MOMENTUM, NESTEROV, DEPTH))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": "integer", "default": 1}, "type must be one of int, float, choice, bool"),
        ({"type": "int", "default": 9, "low": 1, "high": 5}, "default 9 is not int from 1 to 5"),
        ({"type": "int", "default": 3}, "lacks 'low' or 'high'"),
        ({"type": "int", "default": 3, "low": 1.5, "high": 5}, "'low' must be of type int"),
        ({"type": "int", "default": True, "low": 0, "high": 5}, "default True is not"),
        ({"type": "float", "default": 1.0, "low": 2.0, "high": 1.0}, "low 2 is above high 1"),
        ({"type": "float", "default": 0.1, "low": 0.0, "high": 1.0, "log": True}, "must start above 0"),
        ({"type": "int", "default": 4, "low": 1, "high": 8, "log": True, "step": 1}, "step must be above 1"),
        ({"type": "float", "default": 0.5, "low": 0.0, "high": 1.0, "values": (0.5,)}, "'values' and 'also' are for"),
        ({"type": "choice", "default": "a"}, "lacks 'values'"),
        ({"type": "choice", "default": "c", "values": ("a", "b")}, "default 'c' is not one of a, b"),
        ({"type": "choice", "default": 1, "values": (1, "b")}, "numbers of one type or all words"),
        ({"type": "choice", "default": 1, "values": (1, 1)}, "a value occurs twice"),
        ({"type": "choice", "default": 1, "values": (1, 2), "low": 1}, "'low' is for ranges"),
        ({"type": "bool", "default": "yes"}, "default 'yes' is not true or false"),
        ({"type": "bool", "default": True, "tasks": ("ranking",)}, "task must be one of"),
        (
            {"type": "int", "default": 1, "low": 1, "high": 5, "defaults": (Default(8, up_to_rows=10),)},
            "default 8 is not int from 1 to 5",
        ),
    ],
)
def test_contradictions_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Parameter("x", **fields)


def test_true_is_no_integer_and_one_is_no_truth():
    assert not DEPTH.allows(True)
    assert not NESTEROV.allows(1)
    assert not Parameter("x", "choice", default=0, values=(0, 1)).allows(True)


def test_what_depends_on_a_value_is_active_only_with_it():
    assert SPACE.defaults() == {"optimizer": "adam", "depth": 3}
    assert SPACE.active({"optimizer": "sgd", "depth": 2}) == {
        "optimizer": "sgd", "momentum": 0.9, "nesterov": True, "depth": 2,
    }  # fmt: skip


def test_what_depends_on_something_inactive_is_inactive():
    assert SPACE.active({"optimizer": "adam", "momentum": 0.9, "nesterov": True}) == {"optimizer": "adam", "depth": 3}


def test_values_from_outside_are_checked():
    SPACE.validate({"optimizer": "lion", "depth": 5})
    with pytest.raises(ValueError, match="'depth': 6 is not int from 1 to 5"):
        SPACE.validate({"depth": 6})
    with pytest.raises(ValueError, match="unknown parameter 'width'; known are optimizer"):
        SPACE.validate({"width": 6})
    with pytest.raises(ValueError, match="unknown parameter 'width'"):
        SPACE.active({"width": 6})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ((MOMENTUM, OPTIMIZER), "'momentum': 'when' names 'optimizer', which is not among the parameters above it"),
        ((OPTIMIZER, OPTIMIZER), "'optimizer': occurs twice"),
        (
            (OPTIMIZER, Parameter("x", "bool", default=True, when={"optimizer": ("adan",)})),
            "asks for optimizer = 'adan', which is not one of adam, sgd, lion",
        ),
        ((OPTIMIZER, Parameter("x", "bool", default=True, when={"optimizer": ()})), "gives no value"),
    ],
)
def test_conditions_need_a_parent_above_that_has_the_value(parameters, message):
    with pytest.raises(ValueError, match=message):
        Space(parameters)


class TestPins:
    def test_a_pin_leaves_one_value_and_keeps_the_conditions_alive(self):
        pinned = SPACE.with_pins({"optimizer": "sgd", "momentum": 0.5})
        assert pinned["optimizer"].fixed
        assert pinned.defaults() == {"optimizer": "sgd", "momentum": 0.5, "nesterov": True, "depth": 3}
        assert "momentum" not in SPACE.with_pins({"optimizer": "adam"}).defaults()

    def test_a_number_may_lie_outside_of_what_is_searched_but_not_be_of_another_type(self):
        assert SPACE.with_pins({"depth": 9}).defaults()["depth"] == 9
        with pytest.raises(ValueError, match=r"'depth': 2\.5 is not a value of type int"):
            SPACE.with_pins({"depth": 2.5})
        with pytest.raises(ValueError, match="'momentum': nan is not a value of type float"):
            SPACE.with_pins({"momentum": float("nan")})

    def test_a_word_must_be_one_that_works(self):
        assert SPACE.with_pins({"optimizer": "lion"}).defaults()["optimizer"] == "lion"
        with pytest.raises(ValueError, match="'optimizer': 'adan' is not one of adam, sgd, lion"):
            SPACE.with_pins({"optimizer": "adan"})

    @pytest.mark.parametrize(
        ("parameter", "text", "value"),
        [
            (DEPTH, "4", 4),
            (MOMENTUM, "1e-1", 0.1),
            (MOMENTUM, "0", 0.0),
            (Parameter("flag", "bool", default=False), "true", True),
            (Parameter("batch", "choice", default=32, values=(32, 64)), "64", 64),
            (OPTIMIZER, "sgd", "sgd"),
        ],
    )
    def test_text_is_read_as_the_type_of_the_parameter(self, parameter, text, value):
        read = parameter.pinned(text).default
        assert (read, type(read)) == (value, type(value))

    @pytest.mark.parametrize("text", ["deep", "", "2.5", "true"])
    def test_text_that_is_no_number_is_refused(self, text):
        with pytest.raises(ValueError, match="is not a value of type int"):
            DEPTH.pinned(text)


class TestOtherNumbers:
    BATCH = Parameter("batch", "choice", default=32, values=(32, 64), lowest=0)
    DECAY = Parameter("decay", "float", default=0.1, low=0.01, high=0.5, lowest=0.0)

    def test_a_choice_of_numbers_may_be_pinned_to_any_other_from_the_lowest_on(self):
        assert [self.BATCH.pinned(text).default for text in ("0", "7", "64")] == [0, 7, 64]
        assert self.BATCH.domain() == "one of 32, 64, or any from 0"
        for wrong in ("-1", "2.5", "many"):
            with pytest.raises(ValueError, match="is not one of 32, 64, or any from 0"):
                self.BATCH.pinned(wrong)

    def test_a_range_may_be_pinned_down_to_the_lowest(self):
        assert self.DECAY.pinned("0").default == 0.0
        with pytest.raises(ValueError, match=r"'-0.1' is not a value of type float from 0"):
            self.DECAY.pinned("-0.1")

    def test_what_is_searched_stays_what_it_was(self):
        assert not self.BATCH.allows(7)


class TestScales:
    RATE = Parameter(
        "rate", "float", default=0.002, low=0.001, high=0.01, log=True,
        scales={"optimizer": {"sgd": 10.0, "lion": 0.1}, "momentum": {0.0: 10.0}},
    )  # fmt: skip
    MOMENTUM = Parameter("momentum", "float", default=0.9, low=0.0, high=0.99, when={"optimizer": ("sgd",)})
    SPACE = Space((OPTIMIZER, MOMENTUM, RATE))

    def test_a_default_follows_the_values_of_the_parents(self):
        rates = [self.SPACE.active({"optimizer": name})["rate"] for name in ("adam", "sgd", "lion")]
        assert rates == [0.002, 0.02, 0.0002]
        assert self.SPACE.active({"optimizer": "sgd", "momentum": 0.0})["rate"] == 0.2
        assert self.SPACE.active({"optimizer": "sgd", "rate": 0.5})["rate"] == 0.5

    def test_range_and_default_follow_a_parent_that_is_pinned(self):
        rate = self.SPACE.with_pins({"optimizer": "sgd", "momentum": "0"})["rate"]
        assert (rate.low, rate.default, rate.high, rate.factor) == (0.1, 0.2, 1.0, 100.0)
        assert self.SPACE.with_pins({"optimizer": "sgd"}).active({"momentum": 0.0})["rate"] == 0.2

    def test_a_parent_that_does_not_matter_scales_nothing(self):
        assert self.SPACE.with_pins({"momentum": 0.0}).defaults()["rate"] == 0.002

    def test_a_pin_of_its_own_stays(self):
        assert self.SPACE.with_pins({"optimizer": "sgd", "rate": 0.3}).defaults()["rate"] == 0.3

    def test_a_parent_must_stand_above(self):
        with pytest.raises(ValueError, match="'scales' names 'optimizer', which is not among the parameters above it"):
            Space((self.RATE,))


class TestForTable:
    BATCH = Parameter(
        "batch", "int", default=512, low=1, high=4096,
        defaults=(
            Default(16, task="regression", up_to_rows=100), Default(32, up_to_rows=100), Default(64, up_to_rows=1000),
        ),
    )  # fmt: skip
    LOSS = Parameter("loss", "choice", default="mse", values=("mse", "huber"), tasks=("regression",))
    DELTA = Parameter("delta", "float", default=1.0, low=0.1, high=3.0, when={"loss": ("huber",)})

    @pytest.mark.parametrize(
        ("task", "rows", "expected"),
        [("regression", 100, 16), ("binary", 100, 32), ("regression", 101, 64), ("binary", 1001, 512)],
    )
    def test_the_first_default_that_fits_wins(self, task, rows, expected):
        assert Space((self.BATCH,)).for_table(task=task, rows=rows).defaults() == {"batch": expected}

    def test_what_matters_for_other_tasks_goes_with_all_that_depends_on_it(self):
        space = Space((self.LOSS, self.DELTA, self.BATCH))
        assert space.for_table(task="binary", rows=10).names == ("batch",)
        assert space.for_table(task="regression", rows=10).names == ("loss", "delta", "batch")


def test_spaces_join_unless_they_share_a_name():
    assert Space((DEPTH,)).join(Space((OPTIMIZER,)), Space()).names == ("depth", "optimizer")
    with pytest.raises(ValueError, match="'depth': occurs twice"):
        Space((DEPTH,)).join(Space((DEPTH,)))


def test_branches_keep_their_conditions_and_are_active_one_at_a_time():
    tree = join_branches({"flat": Space((DEPTH,)), "tuned": Space((OPTIMIZER, MOMENTUM))})
    assert tree.defaults() == {"family": "flat", "flat/depth": 3}
    assert tree.active({"family": "tuned", "tuned/optimizer": "sgd"}) == {
        "family": "tuned", "tuned/optimizer": "sgd", "tuned/momentum": 0.9,
    }  # fmt: skip


class TestRareClasses:
    CURE = Parameter(
        "cure", "choice", default="none", values=("none",), also=("weights", "odd"), where_rare=("weights",)
    )

    def test_a_choice_gets_its_values_for_rare_classes_only_there(self):
        plain, rare = (
            Space((self.CURE,)).for_table(task="binary", rows=10, has_rare_class=is_rare)["cure"]
            for is_rare in (False, True)
        )
        assert (plain.values, plain.also) == (("none",), ("weights", "odd"))
        assert (rare.values, rare.also) == (("none", "weights"), ("odd",))
        assert plain.pinned("weights").values == rare.pinned("weights").values == ("weights",)

    def test_a_value_for_rare_classes_must_be_known(self):
        with pytest.raises(ValueError, match="'where_rare' names 'x', which is not one of a"):
            Parameter("cure", "choice", default="a", values=("a",), where_rare=("x",))
