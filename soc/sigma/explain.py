"""Why a rule matched: the clauses that decided, with field, what was asked and what the event held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.sigma.nodes import All, AnyOf, Item, Named, Not
from soc.sigma.predicates import Exists, Null

if TYPE_CHECKING:
    from soc.sigma.condition import Node
    from soc.sigma.predicates import Predicate
    from soc.sigma.values import Member, Reader

_SHOWN = 1024
_MOST = 40


def why(node: Node, reader: Reader) -> tuple[dict[str, Any], ...]:
    """The clauses that made a tree true: `selection`, `field` (as the rule writes it), `asked`, `value`; or `absent`."""
    found: list[dict[str, Any]] = []
    _collect(node, reader, "", found)
    return tuple(found[:_MOST])


def _collect(node: Node, reader: Reader, selection: str, found: list[dict[str, Any]]) -> None:
    if isinstance(node, Named):
        _collect(node.node, reader, node.name, found)
    elif isinstance(node, All | AnyOf):
        for each in node.nodes:
            if each.holds(reader):
                _collect(each, reader, selection, found)
                if isinstance(node, AnyOf) and len(found) >= _MOST:
                    return
    elif isinstance(node, Not):
        found.append(
            {"selection": selection or names_of(node.node), "not": True, "field": "", "asked": text_of(node.node)}
        )
    elif node.holds(reader):
        found.append(_clause(node, reader, selection))


def _clause(item: Item, reader: Reader, selection: str) -> dict[str, Any]:
    predicate, member = _decisive(item, reader)
    clause: dict[str, Any] = {"selection": selection, "field": item.key, "asked": shown(item, predicate)}
    if member is None:
        clause["absent"] = True
    else:
        clause["value"] = member.text[:_SHOWN]
    return clause


def _decisive(item: Item, reader: Reader) -> tuple[Predicate | None, Member | None]:
    """The first predicate that holds and the value that it holds for; for a negated item what the event has."""
    members = reader.members(item.field) if item.field else reader.everything()
    for predicate in item.predicates:
        if isinstance(predicate, Exists | Null):
            continue
        for member in members or ():
            if predicate.holds(member, reader):
                return (None if item.negated else predicate), member
    return None, members[0] if members and members[0].raw is not None else None


def shown(item: Item, predicate: Predicate | None = None) -> str:
    """What an item asks for, as text; the one predicate, or all of them."""
    asked = [predicate] if predicate is not None and not item.every else item.predicates
    joined = (" and " if item.every else " or ").join(str(each) for each in asked[:10])
    more = f" (and {len(asked) - 10} more)" if len(asked) > 10 else ""
    return (f"not {joined}" if item.negated else joined) + more


def names_of(node: Node) -> str:
    """The selections in a tree."""
    if isinstance(node, Named):
        return node.name
    if isinstance(node, All | AnyOf):
        return ", ".join(dict.fromkeys(name for each in node.nodes if (name := names_of(each))))
    return names_of(node.node) if isinstance(node, Not) else ""


def text_of(node: Node) -> str:
    """A tree in the words of a condition, for clauses that are about not matching."""
    if isinstance(node, Item):
        return f"{node.key or 'any value'}: {shown(node)}"
    if isinstance(node, Named):
        return text_of(node.node)
    if isinstance(node, Not):
        return f"not ({text_of(node.node)})"
    return (" and " if isinstance(node, All) else " or ").join(f"({text_of(each)})" for each in node.nodes[:10])


def tree(node: Node, reader: Reader) -> dict[str, Any]:
    """Every clause with its verdict: `clause`, `holds`, for fields `values`, and what is `below` it."""
    told: dict[str, Any] = {"holds": node.holds(reader)}
    if isinstance(node, Item):
        members = reader.members(node.field) if node.field else reader.everything()
        told |= {"clause": f"{node.key or 'any value'}: {shown(node)}"}
        if node.field:
            told["values"] = None if members is None else [member.text[:_SHOWN] for member in members[:10]]
        return told
    below = [node.node] if isinstance(node, Named | Not) else node.nodes
    words = {All: "all of", AnyOf: "one of", Not: "not"}
    return told | {
        "clause": node.name if isinstance(node, Named) else words[type(node)],
        "below": [tree(each, reader) for each in below],
    }
