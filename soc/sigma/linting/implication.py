"""What one predicate says about another on the same value: each value of the one satisfies the other, or none does.

`False` only means that nothing was proven.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import re2

from soc.sigma.predicates import OPERATORS, Cidr, Compare, Exists, Null, Number, Text, re2_options
from soc.sigma.strings import MANY, ONE, mapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.sigma.predicates import Predicate
    from soc.sigma.strings import Parts

_MANY, _ONE = "\ue000", "\ue001"
"""Wildcards of a string that another one is compared with."""


def implies(one: Predicate, other: Predicate) -> bool:
    """Whether a field that has a value for the one has a value for the other."""
    if one == other:
        return True
    if isinstance(one, Exists):
        return not one.wanted and isinstance(other, Null)
    if isinstance(one, Null):
        return False
    if isinstance(other, Exists):
        return other.wanted
    decide = _IMPLIES.get((type(one), type(other)))
    return decide is not None and decide(one, other)


def excludes(one: Predicate, other: Predicate) -> bool:
    """Whether no single value satisfies both; a list may still hold one value for each."""
    if isinstance(one, Exists) or isinstance(other, Exists):
        return False
    if isinstance(one, Null) or isinstance(other, Null):
        return isinstance(one, Null) is not isinstance(other, Null)
    decide = _EXCLUDES.get((type(one), type(other)))
    if decide is not None:
        return decide(one, other)
    turned = _EXCLUDES.get((type(other), type(one)))
    return turned is not None and turned(other, one)


def never_together(one: Predicate, other: Predicate) -> bool:
    """Whether no event has values for both, not even in a list: one of them says that the field is absent."""
    absent = Exists(wanted=False)
    return (one == absent and not isinstance(other, Null) and other != absent) or (
        other == absent and not isinstance(one, Null) and one != absent
    )


# ------------------------------------------------------------------------------------------------------------- texts


def exact(text: Text) -> str | None:
    """The whole text that is asked for, None if there are wildcards."""
    return text.parts[0] if len(text.parts) == 1 and isinstance(text.parts[0], str) else None


@lru_cache(maxsize=1 << 16)
def lowered(text: Text) -> Parts:
    """What is compared with values: in lower case, unless case counts."""
    return text.parts if text.cased else mapped(text.parts, str.lower)


def _text_in_text(one: Text, other: Text) -> bool:
    if other.cased and not one.cased:
        return False
    mine = lowered(one)
    if one.cased and not other.cased:
        if ONE in mine or not _is_ascii(mine):
            return False
        mine = mapped(mine, str.lower)
    return covers(lowered(other), mine)


def covers(wide: Parts, narrow: Parts) -> bool:
    """Whether each text that the narrow string stands for is one that the wide one stands for."""
    stars = [part is MANY for part in wide]
    if stars == [True]:
        return True
    if stars == [True, False, True] and isinstance(wide[1], str):
        return any(isinstance(part, str) and wide[1] in part for part in narrow)
    return _pattern(wide).fullmatch(_spelt(narrow)) is not None


def _spelt(parts: Parts) -> str:
    return "".join(part if isinstance(part, str) else _MANY if part is MANY else _ONE for part in parts)


@lru_cache(maxsize=1 << 14)
def _pattern(parts: Parts) -> Any:
    """A wildcard takes any wildcard of the other string, but `?` takes no `*`, and a text takes only itself."""
    one = f"[^{_MANY}]"
    pattern = "".join(re2.escape(part) if isinstance(part, str) else ".*" if part is MANY else one for part in parts)
    return re2.compile(f"(?s){pattern}", options=re2_options())


def _texts_exclude(one: Text, other: Text) -> bool:
    if (one.cased or other.cased) and not (_is_ascii(one.parts) and _is_ascii(other.parts)):
        return False
    mine, theirs = mapped(one.parts, str.lower), mapped(other.parts, str.lower)
    if exact(one) is not None:
        return not covers(theirs, mine)
    if exact(other) is not None:
        return not covers(mine, theirs)
    return not _meet(mine[0], theirs[0], str.startswith) or not _meet(mine[-1], theirs[-1], str.endswith)


def _is_ascii(parts: Parts) -> bool:
    """Beyond ASCII the lower case of a text is not that of its pieces (a final sigma, a dotted I)."""
    return all(part.isascii() for part in parts if isinstance(part, str))


def _meet(mine: object, theirs: object, test: Callable[[str, str], bool]) -> bool:
    """Whether a text can begin (or end) with both."""
    if not isinstance(mine, str) or not isinstance(theirs, str):
        return True
    return test(mine, theirs) or test(theirs, mine)


# ----------------------------------------------------------------------------------------------------------- numbers


def _text_is_number(one: Text, other: Number) -> bool:
    return exact(one) == str(other.value)


def _number_and_text_exclude(one: Number, other: Text) -> bool:
    text = exact(other)
    if text is None:
        return False
    try:
        return float(text) != one.value
    except ValueError:
        return True


_EXACT = 1 << 53
"""Up to here numbers in texts are what they say when they are compared."""


def _is_compared(one: Number, other: Compare) -> bool:
    return abs(one.value) < _EXACT and OPERATORS[other.sign](one.value, other.value)


def _is_not_compared(one: Number, other: Compare) -> bool:
    return abs(one.value) < _EXACT and not OPERATORS[other.sign](one.value, other.value)


def _comparisons(one: Compare, other: Compare) -> bool:
    if one.sign[0] != other.sign[0]:
        return False
    if one.value == other.value:
        return one.sign == other.sign or other.sign.endswith("e")
    return (one.value < other.value) is one.sign.startswith("l")


def _comparisons_exclude(one: Compare, other: Compare) -> bool:
    if one.sign[0] == other.sign[0]:
        return False
    low, high = (one, other) if one.sign.startswith("g") else (other, one)
    return low.value > high.value or (low.value == high.value and (low.sign, high.sign) != ("gte", "lte"))


# ---------------------------------------------------------------------------------------------------------- networks


def _networks(one: Cidr, other: Cidr) -> bool:
    mine, theirs = one.network, other.network
    return mine.version == theirs.version and mine.subnet_of(theirs)  # type: ignore[arg-type] # of one version


def _is_inside(one: Text, other: Cidr) -> bool:
    text = exact(one)
    try:
        return text is not None and ip_address(text) in other.network
    except ValueError:
        return False


def _is_outside(one: Text, other: Cidr) -> bool:
    return exact(one) is not None and not _is_inside(one, other)


_IMPLIES: dict[tuple[type, type], Callable[..., bool]] = {
    (Text, Text): _text_in_text,
    (Text, Number): _text_is_number,
    (Text, Cidr): _is_inside,
    (Number, Compare): _is_compared,
    (Compare, Compare): _comparisons,
    (Cidr, Cidr): _networks,
}
_EXCLUDES: dict[tuple[type, type], Callable[..., bool]] = {
    (Text, Text): _texts_exclude,
    (Text, Cidr): _is_outside,
    (Number, Text): _number_and_text_exclude,
    (Number, Number): lambda one, other: one.value != other.value,
    (Number, Compare): _is_not_compared,
    (Compare, Compare): _comparisons_exclude,
    (Cidr, Cidr): lambda one, other: not one.network.overlaps(other.network),
}
