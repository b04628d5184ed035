"""The catalogue of features of single events. Each line: name, what it tells in both languages, how it is read.

To add one is to add a line; a detector then names it. A rarity is the bits of the rarest of its (context, value) pairs, a
distance the spreads of the farthest of its (context, number) pairs from their mean; both against tables of the training
data (soc.anomaly.rarity). A plain number is what it is. What an event lacks is 0.
"""

from __future__ import annotations

from math import log1p
from typing import TYPE_CHECKING, Any, NamedTuple

from soc.anomaly import rarity
from soc.anomaly.catalogue import Feature
from soc.anomaly.subjects import Request, Session, kinds, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from soc.anomaly.rarity import Item, Size


class Rarity(NamedTuple):
    feature: Feature
    of: type
    items: Callable[[Any], Iterable[Item]]
    needs: str = ""
    """A field that not every source has: a model of events without it does without the feature."""


class Distance(NamedTuple):
    feature: Feature
    of: type
    sizes: Callable[[Any], Iterable[Size]]
    needs: str = ""


class Number(NamedTuple):
    feature: Feature
    of: type
    number: Callable[[Any], float]
    needs: str = ""


Recipe = Rarity | Distance | Number


def _web(name: str, en: str, vi: str, items: Callable[[Request], Iterable[Item]], needs: str = "") -> Rarity:
    return Rarity(Feature(name, f"{en} (bits)", f"{vi} (bit)"), Request, items, needs)


def _flow(name: str, en: str, vi: str, items: Callable[[Session], Iterable[Item]], needs: str = "") -> Rarity:
    return Rarity(Feature(name, f"{en} (bits)", f"{vi} (bit)"), Session, items, needs)


def _size(name: str, en: str, vi: str, number: Callable[[Session], float]) -> Number:
    return Number(Feature(name, en, vi, magnitude=True), Session, number)


_RECIPES: tuple[Recipe, ...] = (
    # Requests.
    _web("path_rarity", "rarity of the path", "độ hiếm của đường dẫn", lambda r: (("", r.path),)),
    _web("method_rarity", "rarity of the method for this path", "độ hiếm của phương thức với đường dẫn này", lambda r: ((r.path, r.method),)),
    _web("names_rarity", "rarity of this set of parameters for this path", "độ hiếm của bộ tham số này với đường dẫn này", lambda r: ((r.path, r.names),)),
    _web("parameter_rarity", "rarest parameter for this path", "tham số hiếm nhất với đường dẫn này", lambda r: [(r.path, name) for name, _ in r.parameters]),
    _web("shape_rarity", "rarest shape of a value for its parameter", "dạng giá trị hiếm nhất với tham số của nó", lambda r: [(name, shape(value)) for name, value in r.parameters]),
    _web("character_rarity", "rarest character for its parameter", "ký tự hiếm nhất với tham số của nó", lambda r: [(name, each) for name, value in r.parameters for each in kinds(value)]),
    _web("status_rarity", "rarity of the status for this path", "độ hiếm của mã trạng thái với đường dẫn này", lambda r: ((r.path, r.field("http.response.status_code")),), "http.response.status_code"),
    _web("agent_rarity", "rarity of the user agent", "độ hiếm của user agent", lambda r: (("", r.field("user_agent.original")),), "user_agent.original"),
    Distance(Feature("length_distance", "length of a value against its parameter (spreads)", "độ dài giá trị so với tham số của nó (độ lệch)"),
             Request, lambda r: [(name, log1p(len(value))) for name, value in r.parameters]),
    Distance(Feature("response_distance", "size of the answer against this path (spreads)", "kích thước trả lời so với đường dẫn này (độ lệch)"),
             Request, lambda r: ((r.path, r.size("http.response.body.bytes")),), "http.response.body.bytes"),
    Number(Feature("parameters", "number of parameters", "số tham số"), Request, lambda r: float(len(r.parameters))),
    # Network sessions. Addresses outside are taken as one.
    _flow("source_rarity", "rarity of the source", "độ hiếm của nguồn", lambda s: (("", s.source),)),
    _flow("destination_rarity", "rarity of the destination", "độ hiếm của đích", lambda s: (("", s.destination),)),
    _flow("service_rarity", "rarity of the service in this direction", "độ hiếm của dịch vụ theo chiều này", lambda s: (("", f"{s.direction} {s.service}"),)),
    _flow("server_rarity", "rarity of the service at this destination", "độ hiếm của dịch vụ tại đích này", lambda s: (("", s.server),)),
    _flow("client_rarity", "rarity of the source for this service", "độ hiếm của nguồn với dịch vụ này", lambda s: ((s.server, s.source),)),
    _flow("reason_rarity", "rarity of how it ended for this service", "độ hiếm của cách kết thúc với dịch vụ này", lambda s: ((s.service, s.field("event.reason")),), "event.reason"),
    _flow("action_rarity", "rarity of the action for this service", "độ hiếm của hành động với dịch vụ này", lambda s: ((s.service, s.field("event.action")),), "event.action"),
    _flow("rule_rarity", "rarity of the firewall's rule for this source", "độ hiếm của luật tường lửa với nguồn này", lambda s: ((s.source, s.field("rule.name")),), "rule.name"),
    _size("source_bytes", "bytes sent", "số byte gửi đi", lambda s: s.size("source.bytes")),
    _size("destination_bytes", "bytes returned", "số byte trả về", lambda s: s.size("destination.bytes")),
    _size("source_packet_bytes", "bytes per packet sent", "số byte mỗi gói gửi đi", lambda s: s.each("source.bytes", "source.packets")),
    _size("destination_packet_bytes", "bytes per packet returned", "số byte mỗi gói trả về", lambda s: s.each("destination.bytes", "destination.packets")),
    _size("duration", "duration (ns)", "thời lượng (ns)", lambda s: s.size("event.duration")),
)  # fmt: skip
RECIPES: Mapping[str, Recipe] = {recipe.feature.name: recipe for recipe in _RECIPES}
CATALOGUE: tuple[Feature, ...] = tuple(recipe.feature for recipe in _RECIPES)


