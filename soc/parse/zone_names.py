"""Abbreviations of time zones, as programs print them behind a clock that names no offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.parse.when import zone_or

if TYPE_CHECKING:
    from datetime import tzinfo

# The usual meaning where several zones share one; EST is read as the wall clock of New York, since people write it there the
# year round. Whoever prints an offset or an IANA name needs none of these.
_MEANING = {
    "GMT": "+00:00", "WET": "+00:00", "Z": "+00:00", "WEST": "+01:00", "BST": "+01:00", "IST": "+05:30", "CET": "+01:00",
    "MET": "+01:00", "CEST": "+02:00", "MEST": "+02:00", "EET": "+02:00", "EEST": "+03:00", "SAST": "+02:00", "WAT": "+01:00",
    "CAT": "+02:00", "EAT": "+03:00", "MSK": "+03:00", "MSD": "+04:00", "PKT": "+05:00", "NPT": "+05:45", "ICT": "+07:00",
    "WIB": "+07:00", "WITA": "+08:00", "WIT": "+09:00", "SGT": "+08:00", "HKT": "+08:00", "PHT": "+08:00", "MYT": "+08:00",
    "AWST": "+08:00", "JST": "+09:00", "KST": "+09:00", "ACST": "+09:30", "ACDT": "+10:30", "AEST": "+10:00", "AEDT": "+11:00",
    "NZST": "+12:00", "NZDT": "+13:00", "NST": "-03:30", "NDT": "-02:30", "AST": "-04:00", "ADT": "-03:00",
    "EST": "America/New_York", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00",
    "PST": "-08:00", "PDT": "-07:00", "AKST": "-09:00", "AKDT": "-08:00", "HST": "-10:00", "BRT": "-03:00", "BRST": "-02:00",
    "ART": "-03:00", "CLT": "-04:00", "CLST": "-03:00", "COT": "-05:00", "PET": "-05:00", "UYT": "-03:00",
}  # fmt: skip


def called(name: str, otherwise: tzinfo) -> tzinfo:
    """The zone of an abbreviation, an offset (`+07`, `+0530`) or an IANA name; another where it is none of them."""
    if len(name) == 3 and name[0] in "+-" and name[1:].isascii() and name[1:].isdigit():
        name = f"{name}:00"
    return zone_or(_MEANING.get(name, name), otherwise)
