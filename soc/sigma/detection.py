"""The `detection` of a rule to a tree: selections of maps, lists and keywords, and the conditions over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.sigma.condition import WrongCondition, parse as parse_condition
from soc.sigma.modifiers import WrongValue, asked
from soc.sigma.nodes import All, AnyOf, Item

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.sigma.condition import Node
    from soc.sigma.modifiers import Site
    from soc.sigma.yaml_files import Path

    Report = Callable[[Path, str, str], None]
    """Told the path of a value, what is wrong there and how to mend it."""

_NO_SELECTIONS = frozenset({"condition", "timeframe"})


def compiled(detection: Any, site: Site, report: Report, path: Path = ("detection",)) -> Node | None:
    """The tree of a detection; None once something was reported."""
    if not isinstance(detection, dict):
        report(path, "a detection is a mapping of selections and a condition", "see any rule under rules/")
        return None
    conditions = _conditions(detection.get("condition"), report, (*path, "condition"))
    if "timeframe" in detection:
        report(
            (*path, "timeframe"),
            "`timeframe` belongs to aggregations, which Sigma no longer has",
            "write a correlation",
        )
        return None
    selections: dict[str, Node] = {}
    faulty = not conditions
    for name, value in detection.items():
        if name in _NO_SELECTIONS:
            continue
        node = _selection(value, site, report, (*path, name))
        if node is None:
            faulty = True
        else:
            selections[name] = node
    return None if faulty else _tree(conditions, selections, report, (*path, "condition"))


def _conditions(told: Any, report: Report, path: Path) -> list[str]:
    conditions = told if isinstance(told, list) else [told]
    if not conditions or not all(isinstance(each, str) and each.strip() for each in conditions):
        report(path, "there is no condition", "write one like `condition: selection and not filter`")
        return []
    return conditions


def _tree(conditions: list[str], selections: dict[str, Node], report: Report, path: Path) -> Node | None:
    nodes: list[Node] = []
    used: set[str] = set()
    for text in conditions:
        try:
            node, names = parse_condition(text, selections)
        except WrongCondition as wrong:
            report(path, f"condition: {wrong}", "")
            return None
        nodes.append(node)
        used |= names
    return nodes[0] if len(nodes) == 1 else AnyOf(tuple(nodes))


def _selection(value: Any, site: Site, report: Report, path: Path) -> Node | None:
    if isinstance(value, dict):
        return _map(value, site, report, path)
    if isinstance(value, list) and value:
        return _list(value, site, report, path)
    if value is None or value == [] or isinstance(value, bool):
        report(path, "an empty selection matches nothing", "write a field with its values, or remove it")
        return None
    return _item("", [value], site, report, path)


def _map(value: dict[str, Any], site: Site, report: Report, path: Path) -> Node | None:
    if not value:
        report(path, "an empty selection matches nothing", "write a field with its values, or remove it")
        return None
    items = [
        _item(key, each if isinstance(each, list) else [each], site, report, (*path, key))
        for key, each in value.items()
    ]
    whole = [item for item in items if item is not None]
    if len(whole) < len(items):
        return None
    return whole[0] if len(whole) == 1 else All(tuple(whole))


def _list(value: list[Any], site: Site, report: Report, path: Path) -> Node | None:
    """Maps are alternatives; plain values among them are keywords, one of which is enough."""
    nodes = [_map(each, site, report, (*path, n)) for n, each in enumerate(value) if isinstance(each, dict)]
    words = [each for each in value if not isinstance(each, dict)]
    if words:
        nodes.append(_item("", words, site, report, path))
    whole = [node for node in nodes if node is not None]
    if len(whole) < len(nodes):
        return None
    return whole[0] if len(whole) == 1 else AnyOf(tuple(whole))


def _item(key: str, values: list[Any], site: Site, report: Report, path: Path) -> Item | None:
    name, *modifiers = key.split("|")
    if not values:
        report(path, "an empty list matches nothing", "write a value; for an empty text write ''")
        return None
    if any(isinstance(value, dict | list) for value in values):
        report(path, "a value here is text, a number, true, false or null", "write nested fields with dots: a.b")
        return None
    try:
        found = asked(modifiers, values, site, keyword=not name)
    except WrongValue as wrong:
        report(path, wrong.what, wrong.fix)
        return None
    return Item(key, name, found.predicates, found.every, found.negated)
