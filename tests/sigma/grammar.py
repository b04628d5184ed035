"""Rules, filters and events drawn from the whole grammar, as plain data: the same seed gives the same case.

An own generator instead of hypothesis' strategies: it draws a case in about a millisecond, so that CI can afford thousands.
Values of events are mostly echoes of words that the rules look for, changed a little, so that things meet.
"""

from __future__ import annotations

import base64
from random import Random
from typing import Any

Case = dict[str, Any]
"""`rules` (id, logsource, detection), `filters`, `events` (shape, fields, spelling), `tight` (memory limits)."""

FIELDS = ("A", "B", "C.d", "E f", "EventID", "Computer", "Channel", "process.executable", "event.code", "user.name")
COMMON = ("A", "B", "C.d", "E f", "EventID", "Computer")
"""What every shape of a Windows event can have under the same name."""
LETTERS = 'abAB k\u212aSs\u017f\u0130i\u0307\u1e9e\u00df-/\u2013\\*?.\n"1\u0111\u0110:'
"""Few, so that things meet; among them all that has bitten an engine: case that is not ASCII's, wildcards, escapes."""
TELLING = ("mimikatz", "whoami", "straße", "STRASSE", "\u212aelvin", "\u0130stanbul", "skill", " -enc ", " /c ", "a-b", "-a -b",
           "C:\\Windows\\cmd.exe", r"\\host\*", r"a\*b", r"\\*x", "im*?z", "?hoami", "who*i", "who?m*", "1000", "1e3", "-0.0",
           "true", "null", "", "*", "?", "?*", "\\", "\\\\", 'say "hi"', "url/path", "\u0111\u1ed7 v\u0103n", "10.1.2.3",
           "security", "EventID", "Channel")  # fmt: skip
SURE = (
    "mimikatz",
    "whoami",
    "skill",
    "kerberos",
    'say "hi"',
    "back\\slash",
    "sekurlsa::",
    "im*katz",
    "-0.0x",
    "invoke-",
)
"""Keywords that a look at the raw bytes can find."""
ADDRESSES = ("10.1.2.3", "192.0.2.7", "::1", "FE80::1", "fe80::1%eth0", "::ffff:10.1.2.3", "10.1.2.3 ", "0:0:0:0:0:0:0:1",
             "2001:db8::ff", "255.255.255.255", "10.1.2", "167838211")  # fmt: skip
NETWORKS = ("10.0.0.0/8", "10.1.2.0/24", "10.1.2.3", "192.0.2.0/25", "0.0.0.0/0", "::1/128", "fe80::/10", "2001:db8::/32",
            "::ffff:10.0.0.0/104", "::/0")  # fmt: skip
TIMES = (
    "2026-03-01T19:30:00Z",
    "2026-03-01 19:30:00.123",
    "2025-12-31T23:59:59+07:00",
    "1970-01-01T00:00:00Z",
    "19:30",
    "2026-13-01",
)
PARTS = {"minute": (30, 59, 0), "hour": (2, 19, 23), "day": (1, 2, 31), "week": (1, 9, 10), "month": (1, 3, 12),
         "year": (1970, 2025, 2026)}  # fmt: skip
NUMBERS = (0, 1, -1, 2, 1.0, 1.5, 1e3, 1000, -0.0, 10**20, 2**53 + 1, 2**63, 0.1, 1e-7, 4688, 10)
NUMERIC = (
    "1",
    "1.0",
    " 1",
    "1_000",
    "1e3",
    "nan",
    "inf",
    "-inf",
    "\u0663",
    "0x10",
    "+1",
    "01",
    "100000000000000000000",
)
REGEXES = ("a+b", "^a", "b$", "a.b", "(ab|ba)+", "[^a]b", r"\w\W", r"\Sa", "(?i)ak", "s", "K", "aa|bb", "(?:ab)?1", ".", "",
           r"\bwho", "ska|kil", "m.m.katz", "[[:alpha:]]k", "a[[:^alpha:]x]b", "a{,2}bc", r"\pLb", "(?-i:ab)", r"ab\z",
           "a[b[c]d", r"ab\.c", r"\x{212a}", "a{2,3}", r"\Qa.b\E", "(?i:SKILL)|x", r"\d{2,}",
           "^$", "(?s)a.b", "(?m)^b", "stra(ß|ss)e", "a|b|", "(who|mimi)(ami|katz)", r"\\", "[k\u212a]", "\u0130")  # fmt: skip