def rows(documents: Iterable[Mapping[str, Any]], names: Sequence[str], past: rarity.Past) -> list[list[float]]:
    """The named features of events, compared with the past."""
    recipes = [RECIPES[name] for name in names]
    readers = [_reader(recipe, past) for recipe in recipes]
    kinds_ = list(dict.fromkeys(recipe.of for recipe in recipes))
    places = [kinds_.index(recipe.of) for recipe in recipes]
    read = list(zip(readers, places, strict=True))
    found = []
    for document in documents:
        subjects = [kind(document) for kind in kinds_]
        found.append([value(subjects[place]) for value, place in read])
    return found


def _reader(recipe: Recipe, past: rarity.Past) -> Callable[[Any], float]:
    name = recipe.feature.name
    if isinstance(recipe, Number):
        return recipe.number
    if isinstance(recipe, Distance):
        sizes, baselines = recipe.sizes, past.baselines.get(name, {})
        return lambda subject: rarity.distance(baselines, sizes(subject))
    items, known = recipe.items, past.known.get(name, {})
    return lambda subject: rarity.surprise(known, items(subject))


def told(names: Sequence[str], documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those of the named features whose field any of the events has."""
    seen = {key for document in documents for key in document}
    return [name for name in names if not RECIPES[name].needs or RECIPES[name].needs in seen]


def learnt(
    documents: Sequence[Mapping[str, Any]], entities: Sequence[str], names: Sequence[str]
) -> tuple[list[list[float]], rarity.Past]:
    """The features of the events of the past, each compared with all others, and the tables for events to come."""
    past = rarity.Past({}, {})
    columns = [_learnt(RECIPES[name], documents, entities, past) for name in names]
    return [list(row) for row in zip(*columns, strict=True)], past


def _learnt(
    recipe: Recipe, documents: Sequence[Mapping[str, Any]], entities: Sequence[str], past: rarity.Past
) -> list[float]:
    subjects = (recipe.of(document) for document in documents)
    if isinstance(recipe, Number):
        return [recipe.number(subject) for subject in subjects]
    if isinstance(recipe, Distance):
        sizes = [list(recipe.sizes(subject)) for subject in subjects]
        measuring = rarity.Measuring()
        for each in sizes:
            measuring.add(each)
        past.baselines[recipe.feature.name] = measuring.frozen()
        return [measuring.distance(each) for each in sizes]
    items = [list(recipe.items(subject)) for subject in subjects]
    counting = rarity.Counting()
    for each_, entity in zip(items, entities, strict=True):
        counting.add(each_, entity)
    past.known[recipe.feature.name] = counting.frozen()
    return [counting.surprise(each_, entity) for each_, entity in zip(items, entities, strict=True)]
