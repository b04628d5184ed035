"""The inventory: `inventory/zones.yml` (zone -> networks) and `inventory/assets.yml` (who owns which host)."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import yaml
from msgspec import Struct

from soc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Network = IPv4Network | IPv6Network


class Asset(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `assets.yml`."""

    name: str
    ip: list[str] = []
    owner: str = ""
    layer: Literal["network", "host", "application", "data", "platform"] = "host"
    criticality: Literal["low", "medium", "high"] = "medium"


@dataclass(frozen=True, slots=True)
class Inventory:
    """`enrich` adds `soc.source.zone`, `soc.destination.zone`, `soc.asset.*`; an empty inventory adds nothing."""

    networks: tuple[tuple[Network, str], ...] = ()
    """The most specific first."""
    assets: Mapping[str, Asset] = field(default_factory=dict)
    """By lower-case name and by address."""
    faults: tuple[Fault, ...] = ()

    def enrich(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document (flat ECS) with what the inventory knows; a new one if anything is added."""
        added: dict[str, Any] = {}
        for side in ("source", "destination"):
            zone = self.zone(document.get(f"{side}.ip"))
            if zone:
                added[f"soc.{side}.zone"] = zone
        asset = self._asset(document)
        if asset:
            added |= {
                "soc.asset.name": asset.name,
                "soc.asset.owner": asset.owner,
                "soc.asset.criticality": asset.criticality,
            }
        return {**document, **added} if added else document

    def zone(self, address: object) -> str:
        """The zone of an address, empty if none has it."""
        if not self.networks or not isinstance(address, str):
            return ""
        try:
            ip = ip_address(address)
        except ValueError:
            return ""
        return next((name for network, name in self.networks if ip in network), "")

    def _asset(self, document: dict[str, Any]) -> Asset | None:
        for name in ("host.name", "destination.ip", "host.ip", "source.ip"):
            value = document.get(name)
            for item in value if isinstance(value, list) else (value,):
                found = self.assets.get(str(item).lower()) if item else None
                if found:
                    return found
        return None


def load(folder: Path) -> Inventory:
    """The inventory of a site; what is wrong in a file is a fault in it, and the rest is used."""
    faults: list[Fault] = []
    networks: list[tuple[Network, str]] = []
    zones = _read(folder / "zones.yml", dict[str, list[str]], faults) or {}
    for zone, members in zones.items():
        for member in members:
            try:
                networks.append((ip_network(member, strict=False), zone))
            except ValueError:
                fix = "write an address or a network like 10.1.0.0/16"
                faults.append(
                    Fault(
                        str(folder / "zones.yml"), _line(folder / "zones.yml", member), f"{member!r} is no network", fix
                    )
                )
    assets: dict[str, Asset] = {}
    for asset in _read(folder / "assets.yml", list[Asset], faults) or []:
        for key in (asset.name, *asset.ip):
            assets[key.lower()] = asset
    ordered = sorted(networks, key=lambda pair: -pair[0].prefixlen)
    return Inventory(tuple(ordered), assets, tuple(faults))


def _read(file: Path, kind: Any, faults: list[Fault]) -> Any:
    if not file.exists():
        return None
    try:
        return msgspec.convert(yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or kind(), kind)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        faults.append(Fault(str(file), line, f"not YAML: {error.problem}", "mend the syntax"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        faults.append(Fault(str(file), 1, str(error), "see docs for the shape of the file"))
    return None


def _line(file: Path, text: str) -> int:
    lines: Sequence[str] = file.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)
