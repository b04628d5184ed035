"""What Windows events mean, by channel and event id: ECS category, type and action. Facts only, no code.

Actions are the names that Elastic's modules use, so that searches written for those find the same events here.
"""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    category: tuple[str, ...]
    type: tuple[str, ...]
    action: str = ""


def _all(category: str, type_: str, actions: str) -> dict[int, Meaning]:
    """`<id> <action>` pairs that share categories and types."""
    words = actions.split()
    return {
        int(number): Meaning(tuple(category.split()), tuple(type_.split()), action)
        for number, action in zip(words[::2], words[1::2], strict=True)
    }


SECURITY: dict[int, Meaning] = {
    # the log itself
    **_all("process", "end", "1100 logging-service-shutdown"),
    **_all("iam", "admin change", "1102 audit-log-cleared"),
    **_all("iam", "admin", "1104 logging-full 1105 auditlog-archived 1108 logging-processing-error"),
    # system
    **_all("configuration", "access", """
        4610 authentication-package-loaded 4614 notification-package-loaded 4622 security-package-loaded"""),
    **_all("configuration", "change", "4611 trusted-logon-process-registered 4616 system-time-changed"),
    **_all("host", "start", "4608 system-started"),
    **_all("host", "end", "4609 system-shutdown"),
    # logon and logoff
    **_all("authentication", "start", """
        4624 logged-in 4625 logon-failed 4648 logged-in-explicit 4768 kerberos-authentication-ticket-requested
        4769 kerberos-service-ticket-requested 4770 kerberos-service-ticket-renewed 4771 kerberos-preauth-failed
        4772 kerberos-authentication-ticket-request-failed 4773 kerberos-service-ticket-request-failed
        4774 account-mapped-for-logon 4775 account-mapping-failed 4776 credential-validated
        4777 credential-validation-failed 4649 replay-attack-detected 4825 remote-desktop-denied
        6272 network-policy-server-granted-access 6273 network-policy-server-denied-access
        6274 network-policy-server-discarded-request 6278 network-policy-server-granted-full-access"""),
    **_all("authentication", "end", "4634 logged-out 4647 logged-out"),
    **_all("authentication session", "start", "4778 session-reconnected 4801 workstation-unlocked"),
    **_all("authentication session", "end", "4779 session-disconnected 4800 workstation-locked"),
    **_all("authentication session", "info", "4802 screen-saver-invoked 4803 screen-saver-dismissed"),
    **_all("iam", "admin", "4672 logged-in-special 4673 privileged-service-called 4674 privileged-operation"),
    **_all("iam", "admin group", "4964 logged-in-special"),
    **_all("authentication iam", "info group", "4627 group-membership-information"),
    # objects
    **_all("file registry", "access", "4656 object-handle-requested 4661 sam-object-handle-requested"),
    **_all("file registry", "access", "4663 object-access-attempted 4690 object-handle-duplicated"),
    **_all("file registry", "end", "4658 object-handle-closed"),
    **_all("file registry", "deletion", "4660 object-deleted 4659 object-handle-requested-for-deletion"),
    **_all("file", "creation", "4664 hard-link-created"),
    **_all("registry configuration", "change", "4657 registry-value-modified"),
    **_all("iam configuration", "admin change", """
        4662 object-operation-performed 4670 permissions-changed 4697 service-installed 4703 user-right-adjusted
        4704 user-right-assigned 4705 user-right-removed 4717 system-security-access-granted 4719 changed-audit-config
        4817 object-audit-changed 4904 security-event-source-added 4906 crash-on-audit-changed 4907 audit-setting-changed
        4908 special-group-table-changed 4912 per-user-audit-policy-changed 5136 directory-service-object-modified
        5139 directory-service-object-moved"""),
    **_all("iam configuration", "admin creation", "4902 user-audit-policy-created 5137 directory-service-object-created"),
    **_all("iam configuration", "admin deletion", """
        4718 system-security-access-removed 4905 security-event-source-removed 5141 directory-service-object-deleted"""),
    **_all("iam configuration", "info", """
        4928 replica-source-naming-context-established 4929 replica-source-naming-context-removed
        4932 replica-synchronization-started 4933 replica-synchronization-ended"""),
    # processes
    **_all("process", "start", "4688 created-process"),
    **_all("process", "end", "4689 exited-process"),
    **_all("process", "change", "4696 primary-token-assigned"),
    # scheduled tasks
    **_all("iam configuration", "creation admin", "4698 scheduled-task-created"),
    **_all("iam configuration", "deletion admin", "4699 scheduled-task-deleted"),
    **_all("iam configuration", "change admin", """
        4700 scheduled-task-enabled 4701 scheduled-task-disabled 4702 scheduled-task-updated"""),
    # policy
    **_all("configuration", "creation", "4706 domain-trust-added"),
    **_all("configuration", "deletion", "4707 domain-trust-removed"),
    **_all("configuration", "change", """
        4713 kerberos-policy-changed 4714 encrypted-data-recovery-policy-changed 4715 object-audit-policy-changed
        4716 trusted-domain-information-changed 4739 domain-policy-changed 4946 windows-firewall-rule-added
        4947 windows-firewall-rule-modified 4948 windows-firewall-rule-deleted 4950 windows-firewall-setting-changed
        4954 windows-firewall-group-policy-settings-changed 5447 windows-filtering-platform-filter-changed"""),
    # users
    **_all("iam", "user creation", "4720 added-user-account"),
    **_all("iam", "user change", """
        4722 enabled-user-account 4723 changed-password 4724 reset-password 4738 modified-user-account
        4740 locked-out-user-account 4765 sid-history-added 4766 sid-history-add-failed 4767 unlocked-user-account
        4780 admin-accounts-acl-set 4781 renamed-user-account 4794 restore-mode-password-set"""),
    **_all("iam", "user deletion", "4725 disabled-user-account 4726 deleted-user-account"),
    **_all("iam", "user info", """
        4782 password-hash-accessed 4793 password-policy-checked 4797 query-existence-of-blank-password
        4798 group-membership-enumerated 5379 credential-manager-credentials-were-read 5380 vault-credential-find
        5381 vault-credentials-were-read 5382 vault-credentials-were-read"""),
    **_all("iam", "user change", "5376 credential-manager-backed-up 5377 credential-manager-restored"),
    # computers
    **_all("iam", "creation admin", "4741 added-computer-account"),
    **_all("iam", "change admin", "4742 changed-computer-account"),
    **_all("iam", "deletion admin", "4743 deleted-computer-account"),
    # groups
    **_all("iam", "group creation", """
        4727 added-group-account 4731 added-group-account 4754 added-group-account 4744 added-distribution-group-account
        4749 added-distribution-group-account 4759 added-distribution-group-account"""),
    **_all("iam", "group change", """
        4728 added-member-to-group 4732 added-member-to-group 4756 added-member-to-group 4729 removed-member-from-group
        4733 removed-member-from-group 4757 removed-member-from-group 4735 modified-group-account
        4737 modified-group-account 4755 modified-group-account 4764 type-changed-group-account
        4745 changed-distribution-group-account 4750 changed-distribution-group-account
        4760 changed-distribution-group-account 4746 added-member-to-distribution-group
        4751 added-member-to-distribution-group 4761 added-member-to-distribution-group
        4747 removed-member-from-distribution-group 4752 removed-member-from-distribution-group
        4762 removed-member-from-distribution-group"""),
    **_all("iam", "group deletion", """
        4730 deleted-group-account 4734 deleted-group-account 4758 deleted-group-account
        4748 deleted-distribution-group-account 4753 deleted-distribution-group-account
        4763 deleted-distribution-group-account"""),
    **_all("iam", "group info", "4799 user-member-enumerated"),
    # shares and firewall
    **_all("network file", "info access", "5140 network-share-object-accessed 5145 network-share-object-access-checked"),
    **_all("network file", "info creation", "5142 network-share-object-added"),
    **_all("network file", "info change", "5143 network-share-object-modified"),
    **_all("network file", "info deletion", "5144 network-share-object-deleted"),
    **_all("network", "connection info denied", """
        5031 windows-firewall-application-blocked 5150 windows-firewall-packet-block 5151 windows-firewall-packet-block
        5152 windows-firewall-packet-drop 5157 windows-firewall-packet-block 5155 windows-firewall-listen-blocked
        5159 windows-firewall-bind-local-port-blocked"""),
    **_all("network", "info connection allowed", "5154 windows-firewall-listen-for-connections"),
    **_all("network", "info connection allowed", "5156 windows-firewall-connection"),
    **_all("network", "info", "5158 windows-firewall-bind-local-port"),
    **_all("process", "start", "5024 windows-firewall-service-started 5033 windows-firewall-driver-started"),
    **_all("process", "end", "5025 windows-firewall-service-stopped 5034 windows-firewall-driver-stopped"),
}  # fmt: skip
# Failures even where the audit keywords are missing.
FAILURES = frozenset({4625, 4649, 4766, 4771, 4772, 4773, 4775, 4777, 4825, 5031, 5152, 5155, 5157, 5159, 6273})
# The account in Target* is the one that acts: it logs on or off, or asks for a ticket.
LOGONS = frozenset(
    {
        4624,
        4625,
        4627,
        4634,
        4647,
        4768,
        4769,
        4770,
        4771,
        4772,
        4773,
        4774,
        4775,
        4776,
        4777,
        4800,
        4801,
        4802,
        4803,
        4964,
    }
)
# The account in Target* is a group.
GROUPS = frozenset({4727, 4730, 4764, 4799, *range(4728, 4738), *range(4744, 4764)} - {4736})

