from __future__ import annotations

import dataclasses

import pytest

from automl_cli.search.planning import Terms, fitted_to_time, multiplications, seconds_per_epoch
from search_spaces.family import Layout, load_families
from search_spaces.portfolio import Occasion

TERMS = Terms(
    Occasion("regression", rows=20_000, seconds=60.0), Layout(numbers=10, quantiles=10, values=10), folds=3, outputs=1
)


def planned(family: str, terms: Terms = TERMS, **pins: object) -> dict[str, object]:
    known = load_families([family])[family].for_table(task="regression", rows=terms.occasion.rows).with_pins(pins)
    return fitted_to_time(known, known.full_space.defaults(), terms=terms)


def with_seconds(seconds: float) -> Terms:
    return dataclasses.replace(TERMS, occasion=dataclasses.replace(TERMS.occasion, seconds=seconds))


def _little_and_much_time() -> list[Occasion]:
    return [dataclasses.replace(TERMS.occasion, seconds=seconds) for seconds in (60.0, 3600.0)]


def test_more_time_gets_more_epochs_but_never_more_than_the_recipe() -> None:
    epochs = [planned("realmlp", with_seconds(seconds))["epochs"] for seconds in (30.0, 120.0, 600.0, 36_000.0)]
    assert epochs == sorted(epochs)
    assert epochs[0] < epochs[-1] == 128


def test_a_network_of_several_models_gives_up_models_before_epochs() -> None:
    few = dataclasses.replace(TERMS, occasion=dataclasses.replace(TERMS.occasion, rows=4_000, seconds=20.0), folds=8)
    plenty = dataclasses.replace(few, occasion=dataclasses.replace(few.occasion, seconds=3600.0))
    short, long = planned("tabm", few), planned("tabm", plenty)
    assert (short["members"], long["members"]) == (8, 16)
    assert seconds_per_epoch(short, few) < seconds_per_epoch(long, few)


def test_on_a_wide_table_it_then_gives_up_the_length_of_its_vectors() -> None:
    wide = dataclasses.replace(TERMS, layout=Layout(numbers=60, quantiles=60, values=60))
    short, long = (planned("tabm", dataclasses.replace(wide, occasion=o)) for o in _little_and_much_time())
    assert (short["members"], long["members"]) == (8, 8)
    assert (short["embedding_width"], long["embedding_width"]) == (8, 16)
    assert planned("tabm", wide, embedding_width=24)["embedding_width"] == 24


def test_what_is_fixed_stays() -> None:
    pinned = planned("tabm", with_seconds(20.0), members=32, epochs=150)
    assert (pinned["members"], pinned["epochs"]) == (32, 150)


def test_the_plan_depends_on_sizes_alone() -> None:
    assert planned("realmlp") == planned("realmlp")


@pytest.mark.parametrize(("family", "at_least"), [("ft_transformer", 4.0), ("tabm", 2.0)])
def test_large_networks_are_known_to_be_large(family: str, at_least: float) -> None:
    wanted, mlp = (load_families([name])[name].full_space.defaults() for name in (family, "mlp"))
    assert multiplications(wanted, TERMS) > at_least * multiplications(mlp, TERMS)
