"""Ways to break the engine, one small change each; `mutations` proves that every one of them is noticed."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    what: str
    module: str
    """Below `soc`."""
    old: str
    """Stands there once; empty: `new` is added to the end."""
    new: str
    shared: bool = False
    """The plain evaluator says the same then, so that only the tests with written expectations can tell."""


def _compiled(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.compiled", old, new)


def _tables(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.tables", old, new)


def _scanner(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.scanner", old, new)


def _fields(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.fields", old, new)


def _index(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.index", old, new)


def _plans(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.plans", old, new)


def _matcher(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.matcher", old, new)


def _keywords(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.keywords", old, new)


def _needles(what: str, old: str, new: str) -> Mutant:
    return Mutant(what, "sigma.needles", old, new)


CONDITIONS = (
    _compiled("a guard though one alternative has none", "if len(guards) < len(parts):", "if not guards:"),
    _compiled("`not` keeps the guard of what it negates", "return _Part((NOT, self._part(node.node).spec), None, 0.0)",
              "return self._part(node.node)._replace(spec=(NOT, self._part(node.node).spec))"),
    _compiled("`neq` forgotten", "if item.negated else part", "if False else part"),
    _compiled("`neq` keeps its guard", "return _Part((NOT, part.spec), None, 0.0) if item.negated else part",
              "return part._replace(spec=(NOT, part.spec)) if item.negated else part"),
    _compiled("`not` forgotten, later", "return lambda held: not only(held)", "return only"),
    _compiled("`all` of one field as any, at first", "return all(not held.isdisjoint(group) for group in about)",
              "return any(not held.isdisjoint(group) for group in about)"),
    _compiled("`all` of one field as any, later", "return _all_of([_meets(group) for group in about])",
              "return _any_of_these([_meets(group) for group in about])"),
    _compiled("`all` forgotten", "if item.every and len(groups) > 1 else", "if False else"),
    _compiled("`and` as `or`, later", "return _all_of(below) if word == ALL else", "return"),
    _compiled("`and` as `or`, at first", "(all if word == ALL else any)", "any"),
    _compiled("`or` as `and`, later", "if word == ALL else _any_of_these(below)", ""),
    _compiled("`or` as `and`, at first", "(all if word == ALL else any)", "all"),
    _compiled("`not` forgotten, at first", "return not holds(about[0], held)", "return holds(about[0], held)"),
    _compiled("one form only of a value with several", "each.forms if isinstance(each, OneOf)", "each.forms[:1] if isinstance(each, OneOf)"),
    _compiled("a mapping's names forgotten", "self._names.get(item.field, item.field)", "item.field"),
    _compiled("keywords not told to the plan", "self._keywords += every_id", "pass"),
    _compiled("fields not told to the plan", "self._fields[name] = None", "pass"),
    _compiled("two predicates with one number", "found = ids[predicate] = self._fresh(_rank(predicate), name)",
              "found = ids[predicate] = max(ids.values(), default=0) or self._fresh(_rank(predicate), name)"),
    _compiled("folding takes one alternative for all", "return frozenset[int]().union(*found) if all(found)", "return found[0] if all(found)"),
    _compiled("folding although one alternative needs nothing", "union(*found) if all(found) else", "union(*found) if any(found) else"),
    _compiled("folding through `not`", "if word not in {ALL, ANY_OF}:", "if word not in {ALL, ANY_OF, NOT}:"),
)  # fmt: skip

VALUES = (
    _fields("null and absent swapped", "(table.missing if value is ABSENT else table.present)", "(table.present if value is ABSENT else table.missing)"),
    _fields("absent is not null", "frozenset((*table.null, *(table.missing", "frozenset((*(), *(table.missing"),
    _tables("the end for anywhere", "        return ANYWHERE\n", "        return AT_END\n"),
    _tables("the start for anywhere", "        return ANYWHERE\n", "        return AT_START\n"),
    _tables("anywhere for the start", "        return AT_START\n", "        return ANYWHERE\n"),
    _tables("anywhere for the end", "return AT_END if shape", "return ANYWHERE if shape"),
    _tables("anywhere for what must be checked", "if shape == [True, None] else CHECK", "if shape == [True, None] else ANYWHERE"),
    _scanner("the start and the end not looked at", "                if edge.lower() != literal:\n                    continue\n", ""),
    _scanner("the start for the end", "if lies == AT_END else", "if lies != AT_END else"),
    _scanner("an end in another case", "if edge.lower() != literal:", "if edge != literal:"),
    _scanner("the check skipped", "if not self._checks[check].holds(value, _NO_READER):", "if False:"),
    _tables("`cased` ignored for whole texts", "(table.whole_cased if predicate.cased else table.whole)", "table.whole"),
    _tables("`cased` ignored for parts of texts", "lies = CHECK if predicate.cased else _lies(parts)", "lies = _lies(parts)"),
    _scanner("lower case forgotten for whole texts", "text.lower() if len(text) <= self._longest else text", "text"),
    _scanner("lower case of ASCII only", "if text.isascii() else", "if True else"),
    _scanner("the longest whole text not found", "if len(text) <= self._longest", "if len(text) < self._longest"),
    _tables("a literal of another case", "texts = [part.lower() for part in parts if isinstance(part, str)]",
            "texts = [part for part in parts if isinstance(part, str)]"),
    _scanner("`*` forgotten", "frozenset((*table.present, *table.not_null))", "frozenset(table.present)"),
    _scanner("`exists` forgotten", "frozenset((*table.present, *table.not_null))", "frozenset(table.not_null)"),
    _scanner("a pattern without literals never tried", "self._checked = [it for it in checked if it not in self._together]", "self._checked = []"),
    _scanner("patterns without literals never tried", "if self._any_of_them.holds(value, _NO_READER):", "if False:"),
    _scanner("patterns together are all that one of them is", "for id_, predicate, _ in self._together if predicate.holds(value, _NO_READER)])",
            "for id_, predicate, _ in self._together])"),
    _tables("only the first literal of a pattern", "for literal in literals:\n", "for literal in literals[:1]:\n"),
    _scanner("numbers by their text alone", ".union(self._numbers.get(value.raw, ()))", ""),
    _scanner("true is 1", "if isinstance(value.raw, bool):", "if False:"),
    _fields("1 remembered as true", "place = (type(value), repr", "place = (float, repr"),
    _fields("zeros of either sign remembered as one", "repr(value) if type(value) is float else value", "value"),
    _fields("a shortened key of the memo of texts", "            memory.take(size)\n            self[value] = found\n", "            memory.take(size)\n            self[value[:6]] = found\n"),
    _fields("old values outlive the classes", "        self._typed.clear()\n        self._old = {}\n", "        self._typed.clear()\n"),
    _fields("numbers outlive the classes", "        self.clear()\n        self._typed.clear()\n", "        self.clear()\n"),
    _fields("the memory of fields outlives the classes", "            memo.forget()\n", "            pass\n"),
    _fields("one member of a list only", "for each in members(value) or ()\n", "for each in (members(value) or ())[:1]\n"),
    _fields("an empty list does not exist", "frozenset(scanner.present).union(*found)", "frozenset().union(*found)"),
    _scanner("null has a text", "return frozenset(self._null)", "return self._always"),
    _scanner("networks of IPv6 forgotten", "if theirs == version:", "if theirs == version == 4:"),
    _scanner("networks of all versions in one", "if theirs == version:", "if True:"),
    _scanner("prefixes one bit short", "behind = network.max_prefixlen - network.prefixlen", "behind = max(network.max_prefixlen - network.prefixlen - 1, 0)"),
    _scanner("texts together in the case of the events", "lowered = [text.lower() for text in texts]", "lowered = list(texts)"),
    _scanner("a literal in one of many texts is in all", "                    if literal in low:\n", "                    if True:\n"),
    _scanner("of many texts the first only has literals", "for place, low in enumerate(lowered):", "for place, low in enumerate(lowered[:1]):"),
    _scanner("patterns without literals not tried on many texts", "            for text, found in zip(texts, all_found, strict=True):\n                self._check(member(text), found)\n", "            pass\n"),
    _fields("texts that waited have the class of nothing", "            self[text] = class_\n", "            self[text] = 0\n"),
    _fields("classes of texts that waited in another order", "zip(texts, self._field.classify_all(texts), strict=True)",
            "zip(reversed(texts), self._field.classify_all(texts), strict=True)"),
    _fields("two sets with one class", "found = self._numbers.get(ids)", "found = self._numbers.get(ids) or self._numbers.get(frozenset(sorted(ids)[1:]))"),
)  # fmt: skip

SCANS = (
    _needles("one alternative of a pattern needs nothing", "if all(branches) else ()", "if any(branches) else ()"),
    _needles("what may be left out is needed", "and argument[0] >= 1:", "and argument[0] >= 0:"),
    _needles("letters with two lower cases relied on", '_FOLDED = frozenset("sk")', "_FOLDED = frozenset()"),
    _needles("a flag inside of a pattern ignored", ' or "(?i" in pattern', ""),
    _needles("classes of RE2 read as Python reads them", 'if "[:" in pattern:', "if False:"),
    _keywords("a class of keywords is always empty", "return self._among(native, raw, {number for number, _ in hits}) if hits else 0", "return 0"),
    _keywords("escapes in raw bytes ignored", "self.in_json = [*written, *(_deceptive(needles_) if written else ())]", "self.in_json = [*written]"),
    _keywords("Kelvin sign and dotted I in raw bytes ignored", "for code in codes), *_DECEPTIVE]", "for code in codes)]"),
    _keywords("escapes of capital letters ignored", "for form in (char, char.upper())", "for form in (char,)"),
    _keywords("a quote ends a text though it is escaped", r'''rb"(?![^\"\\]*\"\s*:)"''', r'''rb"(?![^\"]*\"\s*:)"'''),
    _keywords("quotes not escaped as in JSON", r""".replace('"', '\\"').encode()""", ".encode()"),
    _keywords("backslashes not escaped as in JSON", r"""needle.replace("\\", "\\\\")""", "needle"),
    _keywords("numbers looked for as they are written", "or _NUMERIC.fullmatch(best)", ""),
    _keywords("an envelope's escapes ignored", " and frame.envelope is None", ""),
    _keywords("one of several needles of a pattern", "if len(found := needles(predicate.pattern)) == 1 else ()", "if (found := needles(predicate.pattern)) else ()"),
    _keywords("keywords in the case of the event", "for value in values]).lower()", "for value in values])"),
    _keywords("keywords across two values", r"""and "\0" not in inside""", ""),
    _keywords("values inside of names of fields only", "if self._in_values[number].search(raw)}", "if not self._in_values[number].search(raw)}"),
)  # fmt: skip

PLANS = (
    _index("rules without a guard never tried", "tried = set(unguarded)", "tried = set()"),
    _index("rules of other kinds of events tried", "for number in tried & members:", "for number in tried:"),
    _index("rules in any order", "tuple(found[id_] for id_ in sorted(found))", "tuple(found[id_] for id_ in sorted(found, reverse=True))"),
    _plans("a shortened key of flat events", "for number, field in enumerate(fields)]", "for number, field in enumerate(fields[:-1])]"),
    _plans("a shortened key of other events", "return tuple(classes)", "return tuple(classes[:-1])"),
    _plans("the class of keywords not in the key", "            key = (*key, held)\n", "            pass\n"),
    _plans("references not in the key", "            if item.holds(EventReader(event, names)) if told is None else told:\n",
             "            if False:\n"),
    _plans("references not in the shortcut's key", "            if told:\n", "            if False:\n"),
    _plans("references not decided", "            held |= {-number for number in key if number < 0}\n", "            pass\n"),
    _plans("what the kind decides is forgotten", "held = self._constant.union(", "held = frozenset().union("),
    _plans("a reference's `neq` forgotten", "return predicate.compares(value, other) is not item.negated", "return predicate.compares(value, other)"),
    _plans("the first of several references only", "if not is_flat or more or not isinstance", "if not is_flat or not isinstance"),
    _plans("the shortcut decides on references that are no texts", "            if told is None:\n                return None\n", ""),
    _plans("the shortcut forgets keywords of some kinds only", "(not words.is_sure or words.hits(raw))", "False"),
    _plans("the shortcut forgets keywords that raw bytes do not show", "(not words.is_sure or words.hits(raw))", "words.hits(raw)"),
    _plans("the shortcut forgets keywords that are not sought everywhere", "not words.ids <= searched", "words.ids.isdisjoint(searched)"),
    _plans("the class of keywords not in the shortcut's key", "                key = (*key, class_)\n", "                pass\n"),
    _matcher("the shortcut decides before new texts are known", "                    if memory.waits:\n", "                    if False:\n"),
    _matcher("events that waited match nothing", "for number, native, plan in waiting:", "for number, native, plan in waiting[:0]:"),
    _matcher("events that waited may be too large", "found[number] = _if_flat(rules, native, lines[number])", "found[number] = rules"),
    _plans("the shortcut leaves out lists", "            key = self._key_of(native)\n", "            return ()\n"),
    _plans("a shortened key of the shortcut's lists", "for field, _ in self._shape.reads]", "for field, _ in self._shape.reads[:-1]]"),
    _plans("the shortcut takes lists of any depth",
             "            if not is_bounded(native, raw):\n                return None\n            key = self._key_of(native)\n",
             "            key = self._key_of(native)\n"),
    _matcher("the shortcut forgets keywords of all kinds", "dict.fromkeys(_lines_of(self._common.everywhere(block), lines))", "{}"),
    _matcher("the shortcut counts lines without their ends", "(len(line) + 1 for line in lines)", "(len(line) for line in lines)"),
    _matcher("the shortcut leaves out what it cannot decode", "                found[number] = None\n                continue\n", "                continue\n"),
    _matcher("the shortcut decides on lines that hold keywords", "if type(native) is dict and number not in found:", "if type(native) is dict:"),
    _matcher("the shortcut finds rules in what is too large", "return rules if rules and is_flat(native, raw) else None", "return rules"),
    _matcher("the shortcut takes what is wrapped for the event", " and is_bare(native):", ":"),
    _matcher("the shortcut takes true for an event id", "if type(event_id) is int and type(channel)", "if isinstance(event_id, int) and type(channel)"),
    _matcher("plans of two formats in one", "told = (format_.name, id(index),", 'told = ("", id(index),'),
    _matcher("plans of two kinds in one", "id(index), numbers, tuple(constant))", "id(index), tuple(constant))"),
    _index("results outlive the classes", "                results.clear()\n", "                pass\n"),
    _plans("ECS names unknown to other formats", 'if value is ABSENT and "." in field.name:', "if False:"),
    _plans("ECS names unknown to flat events", ' and not any("." in field.name for field in fields)', ""),
    _plans("ECS fields that are absent are null", "                if value is None:  # ECS documents have no nulls\n                    value = ABSENT\n", ""),
    _index("rules left out that need one of several ids", "or not needed[number].isdisjoint(held)]", "or needed[number] <= held]"),
    _index("only the first constant is known", "for name, value in constant.items() if name in self.fields]",
             "for name, value in constant.items() if name in self.fields][:1]"),
)  # fmt: skip


def _modifier(name: str, new: str, module: str = "sigma.modifiers") -> Mutant:
    return Mutant(f"the modifier `{name}` skipped", module, "", new, shared=True)


def _change(what: str, module: str, old: str, new: str) -> Mutant:
    return Mutant(what, f"sigma.{module}", old, new, shared=True)


MODIFIERS = (
    *(_modifier(name, f"_CHANGES[{name!r}] = lambda parts, _encoding, _site: [parts]")
      for name in ("contains", "startswith", "endswith", "windash", "expand", "base64", "base64offset")),
    *(_modifier(name, f"_ENCODINGS[{name!r}] = 'utf-8'") for name in ("wide", "utf16le", "utf16be", "utf16")),
    *(_modifier(f"re|{flag}", f"_FLAGS -= {{{flag!r}}}") for flag in "ims"),
    *(_modifier(name, f"_MAKERS[{name!r}] = _text") for name in ("re", "cidr")),
    *(_modifier(f"fieldref|{how}", f"_REFERENCES[{how!r}] = str.__eq__", "sigma.predicates") for how in ("contains", "startswith", "endswith")),
    *(Mutant(f"`{name}` as `{other}`", "sigma.predicates", "", f"OPERATORS[{name!r}] = OPERATORS[{other!r}]", shared=True)
      for name, other in (("lt", "lte"), ("lte", "lt"), ("gt", "gte"), ("gte", "gt"), ("lt", "gt"), ("gte", "lte"))),
    *(Mutant(f"any {part} will do", "sigma.predicates", "        return (when.isocalendar()",
             f"        return self.part == {part!r} or (when.isocalendar()", shared=True)
      for part in ("minute", "hour", "day", "week", "month", "year")),
    _change("the week as the month's", "predicates", 'when.isocalendar().week if self.part == "week"', '(when.day // 7) if self.part == "week"'),
    _change("times in UTC instead of the site's zone", "predicates", "instant.to_datetime(told).astimezone(self.zone)", "instant.to_datetime(told)"),
    _change("the modifier `cased` skipped", "modifiers", 'if keyword else parts, "cased" in modifiers)', "if keyword else parts)"),
    _change("the modifier `cased` of `fieldref` skipped", "modifiers", 'return [FieldRef(value, how, "cased" in modifiers)]', "return [FieldRef(value, how)]"),
    _change("the modifier `neq` skipped", "modifiers", '"neq" in modifiers)', "False)"),
    _change("the modifier `all` skipped", "modifiers", 'every = "all" in modifiers', "every = False"),
    _change("the modifier `exists` upside down", "modifiers", "return [Exists(value)]", "return [Exists(not value)]"),
    _change("variants of one value have all to hold", "modifiers", "found += [OneOf(forms)] if every and len(forms) > 1 else forms", "found += forms"),
    *(_change(f"the dash {dash} forgotten", "modifiers", '_DASHES = ("-", "/", "\\u2013", "\\u2014", "\\u2015")',
              "_DASHES = (" + ", ".join(f'"{other}"' for other in ("-", "/", "\\u2013", "\\u2014", "\\u2015") if other != dash) + ")")
      for dash in ("-", "/", "\\u2013", "\\u2014", "\\u2015")),
    _change("dashes inside of words too", "modifiers", r're.compile(r"\B[-/]\b")', 're.compile(r"[-/]")'),
    *(_change(f"the {name} base64offset forgotten", "modifiers", "enumerate((0, 2, 3)):", f"tuple(enumerate((0, 2, 3)))[{part}]:")
      for name, part in (("last", ":2"), ("first", "1:"), ("middle", "::2"))),
    _change("base64offset with the characters that what follows changes", "modifiers", "(None, -3, -2)[", "(None, -2, -2)["),
    _change("base64offset with those that what goes before changes", "modifiers", "enumerate((0, 2, 3)):", "enumerate((0, 1, 2)):"),
)  # fmt: skip

MEANING = (
    _change("`1 of` as `all of`", "condition", '"1": AnyOf,', '"1": All,'),
    _change("`any of` as `all of`", "condition", '"any": AnyOf,', '"any": All,'),
    _change("`all of` as `1 of`", "condition", '"all": All}', '"all": AnyOf}'),
    _change("`them` with what a rule keeps for itself", "condition", 'return not name.startswith("_")', "return True"),
    _change("`not` takes all that follows", "condition", "return Not(self._one(depth + 1))", "return Not(self.either(depth + 1))"),
    _change("`or` binds closest", "condition", 'nodes = [self._both(depth)]\n        while self._next_is("or"):',
            'nodes = [self._both(depth)]\n        while self._next_is("or") and depth:'),
    _change("of several conditions the first only", "detection", "return nodes[0] if len(nodes) == 1 else AnyOf(tuple(nodes))", "return nodes[0]"),
    _change("several conditions must all hold", "detection", "return nodes[0] if len(nodes) == 1 else AnyOf(tuple(nodes))",
            "return nodes[0] if len(nodes) == 1 else All(tuple(nodes))"),
    _change("one item of a map is enough", "detection", "return whole[0] if len(whole) == 1 else All(tuple(whole))",
            "return whole[0] if len(whole) == 1 else AnyOf(tuple(whole))"),
    _change("maps in a list must all hold", "detection", "return whole[0] if len(whole) == 1 else AnyOf(tuple(whole))",
            "return whole[0] if len(whole) == 1 else All(tuple(whole))"),
    _change("filters not applied", "filters", "mine = [each for each in known if each.is_for(rule)]", "mine = []"),
    _change("of several filters the first only", "rule", "*self.filters)) if", "*self.filters[:1])) if"),
    _change("filters without regard to the log source", "filters", "return self._fits(rule.logsource) and", "return"),
    _change("filters without regard to ids", "filters", "not self.rules or rule.info.id in self.rules", "True or rule.info.id in self.rules"),
    _change("filters do not know names of rules", "filters", " or rule.name in self.rules", ""),
    _change("a list of the event must satisfy a value with all its members", "nodes", "return any(predicate.holds(member, reader) for member in found)",
            "return all(predicate.holds(member, reader) for member in found)"),
    _change("absent is not null", "nodes", "return isinstance(predicate, Null) or predicate", "return predicate"),
    _change("case counts", "values", "return Member(raw, text, text.lower())", "return Member(raw, text, text)"),
    _change("Python's words for booleans", "values", 'text = "true" if raw else "false"', "text = str(raw)"),
    _change("null has a text", "predicates", "        if member.raw is None:\n            return False\n        return self._test(",
            "        return self._test("),
    _change("true is 1", "predicates", "if isinstance(raw, int | float) and not isinstance(raw, bool):\n            return raw == self.value",
            "if isinstance(raw, int | float):\n            return raw == self.value"),
    _change("a wildcard does not stand for line ends", "predicates", 'f"(?s){pattern}"', "pattern"),
    _change("`?` stands for any number of characters", "predicates", '".*" if part is MANY else "."', '".*" if part is MANY else ".*"'),
    _change("texts between wildcards in any order", "predicates", "            at += len(each)\n", "            at = len(start)\n"),
    _change("a text's start and end overlap", "predicates", "if at > stop or not text.startswith", "if not text.startswith"),
    _change("networks of IPv6 never hold", "predicates", "return ip_address(member.text) in self.network", "return self.network.version == 4 and ip_address(member.text) in self.network"),
    _change("a text as long as a pattern asks is too short", "predicates", "len(member.text) < self.least", "len(member.text) <= self.least"),
    _change("repetitions taken for a row", "needles", 'str(operator) == "LITERAL" and argument < _ASCII)', 'str(operator) != "RANGE")'),
    _change("a row without regard to case", "needles", "tree.state.flags != re.UNICODE", "False"),
    _change("a run as long as a pattern asks is too short", "predicates", "len(line) >= self._run", "len(line) > self._run"),
    _change("escapes are wildcards", "strings", 'if char == "\\\\" and at + 1 < end and text[at + 1] in _ESCAPED:', "if False:"),
    _change("a channel's event ids ignored", "logsources", "if not event_ids or event_id in event_ids", "if True"),
    _change("a category in any channel", "logsources", 'entries = self.places[channel] + self.places[""] if channel else self.places[""]',
            "entries = [entry for each in self.places.values() for entry in each]"),
    _change("a place's conditions ignored", "logsources", "All((*self.conditions, self.rule.node)) if self.conditions else self.rule.node", "self.rule.node"),
    _change("another product's rules", "logsources", 'if asked.product not in {"", "windows"}:', "if False:"),
    _change("channels in their own case", "logsources", "frozenset(name.lower() for name in names)", "frozenset(names)"),
)  # fmt: skip

MUTANTS = (*CONDITIONS, *VALUES, *SCANS, *PLANS, *MODIFIERS, *MEANING)
