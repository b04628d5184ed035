"""Modifiers of a field: what `CommandLine|windash|contains|all` makes of a rule's values (Sigma specification 2.1)."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_network
from itertools import product
from typing import TYPE_CHECKING, Any

from soc.sigma.predicates import TIME_PARTS, Cidr, Compare, Exists, FieldRef, Null, Number, OneOf, Regex, Text, TimePart
from soc.sigma.strings import MANY, joined, literal, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import tzinfo

    from soc.sigma.predicates import Predicate
    from soc.sigma.strings import Parts

_MAX_VARIANTS = 5_000
_ENCODINGS = {"wide": "utf-16-le", "utf16le": "utf-16-le", "utf16be": "utf-16-be", "utf16": "utf-16"}
_COMPARISONS = frozenset({"lt", "lte", "gt", "gte"})
_FLAGS = frozenset({"i", "m", "s"})
_KNOWN = (
    "contains", "startswith", "endswith", "all", "re", "i", "m", "s", "cased", "cidr", "base64", "base64offset", "wide",
    "utf16le", "utf16be", "utf16", "windash", "lt", "lte", "gt", "gte", "neq", "exists", "fieldref", "expand", *TIME_PARTS,
)  # fmt: skip
# Those of them that say what is asked of a value; at most one of them makes sense.
_TYPES = frozenset({"re", "cidr", "exists", "fieldref", *_COMPARISONS, *TIME_PARTS})
_WORD_DASH = re.compile(r"\B[-/]\b")
_DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_PLACEHOLDER = re.compile(r"%([\w.-]+)%")


class WrongValue(Exception):  # noqa: N818 (a verdict on a text)
    """What is wrong with a value or its modifiers, and what to write instead."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


@dataclass(frozen=True, slots=True)
class Site:
    """What rules take from a site: lists for `expand`, and the zone that hours and days are counted in."""

    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    predicates: tuple[Predicate, ...]
    every: bool
    negated: bool


def asked(modifiers: Sequence[str], values: Sequence[Any], site: Site, *, keyword: bool = False) -> Asked:
    """The predicates of a list of values under modifiers; keywords are searched inside values.

    Raises:
        WrongValue: it cannot be understood.
    """
    _check(modifiers, keyword=keyword)
    kind = next((name for name in modifiers if name in _TYPES), "")
    make = _MAKERS.get(kind, _text)
    every = "all" in modifiers
    found: list[Predicate] = []
    for value in values:
        forms = tuple(make(modifiers, value, site, keyword))
        found += [OneOf(forms)] if every and len(forms) > 1 else forms
        if len(found) > _MAX_VARIANTS:
            raise WrongValue(f"more than {_MAX_VARIANTS} variants", "split the list, or use fewer dashes with windash")
    return Asked(tuple(dict.fromkeys(found)), every, "neq" in modifiers)


def _check(modifiers: Sequence[str], *, keyword: bool) -> None:
    for name in modifiers:
        if name not in _KNOWN:
            near = get_close_matches(name, _KNOWN, 1)
            raise WrongValue(f"unknown modifier {name!r}", f"did you mean {near[0]!r}?" if near else "")
    if len(set(modifiers)) < len(modifiers):
        raise WrongValue("a modifier stands twice", "write it once")
    kinds = [name for name in modifiers if name in _TYPES]
    if len(kinds) > 1:
        raise WrongValue(f"{kinds[0]!r} and {kinds[1]!r} exclude each other", "write two fields with `and`")
    if _FLAGS & set(modifiers) and "re" not in modifiers:
        raise WrongValue("`i`, `m` and `s` are flags of a regular expression", "write them after `re`")
    if keyword and kinds and kinds != ["re"]:
        raise WrongValue(f"{kinds[0]!r} needs a field", "name the field before it")


def _text(modifiers: Sequence[str], value: Any, site: Site, keyword: bool) -> Iterable[Predicate]:  # noqa: FBT001 (of all makers alike)
    if value is None:
        if set(modifiers) - {"all", "neq"}:
            raise WrongValue("null has no text", "leave the modifier out")
        return [Null()]
    plain = not keyword and not set(modifiers) - {"all", "neq", "cased"}
    if isinstance(value, int | float) and not isinstance(value, bool) and plain:
        return [Number(value)]
    return [
        Text(joined((MANY, *parts, MANY)) if keyword else parts, "cased" in modifiers)
        for parts in _changed(modifiers, _parts(value), site)
    ]


def _parts(value: Any) -> Parts:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return parse(value) if isinstance(value, str) else (str(value),)


def _changed(modifiers: Sequence[str], parts: Parts, site: Site) -> list[Parts]:
    """The modifiers that change a text, in the order in which they stand."""
    encoding = "utf-8"
    variants = [parts]
    for name in modifiers:
        if name in _ENCODINGS:
            encoding = _ENCODINGS[name]
        elif change := _CHANGES.get(name):
            variants = [fresh for each in variants for fresh in change(each, encoding, site)]
    if encoding != "utf-8" and not {"base64", "base64offset"} & set(modifiers):
        return [_encoded_alone(each, encoding) for each in variants]
    return variants


def _encoded_alone(parts: Parts, encoding: str) -> Parts:
    return tuple(part.encode(encoding).decode("latin-1") if isinstance(part, str) else part for part in parts)


def _bytes(parts: Parts, encoding: str) -> bytes:
    text = literal(parts)
    if text is None:
        raise WrongValue("wildcards cannot be encoded", "escape them with a backslash")
    return text.encode(encoding)


