"""Words that have an order: low, medium, high; poor to excellent; 18-29, 30-44, over 60."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

# Lowest first; words between bars have one rank. Longer ladders before the shorter ones they contain.
_LADDERS = tuple(
    tuple(tuple(word.strip() for word in rung.split("|")) for rung in ladder.split("<"))
    for ladder in (
        "lowest < extremely low < very low < quite low|rather low < low < low medium|medium low < "
        "medium|mid|moderate|average|normal|med < medium high|high medium < high < very high|vhigh|quite high < "
        "extremely high|critical|severe < highest",
        "worst < very poor|very bad < poor|bad < fair < below average < "
        "average|typical|ok|okay|neutral|regular|acceptable < above average < good < very good < "
        "excellent|great|outstanding < very excellent|perfect|best",
        "fair < good < very good < premium < ideal",
        "bad < good < better < best",
        "tiny|xxs < extra small|xs|very small < small|s < medium|m < large|l|big < extra large|xl|very large < "
        "xxl|huge < xxxl",
        "none|absent < slight|minimal < mild < moderate < severe < very severe|extreme",
        "never < almost never|very rarely < rarely|seldom < occasionally < sometimes < often|frequently < "
        "usually|very often|very frequently|most of the time < almost always < always|a lot",
        "never < once a year < once a month|monthly < once a week|weekly < daily|every day",
        "strongly disagree|completely disagree < disagree < somewhat disagree|slightly disagree|tend to disagree < "
        "neutral|neither agree nor disagree|undecided < somewhat agree|slightly agree|tend to agree < agree < "
        "strongly agree|completely agree",
        "very unfavorably|very unfavorable < somewhat unfavorably|somewhat unfavorable|unfavorable < "
        "neutral|neither favorably nor unfavorably neutral < somewhat favorably|somewhat favorable|favorable < very "
        "favorably|very favorable",
        "very dissatisfied|very unsatisfied < dissatisfied|unsatisfied < neutral < satisfied < very satisfied",
        "very unlikely < unlikely < neutral < likely < very likely",
        "not at all important|not important < slightly important|not so important < somewhat important|important < "
        "very important < extremely important",
        "very cold|freezing < cold < cool < mild|moderate|temperate < warm < hot < very hot",
        "rare < medium rare < medium < medium well < well|well done",
        "beginner|novice < elementary|basic < intermediate < advanced < expert",
        "junior < mid|middle|intermediate < senior < lead|principal",
        "bronze < silver < gold < platinum < diamond",
        "first|1st < second|2nd < third|3rd < fourth|4th < fifth|5th",
        "young|child < teenager < adult|middle aged < senior|elderly|old",
        "less than high school degree < high school degree|high school < some college or associate degree|some "
        "college < bachelor degree|bachelor's degree|college degree < graduate degree|master degree|master's degree "
        "< doctorate",
        "below college < college < bachelor < master < doctor",
        "preschool < 1st 4th < 5th 6th < 7th 8th < 9th < 10th < 11th < 12th < hs grad < some college < assoc voc < "
        "assoc acdm < bachelors < masters < prof school < doctorate",
        "i1 < si2 < si1 < vs2 < vs1 < vvs2 < vvs1 < if",
        "jan < feb < mar < apr < may < jun < jul < aug < sep|sept < oct < nov < dec",
        "january < february < march < april < may < june < july < august < september < october < november < december",
        "mon < tue|tues < wed|weds < thu|thur|thurs < fri < sat < sun",
        "monday < tuesday < wednesday < thursday < friday < saturday < sunday",
    )
)
_RANKS = tuple({word: rank for rank, words in enumerate(ladder) for word in words} for ladder in _LADDERS)

_GRADE = re.compile(r"[A-G][1-9]?[+-]?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_BELOW = re.compile(r"<|≤|\b(?:under|below|less|lt|up to|at most|fewer|younger|before|max)\b")
_ABOVE = re.compile(r">|≥|\+|\b(?:over|above|more|ge|gt|at least|older|up|plus|greater|after|min)\b")
_NOISE = re.compile(r"<=?|>=?|≤|≥|[$€£¥₹+\-–—_/.,()=]|\b(?:to|and|or|than|up|at|most|least|x|rs)\b")
_MOST_LEVELS = 40


def find_order(values: Sequence[str]) -> tuple[str, ...] | None:
    """Puts the levels of a category in order, lowest first, where their words say one.

    One level may stand outside of the order ("unknown", "prefer not to say"); it is left out of what is returned.

    Returns:
        At least three levels (or a bare pair such as low and high), or None.
    """
    if not 2 <= len(values) <= _MOST_LEVELS:
        return None
    return _by_ladder(values) or _by_range(values) or _by_grade(values)


def _by_ladder(values: Sequence[str]) -> tuple[str, ...] | None:
    words = {value: " ".join(re.sub(r"[_\-/().]", " ", value).split()).casefold() for value in values}
    for ranks in _RANKS:
        known = [value for value in values if words[value] in ranks]
        different = len({ranks[words[value]] for value in known}) == len(known)
        if different and _enough(len(known), len(values)):
            return tuple(sorted(known, key=lambda value: ranks[words[value]]))
    return None


def _by_range(values: Sequence[str]) -> tuple[str, ...] | None:
    """Orders intervals: '$0 - $24,999', '18-29', '> 60', '10 or younger', '100<=X<500'."""
    intervals = {value: interval for value in values if (interval := _interval(value)) is not None}
    is_open = [math.isinf(low) or math.isinf(high) or low < high for low, high, _ in intervals.values()]
    units = {unit for _, _, unit in intervals.values()} - {""}
    keys = {(low, high) for low, high, _ in intervals.values()}
    if len(intervals) < 3 or not _enough(len(intervals), len(values)):
        return None
    if len(units) > 1 or len(keys) < len(intervals) or sum(is_open) < 2:
        return None
    return tuple(sorted(intervals, key=lambda value: intervals[value][:2]))


def _interval(value: str) -> tuple[float, float, str] | None:
    """Returns the ends of an interval and the word that stands around it ('years'), or None."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", value.casefold()).replace("_", " ")
    numbers = [float(number) for number in _NUMBER.findall(text)]
    rest = _NUMBER.sub(" ", text)
    unit = " ".join(_NOISE.sub(" ", _ABOVE.sub(" ", _BELOW.sub(" ", rest))).split()).removesuffix("s")
    if len(unit) > 12:
        return None
    if len(numbers) == 2 and numbers[0] < numbers[1]:
        return numbers[0], numbers[1], unit
    if len(numbers) != 1:
        return None
    if _BELOW.search(rest):
        return -math.inf, numbers[0], unit
    if _ABOVE.search(rest):
        return numbers[0], math.inf, unit
    return numbers[0], numbers[0], unit


def _by_grade(values: Sequence[str]) -> tuple[str, ...] | None:
    """Orders school and credit grades that have figures or signs: A1 to G5, A+ to D-."""
    if len(values) < 4 or not all(_GRADE.fullmatch(value) for value in values):
        return None
    if all(len(value) == 1 for value in values):  # plain letters are too often mere names
        return None
    signs = {"+": 0, "": 1, "-": 2}
    return tuple(sorted(values, key=lambda value: (value[0], signs.get(value[1:], 0), value)))


def _enough(known: int, all_levels: int) -> bool:
    """Whether all levels have a place, or all but one of four and more."""
    return known == all_levels or (known == all_levels - 1 and known >= 3)