SYSMON: dict[int, Meaning] = {
    1: Meaning(("process",), ("start",)),
    2: Meaning(("file",), ("change",)),
    3: Meaning(("network",), ("start", "connection", "protocol")),
    4: Meaning(("process",), ("change",)),
    5: Meaning(("process",), ("end",)),
    6: Meaning(("driver",), ("start",)),
    7: Meaning(("process",), ("change",)),
    8: Meaning(("process",), ("change",)),
    9: Meaning(("process",), ("access",)),
    10: Meaning(("process",), ("access",)),
    11: Meaning(("file",), ("creation",)),
    12: Meaning(("configuration", "registry"), ("change",)),
    13: Meaning(("configuration", "registry"), ("change",)),
    14: Meaning(("configuration", "registry"), ("change",)),
    15: Meaning(("file",), ("access",)),
    16: Meaning(("configuration",), ("change",)),
    17: Meaning(("file",), ("creation",)),
    18: Meaning(("file",), ("access",)),
    19: Meaning(("process",), ("creation",)),
    20: Meaning(("process",), ("creation",)),
    21: Meaning(("process",), ("access",)),
    22: Meaning(("network",), ("connection", "protocol", "info")),
    23: Meaning(("file",), ("deletion",)),
    24: Meaning((), ("change",)),
    25: Meaning(("process",), ("change",)),
    26: Meaning(("file",), ("deletion",)),
    27: Meaning(("file",), ("creation", "denied")),
    28: Meaning(("file",), ("deletion", "denied")),
    29: Meaning(("file",), ("creation",)),
    255: Meaning((), ("error",)),
}

