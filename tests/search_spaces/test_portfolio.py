from __future__ import annotations

import pytest

from search_spaces.family import load_families
from search_spaces.portfolio import Entry, Occasion, all_entries, portfolio_for

SIZES = (50, 1_500, 8_000, 60_000, 2_000_000)


@pytest.mark.parametrize("entry", all_entries().values(), ids=list(all_entries()))
def test_every_entry_is_a_configuration_of_its_family(entry: Entry) -> None:
    space = load_families([entry.family])[entry.family].full_space
    space.validate(entry.values)
    assert set(entry.values) <= set(space.active(entry.values)), "a value that does not matter"


def test_no_two_entries_are_one() -> None:
    seen = [(entry.family, dict(entry.values)) for entry in all_entries().values()]
    assert all(one not in seen[:place] for place, one in enumerate(seen))


@pytest.mark.parametrize("rows", SIZES)
def test_trees_and_networks_are_tried_early(rows: int) -> None:
    first = [entry.family for entry in portfolio_for(Occasion("binary", rows, seconds=60.0))[:5]]
    assert "boosted_trees" in first
    assert {"tabm", "realmlp"} & set(first)


def test_what_takes_hours_or_many_rows_is_left_to_those_who_have_them() -> None:
    minute, hours = (
        [entry.family for entry in portfolio_for(Occasion("binary", 50_000, seconds=seconds))]
        for seconds in (60.0, 7_200.0)
    )
    assert "ft_transformer" not in minute
    assert "ft_transformer" in hours
    few, many = (
        [entry.family for entry in portfolio_for(Occasion("binary", rows, seconds=60.0))] for rows in (2_000, 50_000)
    )
    assert "modern_nca" in few
    assert "modern_nca" not in many


def test_wide_and_deep_waits_for_many_levels() -> None:
    families = {
        levels: {entry.family for entry in portfolio_for(Occasion("binary", 5_000, seconds=60.0, levels=levels))}
        for levels in (10, 5_000)
    }
    assert families[5_000] - families[10] == {"wide_and_deep"}


@pytest.mark.parametrize("rows", SIZES)
def test_a_rare_class_brings_cures_and_changes_nothing_else(rows: int) -> None:
    plain, rare = (
        [entry.name for entry in portfolio_for(Occasion("binary", rows, seconds=60.0, has_rare_class=is_rare))]
        for is_rare in (False, True)
    )
    added = [name for name in rare if name not in plain]
    assert len(added) == 4
    assert [name for name in rare if name not in added] == plain
    assert rare[:4] == plain[:4]  # the best come first all the same