LOGSOURCES = ({"product": "windows"}, {"product": "windows", "service": "security"}, {"product": "windows", "service": "other"},
              {"product": "windows", "category": "start"}, {"category": "start"}, {"product": "windows", "category": "plain"},
              {"product": "windows", "category": "start", "service": "other"}, {"product": "linux"}, {"category": "webserver"},
              {"product": "linux", "service": "sshd"}, {"service": "nowhere"})  # fmt: skip
CHANNELS = ("x", "Security", "SECURITY", "Other/One", "other/two")
CONDITIONS = ("{0}", "not {0}", "{0} and {1}", "{0} or {1}", "{0} and not {1}", "not ({0} or {1})", "1 of s_*", "all of s_*",
              "any of them", "all of them", "1 of them and not {1}", "{0} and not 1 of f_*", "not all of s_* and {0}",
              "({0} or {1}) and ({2} or not {0})", "not {0} and not {1}", "{0} or {1} and {2}", "not (not {0})",
              "not ({0} and {1}) and {2}", "all of f_* or {0}", "{0} OR NOT {2}", "not 1 of s_* and {2}")  # fmt: skip
_KINDS = (
    ("text", 9),
    ("scalar", 2),
    ("re", 2),
    ("compare", 1),
    ("exists", 1),
    ("cidr", 1),
    ("fieldref", 1),
    ("time", 1),
)


def drawn(seed: int) -> Case:
    return _Draw(seed).case()


