"""What the name of a column gives away. A name alone decides nothing; it tips the scales where cells leave doubt."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_IDENTIFIERS = frozenset("id ids uuid guid rowid rownames rownum identifier sno".split())
_ROW_NUMBERS = frozenset({"index", "idx", "key", "row", "row index", "row number", "record number", "serial number"})
_CODES = frozenset("code codes zip zipcode postal postcode postalcode pincode pin fips id plz iso msa".split())
_GROUPS = frozenset(
    "type class subclass pclass category cat group cluster kind gender sex race ethnicity region district origin "
    "channel sector segment occupation job religion nationality country state city county department dept division "
    "brand make store shop vendor status flag label species".split()
)
_CLASSES = frozenset(
    "class classes label labels type category species target diagnosis outcome group cluster digit".split()
)
_QUANTITIES = frozenset(
    "count number num nb n total sum mean avg average median rate ratio quality rating score grade rank stars level "
    "points price amount cost sales income age year years months days hours minutes duration time size length height "
    "width weight area distance value rings quantity percent pct temperature speed share cnt volume demand".split()
)
_COUNTING = frozenset("count number num nb total sum mean avg average ratio pct percent cnt".split())
_CALENDAR = frozenset("year month week day hour minute date time period age yr mnth hr quarter season weekday".split())
_TARGETS = frozenset("target label class y".split())
_OUTCOMES = frozenset(
    "outcome response output survived churn churned price profit default fraud diagnosis species quality rating "
    "attrition spam cnt strength charges purchased clicked approved sentiment grade".split()
)
_UNNAMED = re.compile(r"(?:column|col|unnamed|field|var|v)?[ _:.]*\d*", re.IGNORECASE)


def words_of(name: str) -> list[str]:
    """Returns the words of a name in lower case: `PassengerId`, `passenger_id` and `Passenger ID` are the same two."""
    return [word.lower() for word in _WORD.findall(name)]


def names_identifier(name: str) -> bool:
    """Whether the name ends as the names of identifiers do: `customerID`, `row index`, `uuid`."""
    words = words_of(name)
    return bool(words) and (words[-1] in _IDENTIFIERS or words[0] in _IDENTIFIERS or " ".join(words) in _ROW_NUMBERS)


def names_code(name: str) -> bool:
    """Whether numbers under this name are codes however many there are: `zip code`, `State FIPS`, `StoreID`."""
    return not _COUNTING & set(words_of(name)) and bool(_CODES & set(words_of(name)))


def names_group(name: str) -> bool:
    """Whether a few whole numbers under this name are groups rather than amounts: `Pclass`, `vehicle type`."""
    words = words_of(name)
    return bool(words) and words[-1] in _GROUPS and not _COUNTING & set(words)


def names_class(name: str) -> bool:
    """Whether a target of this name is usually a class."""
    words = words_of(name)
    return bool(words) and words[-1] in _CLASSES


def names_quantity(name: str) -> bool:
    """Whether a target of this name is usually counted or measured."""
    return bool(_QUANTITIES & set(words_of(name)))


def names_calendar(name: str) -> bool:
    """Whether whole numbers under this name are years, days or hours."""
    return bool(_CALENDAR & set(words_of(name)))


def names_target(name: str) -> bool:
    """Whether files usually call the column to predict so."""
    return " ".join(words_of(name)) in _TARGETS


def is_unnamed(name: str) -> bool:
    """Whether the name was made up for want of one: '', `column_0`, `Unnamed: 0`."""
    return _UNNAMED.fullmatch(name.strip()) is not None


def names_outcome(name: str) -> bool:
    """Whether a column of this name is often what people want to know: `Churn`, `sale price`, `survived`."""
    words = words_of(name)
    return bool(words) and words[-1] in _OUTCOMES
