"""Rules, filters and events drawn from the whole grammar, as plain data: the same seed gives the same case.

An own generator instead of hypothesis' strategies: it draws a case in about a millisecond, so that CI can afford thousands.
Values of events are mostly echoes of words that the rules look for, changed a little, so that things meet.
"""

from __future__ import annotations

import base64
from random import Random
from typing import Any

import re2

from tests.sigma import vocabulary

Case = dict[str, Any]
"""`rules` (id, logsource, detection), `filters`, `events` (shape, fields, spelling), `tight` (memory limits)."""

EVENTS = 12
_SHAPES = {
    "flat": 11,
    "provider": 3,
    "nested": 2,
    "winlogbeat": 2,
    "nxlog": 2,
    "wrapped": 1.5,
    "found": 0.3,
    "text": 0.7,
    "json": 1,
}
_KINDS = {"text": 9, "scalar": 3, "re": 2, "compare": 1, "exists": 1, "cidr": 2, "fieldref": 2, "time": 1, "place": 2}
"""How often each is drawn."""
_AIMS: dict[str, tuple[Any, ...]] = {
    "cidr": vocabulary.ADDRESSES,
    "re": vocabulary.FOUND,
    "exists": (None, "", [], "x"),
    **dict.fromkeys(vocabulary.PARTS, vocabulary.TIMES),
}
"""What may satisfy an item of some kinds."""
_WIDE = ("|wide", "|utf16le", "|utf16be", "|utf16")
_FITTING = {regex: tuple(text for text in vocabulary.FOUND if re2.search(regex, text)) for regex in vocabulary.REGEXES}


def drawn(seed: int) -> Case:
    return _Draw(seed).case()


