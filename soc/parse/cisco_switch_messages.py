"""What messages of IOS and NX-OS say: by their mnemonic, and in the words that many of them use."""

from __future__ import annotations

import re

ACCESS = re.compile(
    r"list (?P<acl>\S{1,256}) (?P<verdict>permitted|denied) (?:(?P<protocol>[\w-]{1,32}) )?(?P<src>[0-9A-Fa-f.:]{2,45})(?:\((?P<src_port>\d{1,5})\))?"
    r"(?: \((?P<interface>[\w/.:-]{1,64})[^()]{0,64}\))?(?: ->  ?(?P<dst>[0-9A-Fa-f.:]{2,45})(?:\((?P<dst_port>\d{1,5})\))?)?"
    r"(?: \((?P<icmp_type>\d{1,3})/(?P<icmp_code>\d{1,3})\))?,? (?P<packets>\d{1,18}) packets?"
)
# NX-OS: what its own access lists let pass or not.
FLOW = re.compile(
    r"(?:Src|Source) IP: (?P<src>[0-9A-Fa-f.:]{2,45}), (?:Dst|Destination) IP: (?P<dst>[0-9A-Fa-f.:]{2,45}), (?:Src|Source) Port: (?P<src_port>\d{1,5}), "
    r"(?:Dst|Destination) Port: (?P<dst_port>\d{1,5}), (?:Src|Source) (?:Intf|Interface): (?P<interface>[^,\s]{1,64}), Protocol: \"(?P<protocol>[\w-]{1,16})\"\(\d{1,3}\)"
    r"(?:, ACL Name: (?P<acl>[^,]{1,128}), ACE Action: (?P<verdict>\w{1,16}), Appl Intf: [^,]{1,64})?, Hit-count ?[=:] ?(?P<packets>\d{1,18})"
)
_IP = r"\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{1,4}|:):[0-9A-Fa-f:.]{2,41}"
_MAC = r"[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}"
# By the mnemonic, what the catalogue's text is.
MESSAGES: dict[str, re.Pattern[str]] = {
    "CONFIG_I": re.compile(rf"Configured from \S{{1,64}}(?: by (?P<user>\S{{1,128}}))?(?: on (?P<line>\S{{1,32}}))?(?: \((?P<src>{_IP})\))?"),
    "VSHD_SYSLOG_CONFIG_I": re.compile(rf"Configured from (?P<line>\S{{1,64}}) by (?P<user>\S{{1,128}}) on (?:(?P<src>{_IP})@)?\S{{1,64}}"),
    "LOGIN_SUCCESS": re.compile(r"Login Success \[user: ?(?P<user>[^\]]{0,128})\] \[Source: ?(?P<src>[^\]]{1,64})\] \[localport: ?(?P<dst_port>\d{1,5})\]"),
    "LOGIN_FAILED": re.compile(
        r"Login failed \[user: ?(?P<user>[^\]]{0,128})\] \[Source: ?(?P<src>[^\]]{1,64})\] \[localport: ?(?P<dst_port>\d{1,5})\]"
        r"(?: \[Reason: ?(?P<cause>[^\]]{1,256})\])?"
    ),
    "PRIV_AUTH_FAIL": re.compile(rf"Authentication to Privilege level (?P<privilege>\d{{1,3}}) failed by (?P<user>\S{{1,128}}) on (?P<line>\S{{1,32}})(?: \((?P<src>{_IP})\))?"),
    "PRIV_AUTH_PASS": re.compile(rf"Privilege level set to (?P<privilege>\d{{1,3}}) by (?P<user>\S{{1,128}}) on (?P<line>\S{{1,32}})(?: \((?P<src>{_IP})\))?"),
    "QUIET_MODE_ON": re.compile(
        r"[^\[]{1,256}\[user: ?(?P<user>[^\]]{0,128})\] \[Source: ?(?P<src>[^\]]{1,64})\] \[localport: ?(?P<dst_port>\d{1,5})\](?: \[Reason: ?(?P<cause>[^\]]{1,256})\])?"
        r"(?: \[ACL: ?(?P<acl>[^\]]{1,128})\])?"
    ),
    "LOGOUT": re.compile(r"User (?P<user>\S{1,128}) has exited tty session \d{1,5} ?\((?P<src>[^()]{0,64})\)"),
    "ACCTLOCAL": re.compile(r"Username: (?P<user>\S{1,128}) Privilege level: (?P<privilege>\d{1,3}) Command: (?P<command>.{1,4096})", re.DOTALL),
    "CFGLOG_LOGGEDCMD": re.compile(r"User: ?(?P<user>\S{0,128}) {1,4}logged command: ?(?P<command>.{1,4096})", re.DOTALL),
    "VSHD_SYSLOG_CMD_EXEC": re.compile(r"User: ?(?P<user>\S{1,128}) executed the command: ?(?P<command>.{1,4096})", re.DOTALL),
    "AAA_ACCOUNTING_MESSAGE": re.compile(
        rf"(?P<step>start|stop|update):(?:(?P<src>{_IP})@)?(?P<line>[^:]{{1,128}}):(?P<user>[^:]{{0,128}}):(?P<command>.{{0,4096}}?)(?: \((?P<result>SUCCESS|FAILURE)\))?\s*$",
        re.DOTALL,
    ),
    "INVALID_RP_JOIN": re.compile(rf"Received \([^()]{{1,128}}\) Join from (?P<src>{_IP}) for invalid RP (?P<dst>{_IP})"),
    "LOGGINGHOST_FAIL": re.compile(rf"Logging to host (?P<dst>{_IP}) port (?P<dst_port>\d{{1,5}})"),
    "LOGGINGHOST_STARTSTOP": re.compile(rf"Logging to host (?P<dst>{_IP}) [Pp]ort (?P<dst_port>\d{{1,5}})"),
    "BADAUTH": re.compile(rf"(?P<cause>.{{1,128}}?) from (?P<src>{_IP})\((?P<src_port>\d{{1,5}})\) to (?P<dst>{_IP})\((?P<dst_port>\d{{1,5}})\)"),
    "SESS_AUDIT_TRAIL": re.compile(
        rf"(?:Stop )?(?P<protocol>[\w-]{{1,16}}) session: initiator \((?P<src>{_IP}):(?P<src_port>\d{{1,5}})\) sent (?P<bytes>\d{{1,18}}) bytes -- "
        rf"responder \((?P<dst>{_IP}):(?P<dst_port>\d{{1,5}})\) sent (?P<bytes_back>\d{{1,18}}) bytes"
    ),
    "SESS_AUDIT_TRAIL_START": re.compile(
        rf"Start (?P<protocol>[\w-]{{1,16}}) session: initiator \((?P<src>{_IP}):(?P<src_port>\d{{1,5}})\) -- responder \((?P<dst>{_IP}):(?P<dst_port>\d{{1,5}})\)"
    ),
    "DROP_PKT": re.compile(
        rf"Dropping (?P<protocol>[\w-]{{1,16}}) (?:session|pkt(?: from (?P<interface>\S{{1,64}}))?) (?P<src>{_IP}):(?P<src_port>\d{{1,5}}) (?:=> )?(?P<dst>{_IP}):(?P<dst_port>\d{{1,5}})"
        r"(?:\(target:class\)-\(|(?: on zone-pair (?P<pair>\S{1,128})| class (?P<acl>\S{1,128})){1,2})?.{0,256}? due to {1,2}(?P<why>.{1,128}?) with ip ident"
    ),
    "LOG_TRANSLATION": re.compile(
        rf"(?P<step>Created|Deleted) Translation (?P<protocol>\w{{1,16}}) (?P<src>{_IP}):(?P<src_port>\d{{1,5}}) (?P<src_nat>{_IP}):(?P<src_nat_port>\d{{1,5}}) "
        rf"(?P<dst_nat>{_IP}):(?P<dst_nat_port>\d{{1,5}}) (?P<dst>{_IP}):(?P<dst_port>\d{{1,5}})"
    ),
    "RECVD_PKT_INV_SPI": re.compile(
        rf".{{1,128}}? for destaddr=(?P<dst>{_IP}), prot=(?P<protocol>\d{{1,3}}), spi=[^,]{{1,64}}(?:, srcaddr=(?P<src>{_IP}))?(?:, input interface=(?P<interface>\S{{1,64}}))?"
    ),
    "IKMP_SETUP_FAILURE": re.compile(rf"IKE SETUP FAILED for local:(?P<src>{_IP}) .{{0,256}}?remote:(?P<dst>{_IP}) .{{0,256}}? fail_reason:(?P<cause>.{{1,128}})$"),
    "LOGIN_PASSED": re.compile(rf".{{0,128}}?from host (?P<src>{_IP}) by user '(?P<user>[^']{{1,128}})'"),
    "SIGNATURE": re.compile(rf"Sig:(?P<signature>\d{{1,6}}) Subsig:\d{{1,4}} Sev:\d{{1,3}} (?P<what>.{{1,128}}?) \[(?P<src>{_IP}):(?P<src_port>\d{{1,5}}) -> (?P<dst>{_IP}):(?P<dst_port>\d{{1,5}})\]"),
    "MODEL_RPC_I": re.compile(rf".{{0,256}}?RPC '(?P<url>[^']{{1,2048}})' invoked from (?P<src>{_IP}):(?P<src_port>\d{{1,5}}) via \S{{1,32}} user (?P<user>\S{{1,128}})"),
}  # fmt: skip
# Said in these words by many: (what the text must contain, pattern).
PHRASES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("from", re.compile(rf"\bfrom[ =](?:(?:user|host) )?'?(?P<src>{_IP})(?![\w.])(?:[:(](?P<src_port>\d{{1,5}}))?")),
    ("tty", re.compile(rf"\btty \d{{1,5}} ?\((?P<src>{_IP})\)")),
    ("ser", re.compile(r"\b[Uu]ser(?:name)?(?: with username)?(?:: ?| )'?(?P<user>(?!with|name|entry|has|was|is|in|on|for|by|and|not|to|at|login|from)[\w.@\\$-]{1,128})'?")),
    ("ntry (", re.compile(r"\b[Uu]sername entry \((?P<user>[^()\s]{1,128})\)")),
    (" by user ", re.compile(r" by user '(?P<user>[^'\s]{1,128})'")),
    ("peer", re.compile(rf"\bpeer (?:at )?(?P<neighbor>{_IP})")),
    ("bor ", re.compile(rf"\b[Nn]eighbor (?P<neighbor>{_IP})")),
    ("Nbr ", re.compile(rf"\bNbr (?P<neighbor>{_IP})")),
    ("server ", re.compile(rf"\b(?:RADIUS|TACACS\+) server (?P<dst>{_IP})(?::(?P<dst_port>\d{{1,5}}))?")),
    (" for ", re.compile(rf"\bfor (?:illegal |invalid )?(?:user )?(?P<user>[\w.@\\$-]{{1,128}}) from (?:{_IP})")),
    ("USER=", re.compile(r"(?P<user>[\w.-]{1,64}) : TTY=\S{1,64} ; PWD=[^;]{1,1024} ; USER=(?P<effective>\S{1,64}) ; COMMAND=(?P<command>.{1,4096}?)(?: - sudo)?$", re.DOTALL)),
    ("changed state to ", re.compile(r"\b[Ii]nterface (?P<interface>[\w/.:-]{1,64}), changed state to (?:administratively )?(?P<state>up|down)")),
    (" is ", re.compile(r"\bInterface (?P<interface>[\w/.:-]{1,64})(?: \([^()]{1,256}\))? is (?P<state>up|down)(?: \((?P<why>[^()]{1,256})\))?")),
    (" on ", re.compile(r" on (?:[Ii]nterface|port) (?P<interface>[A-Z][\w/.-]{1,63}\w)")),
    ("blocking port ", re.compile(r"\bblocking port (?P<interface>[A-Z][A-Za-z-]{1,24} ?\d{1,4}(?:[/.:]\d{1,5}){0,4})(?![\w/])")),
    (" on ", re.compile(r"\bon (?:port )?(?P<interface>[A-Z][A-Za-z-]{1,24} ?\d{1,4}(?:[/.:]\d{1,5}){0,4})(?![\w/])")),
    ("nterface ", re.compile(r"^Interface (?P<interface>[A-Z][\w/.-]{1,63}\d)(?=[:,])")),
    ("err-disable", re.compile(r"\bputting (?P<interface>\S{1,64}) in (?P<state>err-disable) state")),
    ("vlan ", re.compile(r"\bvlan (?P<vlan>\d{1,4})\b")),
    ("VLAN ", re.compile(r"\bVLAN (?P<vlan>\d{1,4})\b")),
    (" is suspended", re.compile(r"(?P<interface>[\w/.-]{1,64}): (?P<why>\S{1,64} is suspended)")),
    ("", re.compile(rf"(?<![\w.:])(?P<src_mac>{_MAC})(?![\w.:])")),
    ("ticky ARP", re.compile(rf"ARP entry: (?P<src>{_IP})")),
    ("://", re.compile(r"(?P<url>[a-z]{2,10}://[^\s()'\"<>]{1,2048})")),
    (" - ", re.compile(r" - (?P<process>[A-Za-z][\w.-]{0,63})(?:\[(?P<pid>\d{1,10})\])?\s*$")),
    ("operational ", re.compile(r"Interface (?P<interface>\S{1,64}), (?P<why>operational .{1,256})$")),
)  # fmt: skip

INNER = re.compile(r"%[A-Z][A-Z0-9_]{0,63}-\d-(?P<mnemonic>[A-Z0-9_]{1,64}): ?")
"""The tag of a message that another process of the device handed on."""
