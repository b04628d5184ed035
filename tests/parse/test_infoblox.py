"""What is NIOS' own, and what any BIND or dhcpd says."""

from __future__ import annotations

import pytest

from soc import parse
from soc.record import LogSource, Record


@pytest.mark.parametrize(
    ("text", "name", "vendor"),
    [
        ("<30>Feb 28 23:14:02 ns1 named[1]: client @0x1 192.0.2.1#53 (a.example): query: a.example IN A + (192.0.2.2)", "dns", None),
        ("<30>Feb 28 23:14:02 ns1.corp.example named[1]: client @0x1 192.0.2.1#53 (a.example): query: a.example IN A + (192.0.2.2)", "infoblox", None),
        ("<30>Feb 28 23:14:02 ns1 named[1]: client 192.0.2.1#53: UDP: query: a.example IN A response: NOERROR +", "infoblox", "Infoblox"),
        ("<30>Feb 28 23:14:02 dhcp1 dhcpd[1]: DHCPACK on 192.0.2.1 to 00:00:5e:00:53:01 via eth1", "dhcp", None),
        ("<30>Feb 28 23:14:02 dhcp1 dhcpd[1]: DHCPACK on 192.0.2.1 to 00:00:5e:00:53:01 via eth1 relay 192.0.2.2 lease-duration 60", "infoblox", "Infoblox"),
        ("<30>Feb 28 23:14:02 pc1 dhclient[1]: DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval 1", "plain", None),
    ],
)  # fmt: skip
def test_a_vendor_is_told_only_by_what_no_other_writes(text: str, name: str, vendor: str | None) -> None:
    event = parse.parse(Record(text.encode(), "p", 0, 0, LogSource("logs.host")))
    assert (event.format.name, parse.ecs(event).get("observer.vendor")) == (name, vendor)
