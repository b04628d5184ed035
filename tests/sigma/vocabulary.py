"""The words that drawn rules and events are made of: few, so that things meet, among them all that has bitten an engine."""

from __future__ import annotations

FIELDS = ("A", "B", "C.d", "E f", "EventID", "Computer", "Channel", "process.executable", "event.code", "user.name")
FLAT = ("A", "B", "E f", "EventID", "Computer", "Channel")
"""Those without a dot: with one, a rule may mean what only the whole event tells."""
COMMON = ("A", "B", "C.d", "E f", "EventID", "Computer")
"""What every shape of a Windows event can have under the same name."""
LETTERS = 'abAB k\u212aSs\u017f\u0130i\u0307\u1e9e\u00df-/\u2013\\*?.\n"1\u0111\u0110:'
"""Case that is not ASCII's, dashes, wildcards, escapes."""
TELLING = (
    "mimikatz", "whoami", "stra\u00dfe", "STRASSE", "\u212aelvin", "\u0130stanbul", "skill", " -enc ", " /c ", "a-b", "-a -b",
    "C:\\Windows\\cmd.exe", r"\\host\*", r"a\*b", r"\\*x", "im*?z", "?hoami", "who*i", "who?m*", "*mi*katz*", "a*b*a", "ab*ba", "*i*w*", "1000", "1e3", "-0.0", "0.0",
    "true", "null", "", "*", "?", "?*", "\\", "\\\\", 'say "hi"', "url/path", "\u0111\u1ed7 v\u0103n", "10.1.2.3", "security",
    "EventID", "Channel",
)  # fmt: skip
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
ADDRESSES = (
    "10.1.2.3", "192.0.2.7", "192.0.2.200", "::1", "FE80::1", "fe80::1%eth0", "::ffff:10.1.2.3", "10.1.2.3 ", "0:0:0:0:0:0:0:1",
    "2001:db8::ff", "2001:db9::1", "255.255.255.255", "10.1.3.0", "10.1.2", "167838211", "0.0.0.1", "a00::",
)  # fmt: skip
NETWORKS = (
    "10.0.0.0/8", "10.1.2.0/24", "10.1.2.3", "192.0.2.0/25", "0.0.0.0/0", "::1/128", "fe80::/10", "2001:db8::/32", "a00::/8",
    "::ffff:10.0.0.0/104", "::/0",
)  # fmt: skip
TIMES = (
    "2026-03-01T19:30:00Z",
    "2026-03-01 19:30:00.123",
    "2025-12-31T23:59:59+07:00",
    "1970-01-01T00:00:00Z",
    "19:30",
    "2026-13-01",
)
PARTS = {
    "minute": (30, 59, 0), "hour": (2, 19, 23), "day": (1, 2, 31), "week": (1, 9, 10), "month": (1, 3, 12),
    "year": (1970, 2025, 2026),
}  # fmt: skip
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
REGEXES = (
    "a+b", "^a", "b$", "a.b", "(ab|ba)+", "[^a]b", r"\w\W", r"\Sa", "(?i)ak", "s", "K", "aa|bb", "(?:ab)?1", ".", "", r"\bwho",
    "ska|kil", "m.m.katz", "[[:alpha:]]k", "a[[:^alpha:]x]b", "a{,2}bc", r"\pLb", "(?-i:ab)", r"ab\z", "a[b[c]d", r"ab\.c",
    r"\x{212a}", "a{2,3}", r"\Qa.b\E", "(?i:SKILL)|x", r"\d{2,}", "^$", "(?s)a.b", "(?m)^b", "stra(\u00df|ss)e", "a|b|",
    "(who|mimi)(ami|katz)", r"\\", "[k\u212a]", "\u0130", "(?i)skill", "(?i:ski)", "(xy)?ab", "(?:whoami)*",
)  # fmt: skip
FOUND = (
    "aab", "ab", "b", "aXb", "a\nb", "abba", "ak", "a\u212a", "whoami", "x who", "mimikatz", "SKILL", "skil", "ska", "ek", "a22",
    "stra\u00dfe", "STRASSE", "a.b", "a-b", "abbc", "a[b", "\\", "K", "k", "S", "\u017f", "1", "", "\n", "\u1e9e", "\u017f\u212aill",
    "kil", "bb", "acd", "whokatz", "xyab", "a1b",
)  # fmt: skip
"""What some regular expression is found in, or nearly."""
LOGSOURCES = (
    {"product": "windows"}, {"product": "windows", "service": "security"}, {"product": "windows", "service": "other"},
    {"product": "windows", "category": "start"}, {"category": "start"}, {"product": "windows", "category": "plain"},
    {"product": "windows", "category": "start", "service": "other"}, {"product": "linux"}, {"category": "webserver"},
    {"product": "linux", "service": "sshd"}, {"service": "nowhere"},
)  # fmt: skip
CHANNELS = ("x", "Security", "SECURITY", "Other/One", "other/two")
CONDITIONS = (
    "{0}", "not {0}", "{0} and {1}", "{0} or {1}", "{0} and not {1}", "not ({0} or {1})", "1 of s_*", "all of s_*", "any of them",
    "all of them", "1 of them and not {1}", "{0} and not 1 of f_*", "not all of s_* and {0}", "({0} or {1}) and ({2} or not {0})",
    "not {0} and not {1}", "{0} or {1} and {2}", "not (not {0})", "not ({0} and {1}) and {2}", "all of f_* or {0}",
    "{0} OR NOT {2}", "not 1 of s_* and {2}",
)  # fmt: skip