class _Draw:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.words: list[str] = []
        """What the rules look for."""
        self.is_sure = self.chance(0.4)

    def case(self) -> Case:
        shapes = ("flat", "provider", "nested", "winlogbeat", "nxlog", "wrapped", "found", "text", "json")
        rules = [self.rule(number) for number in range(self.random.randint(1, 6))]
        filters = [self.filter(rules) for _ in range(2) if self.chance(0.15)]
        events = [self.event(self.random.choices(shapes, (11, 3, 2, 2, 2, 0.5, 0.3, 0.7, 1))[0]) for _ in range(6)]
        return {"rules": rules, "filters": filters, "events": events, "tight": int(self.chance(0.25))}

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, choices: Any) -> Any:
        return self.random.choice(choices)

    def some(self, draw: Any, most: int = 3) -> list[Any]:
        return [draw() for _ in range(self.random.randint(1, most))]

    # ------------------------------------------------------------------------------------------------------- rules

    def rule(self, number: int) -> dict[str, Any]:
        logsource = LOGSOURCES[0] if self.chance(0.5) else self.one(LOGSOURCES)
        return {"id": f"{number:08}", "logsource": logsource, "detection": self.detection()}

    def filter(self, rules: list[dict[str, Any]]) -> dict[str, Any]:
        logsource = self.one(
            ({"product": "windows"}, {"product": "windows", "service": "security"}, {"category": "start"}, {})
        )
        named = [each["id"] for each in rules if self.chance(0.5)] if self.chance(0.5) else []
        return {"logsource": logsource, "rules": named, "detection": self.detection()}

    def detection(self) -> dict[str, Any]:
        names = self.one((["s_1", "f_1", "_own"], ["s_1", "s_2", "f_1"], ["s_1", "f_1", "f_2"]))
        texts = [
            self.one(CONDITIONS).format(*self.random.sample(names, 3)) for _ in range(2 if self.chance(0.1) else 1)
        ]
        return {**{name: self.selection() for name in names}, "condition": texts if len(texts) > 1 else texts[0]}

    def selection(self) -> Any:
        kind = self.random.random()
        if kind < 0.6:
            return self.map()
        if kind < 0.75:
            return self.some(self.map, 2)
        if kind < 0.9:
            return self.some(self.keyword)
        if kind < 0.95:
            return {self.one(("|all", "|contains", "|cased", "|windash|all", "|re", "|neq")): self.some(self.keyword)}
        return [self.map(), self.keyword()]

    def keyword(self) -> Any:
        if self.is_sure:
            return self.heard(self.one(SURE))
        return self.random.randint(0, 1000) if self.chance(0.15) else self.word() or "k"

    def map(self) -> dict[str, Any]:
        return dict(self.some(self.item))

    def item(self) -> tuple[str, Any]:
        kinds, weights = zip(*_KINDS, strict=True)
        name = self.one(FIELDS[:4]) if self.chance(0.75) else self.one(FIELDS)
        key, values = getattr(self, f"_{self.random.choices(kinds, weights)[0]}")()
        # `|all` and `|neq` mean something to every kind, `exists` apart.
        ending = "".join(f"|{each}" for each, share in (("all", 0.15), ("neq", 0.1)) if self.chance(share))
        return f"{name}{key}{'' if 'exists' in key else ending}", values

    def _text(self) -> tuple[str, list[str]]:
        before = self.one(("", "", "", "", "|windash", "|expand", "|wide", "|utf16le", "|utf16be", "|utf16"))
        coded = (
            self.one(("", "", "|base64", "|base64offset"))
            if before[:2] in {"", "|w", "|u"} and before != "|windash"
            else ""
        )
        if before[:2] in {"|w", "|u"} and not coded:
            coded = "|base64"  # what is encoded alone holds NUL
        place = self.one(("", "|contains", "|contains", "|startswith", "|endswith"))
        cased = "|cased" if self.chance(0.15) else ""
        words = self.some(self.word)
        if coded:
            words = [self.heard("".join(char for char in word if char not in "*?\\") or "ping") for word in words]
        if before == "|expand":
            words = [word + "%list%" for word in words]
        return f"{before}{coded}{place}{cased}", words

    def _scalar(self) -> tuple[str, list[Any]]:
        return "", self.some(lambda: self.one((*NUMBERS, True, False, None, None, "", "true", self.word())))

    def _re(self) -> tuple[str, list[str]]:
        flags = "".join(f"|{flag}" for flag in "ims" if self.chance(0.25))
        return f"|re{flags}", self.some(lambda: self.one(REGEXES))

    def _compare(self) -> tuple[str, Any]:
        return f"|{self.one(('lt', 'lte', 'gt', 'gte'))}", self.one(NUMBERS)

    def _exists(self) -> tuple[str, bool]:
        return "|exists", self.chance(0.5)

    def _cidr(self) -> tuple[str, list[str]]:
        return "|cidr", self.some(lambda: self.one(NETWORKS))

    def _fieldref(self) -> tuple[str, Any]:
        how = self.one(("", "|contains", "|startswith", "|endswith")) + ("|cased" if self.chance(0.2) else "")
        return f"|fieldref{how}", self.one(FIELDS) if self.chance(0.8) else self.some(lambda: self.one(FIELDS), 2)

    def _time(self) -> tuple[str, list[int]]:
        part = self.one(tuple(PARTS))
        return f"|{part}", self.some(lambda: self.one(PARTS[part]), 2)

    def word(self) -> str:
        if self.words and self.chance(0.2):
            return str(self.one(self.words))
        return self.heard(
            self.one(TELLING)
            if self.chance(0.4)
            else "".join(self.random.choices(LETTERS, k=self.random.randint(0, 6)))
        )

    def heard(self, word: str) -> str:
        self.words.append(word)
        return word

    # ------------------------------------------------------------------------------------------------------ events

    def event(self, shape: str) -> dict[str, Any]:
        names = (*FIELDS[:4], "Z") if self.chance(0.6) else (*FIELDS, "Z")
        fields = {name: self.value() for name in names if self.chance(0.6)}
        if self.chance(0.05):
            fields[self.echo() + "n"] = "x"  # a keyword as the name of a field
        fields.update(self.place())
        return {
            "shape": shape,
            "fields": fields,
            "spelling": self.random.randrange(1, 1 << 30) if self.chance(0.4) else 0,
        }

    def place(self) -> dict[str, Any]:
        event_id: Any = self.one((1, 1, 1, 2, 4688))
        if self.chance(0.06):
            event_id = self.one((True, 1.0, "1", None, [1], {"#text": "1"}, 10**20))
        channel: Any = self.one(CHANNELS)
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
            return self.one(NUMBERS)
        return self.one((True, False, None, "", *ADDRESSES, *TIMES, *NUMERIC))

    def echo(self) -> str:
        """A word of the rules as an event may have it."""
        word = (
            str(self.one(self.words))
            if self.words and self.chance(0.85)
            else "".join(self.random.choices(LETTERS, k=4))
        )
        for change in self.random.sample(_CHANGES, self.random.choice((0, 1, 1, 2))):
            word = change(self, word)
        return word

    def plain(self, word: str) -> str:
        """With something instead of the wildcards."""
        for sign, instead in (("*", ("", "a", "xyz", "*")), ("?", ("b", "\n", "?"))):
            word = word.replace(f"\\{sign}", "\0e").replace(sign, self.one(instead)).replace("\0e", sign)
        return word.replace("%list%", self.one(("ab", "cd")))

    def around(self, word: str) -> str:
        begin, end = ("".join(self.random.choices(LETTERS, k=self.random.randint(0, 3))) for _ in range(2))
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
    lambda _, word: word.replace("k", "\u212a").replace("i", "\u0130"),
    lambda _, word: word.replace("s", "\u017f").replace("ss", "\u00df"),
    lambda draw, word: word.replace("-", draw.one("-/\u2013\u2014\u2015")),
    lambda draw, word: word + str(draw.one(draw.words or [""])),
)  # fmt: skip
