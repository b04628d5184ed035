"""Tables of the matcher as plain values (texts, numbers, lists) and back, so that they can be kept in a file."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from soc.sigma.compiled import Condition, Tables
from soc.sigma.nodes import Item
from soc.sigma.predicates import Cidr, Compare, Exists, FieldRef, Null, Number, OneOf, Regex, Text, TimePart
from soc.sigma.strings import MANY, ONE
from soc.sigma.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    from soc.sigma.predicates import Predicate

_WILDCARDS = (MANY, ONE)
_NAMES: dict[type, str] = {
    Text: "text", Number: "number", Null: "null", Exists: "exists", Regex: "re", Cidr: "cidr", Compare: "compare",
    FieldRef: "ref", TimePart: "time", OneOf: "one",
}  # fmt: skip
_TO_PLAIN: dict[type, Callable[[Any], list[Any]]] = {
    Text: lambda it: [[part if isinstance(part, str) else _WILDCARDS.index(part) for part in it.parts], it.cased],
    Number: lambda it: [it.value],
    Null: lambda _: [],
    Exists: lambda it: [it.wanted],
    Regex: lambda it: [it.pattern],
    Cidr: lambda it: [str(it.network)],
    Compare: lambda it: [it.sign, it.value],
    FieldRef: lambda it: [it.other, it.how, it.cased],
    TimePart: lambda it: [it.part, it.value],
    OneOf: lambda it: [[to_plain(form) for form in it.forms]],
}
_FROM_PLAIN: dict[str, Callable[..., Predicate]] = {
    "text": lambda _, parts, cased: Text(tuple(_WILDCARDS[it] if isinstance(it, int) else it for it in parts), cased),
    "number": lambda _, value: Number(value),
    "null": lambda _: Null(),
    "exists": lambda _, wanted: Exists(wanted),
    "re": lambda _, pattern: Regex(pattern),
    "cidr": lambda _, network: Cidr(ip_network(network)),
    "compare": lambda _, sign, value: Compare(sign, value),
    "ref": lambda _, other, how, cased: FieldRef(other, how, cased),
    "time": lambda zone, part, value: TimePart(part, value, zone),
    "one": lambda zone, forms: OneOf(tuple(from_plain(form, zone) for form in forms)),
}


def to_plain(predicate: Predicate) -> list[Any]:
    return [_NAMES[type(predicate)], *_TO_PLAIN[type(predicate)](predicate)]


def from_plain(told: list[Any], zone: tzinfo | None) -> Predicate:
    return _FROM_PLAIN[told[0]](zone, *told[1:])


def tables_to_plain(tables: Tables, many: int) -> Iterator[list[Any]]:
    """In parts: the keywords, then each field, then so many conditions at once."""
    yield [[id_, to_plain(predicate)] for id_, predicate in tables.keywords.items()]
    for name, table in tables.fields.items():
        yield [name, *table[:-1], [to_plain(each) for each in table.checks]]
    for begin in range(0, len(tables.conditions), many):
        yield [
            [*condition[:-1], [[id_, _item_to_plain(item)] for id_, item in condition.specials]]
            for condition in tables.conditions[begin : begin + many]
        ]


def tables_from_plain(parts: Iterator[list[Any]], zone: tzinfo | None) -> Tables:
    keywords = {id_: from_plain(each, zone) for id_, each in next(parts, ())}
    fields: dict[str, Table] = {}
    conditions: list[Condition] = []
    for part in parts:
        if isinstance(part[0], str):
            name, *told, checks = part
            fields[name] = Table._make([*told, [from_plain(each, zone) for each in checks]])
            continue
        conditions += [
            Condition._make([*told, [(id_, _item_from_plain(item, zone)) for id_, item in specials]])
            for *told, specials in part
        ]
    return Tables(fields, keywords, conditions)


def _item_to_plain(item: Item) -> list[Any]:
    return [item.key, item.field, [to_plain(each) for each in item.predicates], item.every, item.negated]


def _item_from_plain(told: list[Any], zone: tzinfo | None) -> Item:
    key, field, predicates, every, negated = told
    return Item(key, field, tuple(from_plain(each, zone) for each in predicates), every, negated)
