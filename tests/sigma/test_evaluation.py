"""What a selection matches, construct by construct of the Sigma specification 2.1, with the traps that other engines fall into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sigma.rules import event_of, load_rule, load_text, matches, rule_text

if TYPE_CHECKING:
    from pathlib import Path

YES, NO = True, False

# (selection, fields of the event, whether it matches)
VALUES: list[tuple[Any, dict[str, Any], bool]] = [
    # Text compares in lower case, whole.
    ({"Image": r"C:\Windows\cmd.exe"}, {"Image": r"c:\windows\CMD.EXE"}, YES),
    ({"Image": "cmd.exe"}, {"Image": r"C:\cmd.exe"}, NO),
    ({"User": "ĐỖ VĂN"}, {"User": "đỗ văn"}, YES),
    ({"User": "K"}, {"User": "\u212a"}, YES),  # the Kelvin sign's lower case is k
    ({"User": "İ"}, {"User": "i\u0307"}, YES),
    ({"User": "straße"}, {"User": "STRASSE"}, NO),  # lower(), not casefold()
    ({"image": "a"}, {"Image": "a"}, NO),  # names of fields are case-sensitive
    # Wildcards stand for any characters, also line ends; a backslash takes their meaning away.
    ({"Image": r"*\cmd.exe"}, {"Image": r"C:\x\cmd.exe"}, YES),
    ({"Image": "a?c"}, {"Image": "abc"}, YES),
    ({"Image": "a?c"}, {"Image": "ac"}, NO),
    ({"Image": "a?c"}, {"Image": "a\nc"}, YES),
    ({"Image": "a*c"}, {"Image": "a\r\nbc"}, YES),
    ({"Image": "*b*a*"}, {"Image": "xab"}, NO),
    ({"Image": "ab*ba"}, {"Image": "aba"}, NO),
    ({"Image": "ab*ba"}, {"Image": "abba"}, YES),
    ({"Image": r"a\*c"}, {"Image": "abc"}, NO),
    ({"Image": r"a\*c"}, {"Image": "a*c"}, YES),
    ({"Image": r"a\\*c"}, {"Image": r"a\bc"}, YES),
    ({"Image": r"C:\Windows"}, {"Image": r"C:\Windows"}, YES),
    ({"Image|endswith": r"\?md.exe"}, {"Image": r"C:\cmd.exe"}, NO),  # an escaped question mark
    ({"Image|endswith": r"\c?d.exe"}, {"Image": r"C:\cmd.exe"}, YES),
    ({"Image": "*"}, {"Image": ""}, YES),
    ({"Image": "*"}, {}, NO),
    ({"Image": "?*"}, {"Image": ""}, NO),
    # Numbers by value or by their text; booleans by their words.
    ({"Level": 4}, {"Level": 4}, YES),
    ({"Level": 4}, {"Level": "4"}, YES),
    ({"Level": "4"}, {"Level": 4}, YES),
    ({"Level": 4}, {"Level": 4.0}, YES),
    ({"Level": 4}, {"Level": "4.0"}, NO),
    ({"Level": [4, 4.0]}, {"Level": "4.0"}, YES),
    ({"Level": 1}, {"Level": True}, NO),
    ({"Level": True}, {"Level": 1}, NO),
    ({"Initiated": "true"}, {"Initiated": True}, YES),
    ({"Initiated": True}, {"Initiated": "true"}, YES),
    ({"Initiated": True}, {"Initiated": "True"}, YES),
    ({"Initiated|cased": "true"}, {"Initiated": True}, YES),
    ({"Initiated": False}, {"Initiated": "false"}, YES),
    # Null, empty and absent are three things.
    ({"User": None}, {}, YES),
    ({"User": None}, {"User": None}, YES),
    ({"User": None}, {"User": ""}, NO),
    ({"User": ""}, {"User": ""}, YES),
    ({"User": ""}, {}, NO),
    ({"User": ""}, {"User": None}, NO),
    ({"User": [None, ""]}, {}, YES),
    ({"User": None}, {"User": ["a", None]}, YES),
    ({"User": "*"}, {"User": [None]}, NO),
    ({"User|exists": True}, {"User": ""}, YES),
    ({"User|exists": True}, {}, NO),
    ({"User|exists": False}, {}, YES),
    # Lists: of a rule one value is enough, of an event one member.
    ({"User": ["a", "b"]}, {"User": "b"}, YES),
    ({"User": "b"}, {"User": ["a", "b"]}, YES),
    ({"User|contains|all": ["a", "b"]}, {"User": ["xa", "xb"]}, YES),
    ({"User|contains|all": ["a", "b"]}, {"User": "xa"}, NO),
    ({"Data|contains": "evil"}, {"Data": ["good", "an evil one"]}, YES),
    ({"User": "a"}, {"User": []}, NO),
    # Maps are alternatives in a list, and conditions together in one map.
    ([{"User": "a"}, {"Image": "b"}], {"Image": "b"}, YES),
    ({"User": "a", "Image": "b"}, {"Image": "b"}, NO),
    # Keywords are looked for inside every value.
    (["mimikatz", "evil"], {"CommandLine": "run MIMIKATZ now"}, YES),
    ({"|all": ["one", "two"]}, {"CommandLine": "one", "User": "two"}, YES),
    ({"|all": ["one", "two"]}, {"CommandLine": "one"}, NO),
    ([4711], {"CommandLine": "port 4711 open"}, YES),
    # Parts of text.
    ({"CommandLine|contains": "-enc"}, {"CommandLine": "powershell -ENC abc"}, YES),
    ({"CommandLine|startswith": "power"}, {"CommandLine": "PowerShell"}, YES),
    ({"CommandLine|startswith": "shell"}, {"CommandLine": "PowerShell"}, NO),
    ({"CommandLine|endswith": "shell"}, {"CommandLine": "PowerShell"}, YES),
    ({"CommandLine|endswith": ["ab", "cd", "ef", "gh"]}, {"CommandLine": "ab ab"}, YES),
    ({"CommandLine|startswith": ["ab", "cd", "ef", "gh"]}, {"CommandLine": "ab ab"}, YES),
    ({"CommandLine|startswith": ["ab", "cd", "ef", "gh"]}, {"CommandLine": "xab"}, NO),
    ({"CommandLine|contains": 445}, {"CommandLine": "port 445"}, YES),
    ({"CommandLine|contains": "a*c"}, {"CommandLine": "xxabbbcxx"}, YES),
    ({"CommandLine|cased": "Abc"}, {"CommandLine": "abc"}, NO),
    ({"CommandLine|cased": "Abc"}, {"CommandLine": "Abc"}, YES),
    ({"CommandLine|contains|cased": "Abc"}, {"CommandLine": "xAbc"}, YES),
    ({"CommandLine|contains|cased": "Abc"}, {"CommandLine": "xabc"}, NO),
    ({"CommandLine|neq": "x"}, {"CommandLine": "y"}, YES),
    ({"CommandLine|neq": "x"}, {"CommandLine": "X"}, NO),
    ({"CommandLine|neq": "x"}, {}, YES),
    # windash: every dash that begins a word in all forms, also the slash.
    ({"CommandLine|windash|contains": " -f "}, {"CommandLine": "del /f x"}, YES),
    ({"CommandLine|windash|contains": " -f "}, {"CommandLine": "del \u2013f x"}, YES),
    ({"CommandLine|windash|contains": " -f "}, {"CommandLine": "del \u2014f x"}, YES),
    ({"CommandLine|windash|contains": " -f "}, {"CommandLine": "del \u2015f x"}, YES),
    ({"CommandLine|windash|contains": " /f "}, {"CommandLine": "del -f x"}, YES),
    ({"CommandLine|windash|contains": "a-b"}, {"CommandLine": "a/b"}, NO),
    ({"CommandLine|windash|contains|all": [" -a", " -b"]}, {"CommandLine": "x /a -b"}, YES),
    # Encoded text: the places where it can begin, and its last character.
    ({"CommandLine|base64|contains": "foobar"}, {"CommandLine": "Zm9vYmFy"}, YES),
    ({"CommandLine|base64offset|contains": "foobar"}, {"CommandLine": "eGZvb2Jhcg=="}, YES),  # "xfoobar"
    ({"CommandLine|base64offset|contains": "foobar"}, {"CommandLine": "eGZvb2Jhcnp6"}, YES),  # "xfoobarzz"
    ({"CommandLine|base64offset|contains": "foobar"}, {"CommandLine": "eHhmb29iYXJ5"}, YES),  # "xxfoobary"
    ({"CommandLine|base64offset|contains": "foobar"}, {"CommandLine": "Zm9vYmF6"}, NO),  # "foobaz"
    ({"CommandLine|wide|base64offset|contains": "ping"}, {"CommandLine": "cABpAG4AZwA="}, YES),
    ({"CommandLine|utf16le|base64|contains": "ping"}, {"CommandLine": "cABpAG4AZwA="}, YES),
    ({"CommandLine|utf16be|base64|contains": "ping"}, {"CommandLine": "AHAAaQBuAGc="}, YES),
    ({"CommandLine|utf16|base64|contains": "ping"}, {"CommandLine": "//5wAGkAbgBnAA=="}, YES),
    # Regular expressions are found anywhere, in the case that is written.
    ({"CommandLine|re": r"a\d+c"}, {"CommandLine": "xxa12cxx"}, YES),
    ({"CommandLine|re": "ABC"}, {"CommandLine": "abc"}, NO),
    ({"CommandLine|re|i": "ABC"}, {"CommandLine": "abc"}, YES),
    ({"CommandLine|re": "a.c"}, {"CommandLine": "a\nc"}, NO),
    ({"CommandLine|re|s": "a.c"}, {"CommandLine": "a\nc"}, YES),
    ({"CommandLine|re": ".{5,}"}, {"CommandLine": "ab\nabcde"}, YES),
    ({"CommandLine|re": ".{5,}"}, {"CommandLine": "abcd\nabcd"}, NO),
    ({"CommandLine|re": "^c"}, {"CommandLine": "a\nc"}, NO),
    ({"CommandLine|re|m": "^c"}, {"CommandLine": "a\nc"}, YES),
    ({"CommandLine|re": "whoami|mimikatz"}, {"CommandLine": "run mimikatz"}, YES),
    ({"CommandLine|re": ".*"}, {}, NO),
    ({"Level|re": "^4$"}, {"Level": 4}, YES),
    # Networks.
    ({"DestinationIp|cidr": "10.0.0.0/8"}, {"DestinationIp": "10.1.2.3"}, YES),
    ({"DestinationIp|cidr": "10.0.0.0/8"}, {"DestinationIp": "11.1.2.3"}, NO),
    ({"DestinationIp|cidr": "10.0.0.0/8"}, {"DestinationIp": "fe80::1"}, NO),
    ({"DestinationIp|cidr": ["fe80::/10", "::1/128"]}, {"DestinationIp": "FE80::1"}, YES),
    ({"DestinationIp|cidr": "::1/128"}, {"DestinationIp": "0:0:0:0:0:0:0:1"}, YES),
    ({"DestinationIp|cidr": "10.0.0.0/8"}, {"DestinationIp": "-"}, NO),
    # Numbers in order.
    ({"Level|gt": 3}, {"Level": 4}, YES),
    ({"Level|gt": 3}, {"Level": "4"}, YES),
    ({"Level|gte": 4}, {"Level": 4}, YES),
    ({"Level|gte": 4}, {"Level": 5}, YES),
    ({"Level|gte": 4}, {"Level": 3}, NO),
    ({"Level|gt": 4}, {"Level": 4}, NO),
    ({"Level|lt": 4}, {"Level": 4}, NO),
    ({"Level|lt": 5}, {"Level": 4}, YES),
    ({"Level|lte": 4}, {"Level": 4}, YES),
    ({"Level|lte": 4.5}, {"Level": 4.25}, YES),
    ({"Level|gt": 3}, {"Level": "high"}, NO),
    ({"Level|gt": 0}, {"Level": True}, NO),
    # Another field of the event.
    ({"User|fieldref": "ParentUser"}, {"User": "A", "ParentUser": "a"}, YES),
    ({"User|fieldref": "ParentUser"}, {"User": "a", "ParentUser": "b"}, NO),
    ({"User|fieldref": "ParentUser"}, {"User": "a"}, NO),
    ({"User|fieldref": ["ParentUser", "Other"]}, {"User": "a", "ParentUser": "b", "Other": "A"}, YES),
    ({"User|fieldref|cased": "ParentUser"}, {"User": "a", "ParentUser": "A"}, NO),
    ({"User|fieldref|startswith": "ParentUser"}, {"User": "abc", "ParentUser": "AB"}, YES),
    ({"User|fieldref|endswith": "ParentUser"}, {"User": "abc", "ParentUser": "bc"}, YES),
    ({"User|fieldref|contains": "ParentUser"}, {"User": "abc", "ParentUser": "b"}, YES),
    # Parts of a time, in the site's zone (UTC+7 here).
    ({"UtcTime|hour": 2}, {"UtcTime": "2026-03-01T19:30:00Z"}, YES),
    ({"UtcTime|day": 2}, {"UtcTime": "2026-03-01T19:30:00Z"}, YES),
    ({"UtcTime|minute": 30}, {"UtcTime": "2026-03-01T19:30:00Z"}, YES),
    ({"UtcTime|month": [1, 3]}, {"UtcTime": "2026-03-01T19:30:00Z"}, YES),
    ({"UtcTime|year": 2025}, {"UtcTime": "2026-03-01T19:30:00Z"}, NO),
    ({"UtcTime|week": 10}, {"UtcTime": "2026-03-01T19:30:00Z"}, YES),
    ({"UtcTime|week": 9}, {"UtcTime": "2026-03-01T16:30:00Z"}, YES),
    *(({f"UtcTime|{part}": 4}, {"UtcTime": "2026-03-01T19:30:00Z"}, NO) for part in ("minute", "hour", "day", "week", "month")),
    ({"UtcTime|hour": 2}, {"UtcTime": "yesterday"}, NO),
]  # fmt: skip


@pytest.mark.parametrize(("selection", "fields", "expected"), VALUES, ids=[str(case[:2])[:90] for case in VALUES])
def test_a_selection_matches(tmp_path: Path, selection: Any, fields: dict[str, Any], expected: bool) -> None:
    assert matches(tmp_path, selection, fields) is expected


CONDITIONS = [
    ("a and b", {"A": "1", "B": "1"}, YES),
    ("a and b", {"A": "1"}, NO),
    ("a or b", {"B": "1"}, YES),
    ("not a", {}, YES),
    ("a and not b", {"A": "1", "B": "1"}, NO),
    ("a or b and c", {"A": "1"}, YES),  # `and` binds closer
    ("(a or b) and c", {"A": "1"}, NO),
    ("not a and b", {"B": "1"}, YES),  # `not` binds closest
    ("not a and b", {}, NO),
    ("not (a and b)", {"B": "1"}, YES),
    ("1 of them", {"C": "1"}, YES),
    ("any of them", {"C": "1"}, YES),
    ("all of them", {"A": "1", "B": "1"}, NO),
    ("all of them", {"A": "1", "B": "1", "C": "1", "F1": "1", "F2": "1"}, YES),
    ("1 of f_*", {"F2": "1"}, YES),
    ("all of f_*", {"F2": "1"}, NO),
    ("a and not 1 of f_*", {"A": "1", "F2": "1"}, NO),
    ("A AND NOT 1 OF f_*", {"A": "1"}, None),  # names of selections are case-sensitive
    ("a AND NOT 1 OF f_*", {"A": "1"}, YES),
    (["a", "b"], {"B": "1"}, YES),
]
SELECTIONS = {"a": {"A": 1}, "b": {"B": 1}, "c": {"C": 1}, "f_1": {"F1": 1}, "f_2": {"F2": 1}, "_own": {"Z": 1}}


@pytest.mark.parametrize(("condition", "fields", "expected"), CONDITIONS, ids=[str(case[0]) for case in CONDITIONS])
def test_a_condition_combines_selections(
    tmp_path: Path, condition: Any, fields: dict[str, Any], expected: bool | None
) -> None:
    if expected is None:
        faults = load_text(tmp_path, rule_text({**SELECTIONS, "condition": condition})).faults
        assert "there is no selection 'A'" in str(faults[0])
        return
    rules = load_rule(tmp_path, {**SELECTIONS, "condition": condition})
    assert bool(rules.match(event_of(fields))) is expected


def test_a_placeholder_takes_the_values_of_the_sites_list(tmp_path: Path) -> None:
    selection = {"User|expand": "corp\\%admins%"}
    lists = {"admins": ["lan", "minh"]}
    assert matches(tmp_path, selection, {"User": r"CORP\Minh"}, lists=lists)
    assert not matches(tmp_path, selection, {"User": r"corp\binh"}, lists=lists)


def test_a_field_whose_own_name_has_a_dot_or_a_blank_is_found(tmp_path: Path) -> None:
    assert matches(tmp_path, {"a.b": "x"}, {"a.b": "x"})
    assert matches(tmp_path, {"Some_Field": "x"}, {"Some_Field": "x"})


def test_an_event_matches_each_rule_once_and_rules_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    detection = {"s": {"User": "a"}, "condition": "s"}
    ids = ["00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000001"]
    rules = load_text(tmp_path, *(rule_text(detection, id=id_) for id_ in ids))
    assert [rule.info.id for rule in rules.match(event_of({"User": "a"}))] == sorted(ids)