POWERSHELL: dict[int, Meaning] = {
    400: Meaning(("process",), ("start",)),
    403: Meaning(("process",), ("end",)),
    600: Meaning(("process",), ("info",)),
    800: Meaning(("process",), ("info",)),
    4103: Meaning(("process",), ("info",)),
    4104: Meaning(("process",), ("info",)),
    4105: Meaning(("process",), ("start",)),
    4106: Meaning(("process",), ("end",)),
}

SYSTEM: dict[int, Meaning] = {
    **_all("iam", "admin change", "104 log-cleared"),
    **_all("host", "start", "12 system-started 6005 event-log-started"),
    **_all("host", "end", "13 system-shutdown 1074 shutdown-initiated 6006 event-log-stopped 6008 unexpected-shutdown"),
    **_all("iam configuration", "creation", "7045 service-installed"),
    **_all("configuration", "change", "7040 service-start-type-changed"),
    **_all("process", "info", "7036 service-state-changed"),
    **_all(
        "process",
        "error",
        """
        7000 service-start-failed 7009 service-timeout 7023 service-terminated-with-error 7024 service-terminated-with-error
        7031 service-terminated-unexpectedly 7034 service-terminated-unexpectedly""",
    ),
}
TASK_SCHEDULER = {
    **_all("configuration", "creation", "106 scheduled-task-created"),
    **_all("configuration", "change", "140 scheduled-task-updated 142 scheduled-task-disabled"),
    **_all("configuration", "deletion", "141 scheduled-task-deleted"),
    **_all("process", "start", "100 scheduled-task-started 129 scheduled-task-process-created 200 scheduled-task-action-started"),
    **_all("process", "end", "102 scheduled-task-completed 201 scheduled-task-action-completed"),
}  # fmt: skip
DEFENDER = {
    **_all("malware", "info", """
        1006 malware-found 1007 malware-action-taken 1008 malware-action-failed 1009 malware-restored
        1015 suspicious-behaviour-detected 1116 malware-detected 1117 malware-action-taken 1118 malware-action-failed
        1119 malware-action-failed 1121 attack-surface-rule-blocked 1122 attack-surface-rule-audited"""),
    **_all("malware", "deletion", "1011 quarantine-item-deleted 1013 malware-history-deleted"),
    **_all("configuration", "change", """
        5000 real-time-protection-enabled 5001 real-time-protection-disabled 5004 real-time-protection-changed
        5007 antimalware-configuration-changed 5010 antispyware-scanning-disabled 5012 antivirus-scanning-disabled
        5013 tamper-protection-blocked-change"""),
    **_all("process", "info", "1000 scan-started 1001 scan-finished 1002 scan-stopped 1150 client-healthy 1151 client-health-report"),
}  # fmt: skip
SESSIONS = {
    **_all(
        "authentication session",
        "start",
        """
        21 logged-in 22 shell-started 25 session-reconnected 1149 remote-desktop-authentication-succeeded""",
    ),
    **_all("authentication session", "end", "23 logged-out 24 session-disconnected"),
    **_all("authentication session", "info", "39 session-disconnected-by-session 40 session-disconnected"),
    **_all("network", "connection", "131 remote-desktop-connection-accepted 261 remote-desktop-connection-received"),
}
REMOTE_SHELL = {
    **_all("network session", "start", "6 remote-shell-session-created 91 remote-shell-created"),
    **_all("network session", "end", "8 remote-shell-session-closed 15 remote-shell-closed 16 remote-shell-closed 33 remote-shell-closed"),
    **_all("authentication", "start", "169 remote-shell-user-authenticated"),
}  # fmt: skip