class _Draw:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.words: list[str] = []
        """What the rules look for."""
        self.asked: list[tuple[str, str, Any]] = []
        """Fields, modifiers and values of their items."""
        self.told: list[Any] = []
        """What the events so far hold."""
        self.is_sure = self.chance(0.5)
        """Whether keywords show in raw bytes."""
        self.fields = vocabulary.FLAT if self.chance(0.6) else vocabulary.FIELDS
        self.is_placed = self.chance(0.2)
        """Whether selections ask for event ids."""

    def case(self) -> Case:
        rules = [self.rule(number) for number in range(self.random.randint(1, 6))]
        filters = [self.filter(rules) for _ in range(2) if self.chance(0.15)]
        events = [self.event(self.weighed(_SHAPES)) for _ in range(EVENTS)]
        return {"rules": rules, "filters": filters, "events": events, "tight": int(self.chance(0.35))}

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, choices: Any) -> Any:
        return self.random.choice(choices)

    def weighed(self, choices: dict[str, float]) -> str:
        return self.random.choices(list(choices), list(choices.values()))[0]

    def some(self, draw: Any, most: int = 3) -> list[Any]:
        return [draw() for _ in range(self.random.randint(1, most))]

    # ------------------------------------------------------------------------------------------------------- rules

    def rule(self, number: int) -> dict[str, Any]:
        logsource = vocabulary.LOGSOURCES[0] if self.chance(0.5) else self.one(vocabulary.LOGSOURCES)
        return {"id": f"{number:08}", "logsource": logsource, "detection": self.detection()}

    def filter(self, rules: list[dict[str, Any]]) -> dict[str, Any]:
        logsource = self.one(
            ({"product": "windows"}, {"product": "windows", "service": "security"}, {"category": "start"}, {})
        )
        named = [each["id"] for each in rules if self.chance(0.5)] if self.chance(0.5) else []
        return {"logsource": logsource, "rules": named, "detection": self.detection()}

    def detection(self) -> dict[str, Any]:
        if self.chance(0.45):  # where one item decides, a fault in it shows
            only = self.searched() if self.chance(0.25) else dict([self.item()])
            return {"s_1": only, "condition": "s_1" if self.chance(0.8) else "not s_1"}
        names = self.one((["s_1", "f_1", "_own"], ["s_1", "s_2", "f_1"], ["s_1", "f_1", "f_2"]))
        texts = [
            self.one(vocabulary.CONDITIONS).format(*self.random.sample(names, 3))
            for _ in range(2 if self.chance(0.1) else 1)
        ]
        return {**{name: self.selection() for name in names}, "condition": texts if len(texts) > 1 else texts[0]}

    def selection(self) -> Any:
        kind = self.random.random()
        if kind < 0.6:
            return self.map()
        if kind < 0.75:
            return self.some(self.map, 2)
        return [self.map(), self.keyword()] if kind < 0.8 else self.searched()

    def searched(self) -> Any:
        """Keywords, looked for in all that an event says."""
        modifiers = self.one(("", "", "", "", "|all", "|all", "|contains", "|cased", "|windash|all", "|re", "|neq"))
        words = self.some((lambda: self.one(vocabulary.REGEXES)) if modifiers == "|re" else self.keyword)
        return {modifiers: words} if modifiers else words

    def keyword(self) -> Any:
        if self.is_sure:
            return self.heard(self.one(vocabulary.SURE if self.chance(0.95) else ("1000", "1e3")))
        return self.random.randint(0, 1000) if self.chance(0.15) else self.word() or "k"

    def map(self) -> dict[str, Any]:
        place = {"EventID": self._place()[1]} if self.is_placed and self.chance(0.7) else {}
        return place | dict(self.some(self.item))

    def name(self) -> str:
        return str(self.one(self.fields[:3] if self.chance(0.75) else self.fields))

    def item(self) -> tuple[str, Any]:
        name = self.name()
        kind = self.weighed(_KINDS)
        name = "EventID" if kind == "place" else name
        key, values = getattr(self, f"_{kind}")()
        # `|all` and `|neq` mean something to every kind, `exists` apart.
        ending = "".join(f"|{each}" for each, share in (("all", 0.15), ("neq", 0.1)) if self.chance(share))
        self.asked.append((name, key, values))
        return f"{name}{key}{'' if 'exists' in key else ending}", values

    def _text(self) -> tuple[str, list[str]]:
        before = self.one(("", "", "", "", "|windash", "|expand", *_WIDE))
        coded = ""
        if before in _WIDE or not before:  # what is encoded in two bytes alone holds NUL
            coded = self.one(("|base64", "|base64offset") if before else ("", "", "|base64", "|base64offset"))
        place = self.one(("", "|contains", "|contains", "|startswith", "|endswith"))
        cased = "|cased" if self.chance(0.25) else ""
        words = self.some(self.word)
        if coded:
            words = [self.heard("".join(char for char in word if char not in "*?\\") or "ping") for word in words]
        if before == "|expand":
            words = [word + "%list%" for word in words]
        return f"{before}{coded}{place}{cased}", words

    def _scalar(self) -> tuple[str, list[Any]]:
        return "", self.some(lambda: self.one((*vocabulary.NUMBERS, True, False, None, None, "", "true", self.word())))

    def _re(self) -> tuple[str, list[str]]:
        flags = "".join(f"|{flag}" for flag in "ims" if self.chance(0.25))
        return f"|re{flags}", self.some(lambda: self.one(vocabulary.REGEXES))

    def _compare(self) -> tuple[str, Any]:
        return f"|{self.one(('lt', 'lte', 'gt', 'gte'))}", self.one(vocabulary.NUMBERS)

    def _exists(self) -> tuple[str, bool]:
        return "|exists", self.chance(0.5)

    def _cidr(self) -> tuple[str, list[str]]:
        return "|cidr", self.some(lambda: self.one(vocabulary.NETWORKS))

    def _fieldref(self) -> tuple[str, Any]:
        how = self.one(("", "|contains", "|startswith", "|endswith")) + ("|cased" if self.chance(0.2) else "")
        return f"|fieldref{how}", self.name() if self.chance(0.8) else self.some(self.name, 2)

    def _place(self) -> tuple[str, list[Any]]:
        return "", self.some(lambda: self.one((1, 1, 2, 4688, "1", 4689)))

    def _time(self) -> tuple[str, list[int]]:
        part = self.one(tuple(vocabulary.PARTS))
        return f"|{part}", self.some(lambda: self.one(vocabulary.PARTS[part]), 2)

    def word(self) -> str:
        if self.words and self.chance(0.2):
            return str(self.one(self.words))
        return self.heard(self.one(vocabulary.TELLING) if self.chance(0.4) else self.letters(self.random.randint(0, 6)))

    def heard(self, word: str) -> str:
        self.words.append(word)
        return word

    # ------------------------------------------------------------------------------------------------------ events

    def event(self, shape: str) -> dict[str, Any]:
        names = (*self.fields[:3], "Z") if self.chance(0.6) else (*vocabulary.FIELDS, "Z")
        fields = {name: self.value() for name in names if self.chance(0.3)}
        for name, key, values in self.random.sample(self.asked, min(len(self.asked), 4)):
            if "fieldref" in key:
                fields.update(self.pair(name, values))
            else:
                fields[name] = self.aimed(key, values)
        if self.chance(0.05):
            fields[self.echo() + "n"] = "x"  # a keyword as the name of a field
        fields = {name: value for name, value in fields.items() if self.chance(0.9)} | self.place()
        self.told += fields.values()
        return {
            "shape": shape,
            "fields": fields,
            "spelling": self.random.randrange(1, 1 << 30) if self.chance(0.4) else 0,
        }

    def aimed(self, key: str, values: Any) -> Any:
        """What may satisfy an item."""
        if self.told and self.chance(0.15):
            return self.again()
        value = self.one(values) if isinstance(values, list) else values
        if self.chance(0.1):
            return [self.scalar(), self.near(key, value)]
        return self.near(key, value)

    def near(self, key: str, value: Any) -> Any:
        kind = key.split("|")[1] if key else ""
        if choices := _AIMS.get(kind):
            return self.one(_FITTING.get(value) or choices if self.chance(0.5) else choices)
        if value in {None, ""} or self.chance(0.08):
            return self.one((None, "", "null", []))
        if isinstance(value, int | float):
            wider = (value, float(value), str(value), value + 1, value - 1, f"{value}.0", abs(value) < 1)
            return self.one((*wider, value == value + 0, "true" if value else "false"))
        if "cased" in key and self.chance(0.5):
            value = self.one((value, value.lower(), value.upper(), value.swapcase()))
        if "with" in key and self.chance(0.4):  # where it stands matters
            word = self.plain(value)
            return self.one((f"{word}x{word}", f"{word}x", f"x{word}", f"x{word}x", word))
        return self.echo(value)

    def again(self) -> Any:
        """What was told before, or something that could be mistaken for it."""
        value = self.one(self.told)
        if isinstance(value, str):
            return self.one((value, value[:6], value + "x", value.upper(), [value]))
        if isinstance(value, int | float):
            return self.one((value, -value, float(value), bool(value), str(value), [value]))
        return value

    def pair(self, name: str, values: Any) -> dict[str, Any]:
        """A field and the one that it is compared with."""
        other = self.one(values) if isinstance(values, list) else values
        value = self.scalar()
        alike = (
            value,
            value,
            self.scalar(),
            [value],
            [self.scalar(), value],
            str(value),
            str(value).upper(),
            "x" + str(value),
        )
        return {name: self.one((*alike, str(value) + "x")), other: value}

    def place(self) -> dict[str, Any]:
        event_id: Any = self.one((1, 1, 1, 2, 4688))
        if self.chance(0.06):
            event_id = self.one((True, 1.0, "1", None, [1], {"#text": "1"}, 10**20))
        channel: Any = self.one(vocabulary.CHANNELS)
        if self.chance(0.06):
            channel = self.one((None, 7, ["x"], "x" * 300, ""))
        return {"EventID": event_id, "Channel": channel}

    def value(self) -> Any:
        kind = self.random.random()
        if kind < 0.12:
            return self.some(self.scalar) if self.chance(0.9) else []
        return {"x": self.scalar()} if kind < 0.15 else self.scalar()

    def scalar(self) -> Any:
        kind = self.random.random()
        if kind < 0.7:
            return self.echo()
        if kind < 0.8:
            return self.one(vocabulary.NUMBERS)
        return self.one((True, False, None, "", *vocabulary.ADDRESSES, *vocabulary.TIMES, *vocabulary.NUMERIC))

    def echo(self, word: str = "") -> str:
        """A word of the rules as an event may have it."""
        if not word:
            word = str(self.one(self.words)) if self.words and self.chance(0.85) else self.letters(4)
        for change in self.random.sample(_CHANGES, self.random.choice((0, 1, 1, 2))):
            word = change(self, word)
        return word

    def plain(self, word: str) -> str:
        """With something instead of the wildcards."""
        for sign, instead in (("*", ("", "a", "xyz", "*")), ("?", ("b", "\n", "?"))):
            word = word.replace(f"\\{sign}", "\0e").replace(sign, self.one(instead)).replace("\0e", sign)
        return word.replace("%list%", self.one(("ab", "cd")))

    def letters(self, count: int) -> str:
        return "".join(self.random.choices(vocabulary.LETTERS, k=count))

    def around(self, word: str) -> str:
        begin, end = (self.letters(self.random.randint(0, 3)) for _ in range(2))
        return begin + self.plain(word) + end

    def encoded(self, word: str) -> str:
        word = self.one(("", "x", "xx")) + word + self.one(("", "y", "yy"))
        data = word.encode(self.one(("utf-8", "utf-16-le", "utf-16-be", "utf-16")))
        return base64.b64encode(data).decode() if self.chance(0.7) else data.decode("latin-1")

    def long(self, word: str) -> str:
        """About as long as what is remembered, and longer."""
        filler = "." * (1024 - len(word) + self.random.randint(-2, 2))
        return self.one((filler + word, word + filler, filler + word + "." * 200))


_CHANGES = (
    _Draw.plain, _Draw.plain, _Draw.around, _Draw.around, _Draw.encoded, _Draw.long,
    lambda _, word: word.upper(), lambda _, word: word.swapcase(), lambda _, word: word.lower(),
    lambda _, word: word.replace("k", "\u212a"),
    lambda _, word: word.replace("i", "\u0130"),
    lambda draw, word: draw.plain(word) + draw.one(('":x', '" : "', "\\")),
    lambda _, word: word.replace("s", "\u017f").replace("ss", "\u00df"),
    lambda _, word: word[len(word) // 2 :] + word[: len(word) // 2],
    lambda draw, word: word.replace("-", draw.one("-/\u2013\u2014\u2015")),
    lambda draw, word: word + str(draw.one(draw.words or [""])),
    lambda draw, word: draw.plain(word) + draw.one(("", "x", " ")) + draw.plain(word),
)  # fmt: skip