def _base64(parts: Parts, encoding: str, _site: Site) -> list[Parts]:
    return [(b64encode(_bytes(parts, encoding)).decode(),)]


def _base64offset(parts: Parts, encoding: str, _site: Site) -> list[Parts]:
    """What the text looks like inside encoded text, at each of the three places where it can begin."""
    data = _bytes(parts, encoding)
    found: list[Parts] = []
    for offset, start in enumerate((0, 2, 3)):
        end = (None, -3, -2)[(len(data) + offset) % 3]
        found.append((b64encode(b" " * offset + data)[start:end].decode(),))
    return found


def _pieces(parts: Parts, pattern: re.Pattern[str], forms: Callable[[re.Match[str]], Sequence[Any]]) -> list[list[Any]]:
    """A string in pieces, each with the forms that it can take: several where the pattern was found."""
    pieces: list[list[Any]] = []
    for part in parts:
        if not isinstance(part, str):
            pieces.append([part])
            continue
        at = 0
        for found in pattern.finditer(part):
            pieces += [[part[at : found.start()]], list(forms(found))]
            at = found.end()
        pieces.append([part[at:]])
    return pieces


def _windash(parts: Parts, _encoding: str, _site: Site) -> list[Parts]:
    """Every dash that begins a word, in all the forms that Windows programs take for one."""
    pieces = _pieces(parts, _WORD_DASH, lambda _: _DASHES)
    dashes = sum(1 for piece in pieces if len(piece) > 1)
    if len(_DASHES) ** dashes > _MAX_VARIANTS:
        raise WrongValue(f"windash with {dashes} dashes", "split the value into several with `|all`")
    return [joined(chosen) for chosen in product(*pieces)]


def _expand(parts: Parts, _encoding: str, site: Site) -> list[Parts]:
    """`%name%` by the values of the site's list of that name."""

    def entries(found: re.Match[str]) -> Sequence[str]:
        name = found[1]
        if not site.lists.get(name):
            raise WrongValue(f"the placeholder %{name}% has no list", f"write lists/{name}.txt, one value a line")
        return site.lists[name]

    return [joined(chosen) for chosen in product(*_pieces(parts, _PLACEHOLDER, entries))]


_CHANGES: dict[str, Callable[[Parts, str, Site], list[Parts]]] = {
    "base64": _base64,
    "base64offset": _base64offset,
    "windash": _windash,
    "expand": _expand,
    "contains": lambda parts, _encoding, _site: [joined((MANY, *parts, MANY))],
    "startswith": lambda parts, _encoding, _site: [joined((*parts, MANY))],
    "endswith": lambda parts, _encoding, _site: [joined((MANY, *parts))],
}


def _regex(modifiers: Sequence[str], value: Any, _site: Site, _keyword: bool) -> list[Predicate]:  # noqa: FBT001
    if not isinstance(value, str):
        raise WrongValue(f"{value!r} is not a regular expression", "put it into quotes")
    try:
        return [Regex.of(value, "".join(name for name in modifiers if name in _FLAGS))]
    except ValueError as error:
        raise WrongValue(
            f"regular expression refused: {error}",
            "RE2 has no look-around and no back-references; write two selections",
        ) from None


def _cidr(_modifiers: Sequence[str], value: Any, _site: Site, _keyword: bool) -> list[Predicate]:  # noqa: FBT001
    try:
        return [Cidr(ip_network(value, strict=False))]
    except (ValueError, TypeError):
        raise WrongValue(f"{value!r} is not a network", "write one like 10.0.0.0/8 or fe80::/10") from None


def _compare(modifiers: Sequence[str], value: Any, _site: Site, _keyword: bool) -> list[Predicate]:  # noqa: FBT001
    sign = next(name for name in modifiers if name in _COMPARISONS)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValue(f"{value!r} is not a number", f"{sign} compares numbers")
    return [Compare(sign, value)]


def _exists(_modifiers: Sequence[str], value: Any, _site: Site, _keyword: bool) -> list[Predicate]:  # noqa: FBT001
    if not isinstance(value, bool):
        raise WrongValue(f"{value!r} is neither true nor false", "write `exists: true` or `exists: false`")
    return [Exists(value)]


def _fieldref(modifiers: Sequence[str], value: Any, _site: Site, _keyword: bool) -> list[Predicate]:  # noqa: FBT001
    if not isinstance(value, str) or not value:
        raise WrongValue(f"{value!r} is not the name of a field")
    how = next((name for name in ("contains", "startswith", "endswith") if name in modifiers), "equals")
    return [FieldRef(value, how, "cased" in modifiers)]


def _time(modifiers: Sequence[str], value: Any, site: Site, _keyword: bool) -> list[Predicate]:  # noqa: FBT001
    part = next(name for name in modifiers if name in TIME_PARTS)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(f"{value!r} is not a whole number", f"{part} is compared with whole numbers")
    if site.zone is None:
        raise WrongValue(f"{part} needs the site's time zone", "set `timezone` in soc.yml")
    return [TimePart(part, value, site.zone)]


_MAKERS: dict[str, Callable[[Sequence[str], Any, Site, bool], Iterable[Predicate]]] = {
    "re": _regex,
    "cidr": _cidr,
    "exists": _exists,
    "fieldref": _fieldref,
    **dict.fromkeys(_COMPARISONS, _compare),
    **dict.fromkeys(TIME_PARTS, _time),
}
