"""Which of a field's predicates hold for a value: a dict for whole texts, one scan for all literals, the predicate itself for the rest."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from soc.sigma.predicates import Regex
from soc.sigma.tables import ANYWHERE, AT_END, CHECK
from soc.sigma.values import Member, member

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soc.literals import Literals
    from soc.sigma.tables import Table

_LONG = 64
"""Regular expressions of texts longer than this are large machines, and few texts are long enough."""
_NO_READER: Any = None


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class Scanner:
    """Which of a field's predicates hold for a value that is there."""

    def __init__(self, table: Table, literals: Literals, looked: list[int]) -> None:
        """`looked`: bytes that each of the table's `checks` was tested on; added to."""
        self.present = table.present
        self._null = table.null
        self._always = frozenset((*table.present, *table.not_null))
        self._whole = table.whole
        self._longest = max(map(len, table.whole), default=-1)
        self._whole_cased = table.whole_cased
        self._looked = looked
        checked = [(id_, table.checks[check], check) for id_, check in table.checked]
        together = [(id_, it, check) for id_, it, check in checked if isinstance(it, Regex) and it.least < _LONG]
        self._together = together if len(together) > 2 else []
        """Regular expressions without a literal, of which one is asked first whether any matches."""
        self._any_of_them = Regex("|".join(f"(?:{regex.pattern})" for _, regex, _ in self._together))
        self._checked = [it for it in checked if it not in self._together]
        self._numbers: dict[float, list[int]] = {}
        for number, id_ in table.numbers:
            self._numbers.setdefault(number, []).append(id_)
        self._number_ids = {id_ for _, id_ in table.numbers}
        self._networks = Networks(table.networks) if table.networks else None
        self._checks = table.checks
        self._asked = list(table.literals.values())
        self._texts = list(table.literals)
        self._literals = literals

    def text(self, text: str, value: Member | str = "") -> frozenset[int]:
        """Of a text; or of what is compared by its text, which `value` is then."""
        found = self._of_whole(text, text.lower() if len(text) <= self._longest else text)
        if self._asked:
            # Of ASCII the search itself ignores case; what else `str.lower` does to a text must be done beforehand.
            shown, data = (text, text.encode()) if text.isascii() else (lower := text.lower(), encoded(lower))
            for number in self._literals.among(data):
                value = self._take(number, shown, value or text, found)
        if self._checked or self._together:
            self._check(value if isinstance(value, Member) else member(text), found)
        return self._always | found if found else self._always

    def texts(self, texts: Sequence[str]) -> list[frozenset[int]]:
        """Of each of many short texts: one scan of all of them tells the few literals that any can contain."""
        lowered = [text.lower() for text in texts]
        all_found = list(map(self._of_whole, texts, lowered))
        if self._asked:
            for number in self._literals.among(encoded("\n".join(lowered))):
                literal = self._texts[number]
                for place, low in enumerate(lowered):
                    if literal in low:
                        self._take(number, low, texts[place], all_found[place])
        if self._checked or self._together:
            for text, found in zip(texts, all_found, strict=True):
                self._check(member(text), found)
        always = self._always
        return [always | found if found else always for found in all_found]

    def _of_whole(self, text: str, lowered: str) -> set[int]:
        """What is asked of the text as one; a text longer than all those asked for need not be in lower case."""
        found: set[int] = set()
        if (ids := self._whole.get(lowered)) is not None:
            found.update(ids)
        if self._whole_cased and (ids := self._whole_cased.get(text)) is not None:
            found.update(ids)
        if self._networks is not None:
            found.update(self._networks.of(text))
        return found

    def _take(self, number: int, shown: str, value: Member | str, found: set[int]) -> Member | str:
        """What holds since the value contains this literal; the value, as far as it had to be made.

        `shown` is its text, in lower case but for ASCII.
        """
        for id_, lies, check in self._asked[number]:
            if id_ in found:
                continue
            if lies == CHECK:
                self._looked[check] += len(shown)
                value = member(value) if isinstance(value, str) else value
                if not self._checks[check].holds(value, _NO_READER):
                    continue
            elif lies != ANYWHERE:
                literal = self._texts[number]
                edge = shown[-len(literal) :] if lies == AT_END else shown[: len(literal)]
                if edge.lower() != literal:
                    continue
            found.add(id_)
        return value

    def _check(self, value: Member, found: set[int]) -> None:
        """Those that every value is tested with. One look of many together counts for each of them."""
        size, looked = len(value.text), self._looked
        for id_, predicate, check in self._checked:
            looked[check] += size
            if predicate.holds(value, _NO_READER):
                found.add(id_)
        if self._together:
            for _, _, check in self._together:
                looked[check] += size
            if self._any_of_them.holds(value, _NO_READER):
                found.update([id_ for id_, predicate, _ in self._together if predicate.holds(value, _NO_READER)])

    def other(self, value: Member) -> frozenset[int]:
        """Null, a number or a boolean: numbers compare by value, everything else by the text."""
        if value.raw is None:
            return frozenset(self._null)
        found = self.text(value.text, value)
        if isinstance(value.raw, bool):
            return found
        return found.difference(self._number_ids).union(self._numbers.get(value.raw, ()))


class Networks:
    """Which of many networks an address lies in: one look-up for each length of prefix."""

    def __init__(self, networks: Sequence[tuple[str, int]]) -> None:
        self._ids: dict[tuple[int, int], dict[int, list[int]]] = {}
        """Version and bits behind the prefix -> prefix -> ids."""
        for told, id_ in networks:
            network = ip_network(told)
            behind = network.max_prefixlen - network.prefixlen
            prefixes = self._ids.setdefault((network.version, behind), {})
            prefixes.setdefault(int(network.network_address) >> behind, []).append(id_)

    def of(self, text: str) -> Iterator[int]:
        try:
            address = ip_address(text)
        except ValueError:
            return
        number, version = int(address), address.version
        for (theirs, behind), prefixes in self._ids.items():
            if theirs == version:
                yield from prefixes.get(number >> behind, ())
