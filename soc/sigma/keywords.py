"""Keywords are looked for in every value of an event; one look at the raw bytes tells that most events hold none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.literals import Literals
from soc.parse.format import leaves
from soc.sigma.fields import Field, Memory
from soc.sigma.needles import needles
from soc.sigma.predicates import Regex, Text
from soc.sigma.tables import Table
from soc.sigma.values import member

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from soc.event import Event
    from soc.sigma.fields import Classes
    from soc.sigma.predicates import Predicate

_RUN = re.compile(r"[ !\"#-.0-~]+")
"""What JSON can write in one way only, escaped or as it is (but for `\\u`): ASCII without the slash."""
_NUMERIC = re.compile(r"[-+]?\d*\.?\d*(?:e[-+]?\d*)?")
"""What may be written otherwise in a number: 1e3 is 1000.0."""
_DECEPTIVE = (b"\\u212a", b"\\u0130", "\u212a".encode(), "\u0130".encode())
"""Two characters that are not ASCII have lower cases that are (k, i and a dot)."""
_NOT_IN_A_NAME = rb"(?![^\"\\]*\"\s*:)"
"""Behind a needle: the text that it stands in is not the name of a field, which a colon follows."""
_SHORTEST = 3
_NO_READER: Any = None


class Keywords:
    """The class of an event's values under the keywords of some rules together."""

    def __init__(self, predicates: Mapping[int, Predicate], classes: Classes) -> None:
        self.ids = frozenset(predicates)
        self._classes = classes
        self._ids = {predicate: id_ for id_, predicate in predicates.items()}
        self._field = Field("", Table.of(self._ids), classes, Memory())
        self._looked: dict[int, int] = {}
        found: dict[str, list[Predicate]] = {}
        for predicate in self._ids:
            found.setdefault(_needle(predicate), []).append(predicate)
        self.is_sure = "" not in found
        """Whether an event without any needle holds no keyword."""
        needles_ = list(found) if self.is_sure else []
        self._predicates = list(found.values())
        written = [_written(needle) for needle in needles_]
        self.in_json = [*written, *(_deceptive(needles_) if written else ())]
        """In the raw bytes of JSON, whatever their case: where there is none, no value holds a keyword."""
        self.hits = Literals(self.in_json, caseless=True).hits
        self._told = Literals([needle.encode() for needle in needles_])
        self._in_values = [re.compile(rb"(?i)" + re.escape(needle) + _NOT_IN_A_NAME) for needle in written]

    def looked(self) -> dict[int, int]:
        """As of `Field`: bytes of events in which there was a needle."""
        found, self._looked = self._looked, {}
        for id_, size in self._field.looked().items():
            found[id_] = found.get(id_, 0) + size
        return found

    def of(self, event: Event) -> int:
        """The class of all values together."""
        record, format_, native, frame = event
        # Inside an envelope the document is escaped once more than the needles.
        if format_.json and format_.values is leaves and frame.envelope is None:
            return self.in_document(native, record.raw)
        return self._field.classify(list(format_.values(native)))

    def in_document(self, native: Mapping[str, Any], raw: bytes) -> int:
        """The same of an event that is nothing but this document, which `raw` is as JSON."""
        if not self.is_sure:
            return self._field.classify(list(leaves(native)))
        hits = self.hits(raw)
        return self._among(native, raw, {number for number, _ in hits}) if hits else 0

    def _among(self, native: Mapping[str, Any], raw: bytes, numbers: set[int]) -> int:
        is_plain = max(numbers) < len(self._in_values)
        if is_plain:
            numbers = {number for number in numbers if self._in_values[number].search(raw)}
            if not numbers:
                return 0
        values = list(leaves(native))
        together = "\0".join([value if type(value) is str else member(value).text for value in values]).lower()
        if not is_plain:
            numbers = {number for number, _ in self._told.hits(together.encode("utf-8", "surrogatepass"))}
        asked = [predicate for number in numbers for predicate in self._predicates[number]]
        for predicate in asked:
            id_ = self._ids[predicate]
            self._looked[id_] = self._looked.get(id_, 0) + len(together)
        return self._classes.number(
            frozenset([self._ids[predicate] for predicate in asked if _holds(predicate, values, together)])
        )


def _holds(predicate: Predicate, values: list[Any], together: str) -> bool:
    """`together` are the values' texts in lower case, with a NUL between."""
    if isinstance(predicate, Text) and (inside := predicate.inside) is not None and "\0" not in inside:
        return inside in together
    return any(predicate.holds(member(value), _NO_READER) for value in values)


def _needle(predicate: Predicate) -> str:
    """What one value of an event must contain, in lower case and in ASCII; empty if nothing is sure."""
    texts: Iterable[str] = ()
    if isinstance(predicate, Text):
        texts = [part for part in predicate.parts if isinstance(part, str)]
    elif isinstance(predicate, Regex):
        texts = found if len(found := needles(predicate.pattern)) == 1 else ()
    runs = [run for text in texts for run in _RUN.findall(text.lower())]
    best = max(runs, key=len, default="")
    if len(best) < _SHORTEST or _NUMERIC.fullmatch(best):
        return ""
    return best


def _deceptive(needles_: Iterable[str]) -> list[bytes]:
    """What the raw bytes may say instead of a needle: any of its characters can be written as an escape."""
    chars = {char for needle in needles_ for char in needle}
    codes = sorted({ord(form) for char in chars for form in (char, char.upper())})
    return [*(b"\\u%04x" % code for code in codes), *_DECEPTIVE]


def _written(needle: str) -> bytes:
    """As JSON writes it."""
    return needle.replace("\\", "\\\\").replace('"', '\\"').encode()