# By channel in lower case.
MEANINGS: dict[str, dict[int, Meaning]] = {
    "security": SECURITY,
    "system": SYSTEM,
    "microsoft-windows-sysmon/operational": SYSMON,
    "windows powershell": POWERSHELL,
    "powershellcore/operational": POWERSHELL,
    "microsoft-windows-powershell/operational": POWERSHELL,
    "microsoft-windows-taskscheduler/operational": TASK_SCHEDULER,
    "microsoft-windows-windows defender/operational": DEFENDER,
    "microsoft-windows-terminalservices-localsessionmanager/operational": SESSIONS,
    "microsoft-windows-terminalservices-remoteconnectionmanager/operational": SESSIONS,
    "microsoft-windows-remotedesktopservices-rdpcorets/operational": SESSIONS,
    "microsoft-windows-winrm/operational": REMOTE_SHELL,
}
DATASETS = {
    "security": "system.security",
    "system": "system.system",
    "application": "system.application",
    "microsoft-windows-sysmon/operational": "windows.sysmon_operational",
    "windows powershell": "windows.powershell",
    "microsoft-windows-powershell/operational": "windows.powershell_operational",
}
LEVELS = {0: "information", 1: "critical", 2: "error", 3: "warning", 4: "information", 5: "verbose"}
