"""Record types of the Linux audit framework: their numbers, what happened, and the ECS category and types of it.

The action names are those of Elastic's Auditbeat and auditd integration, so that searches written for them work here.
"""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    """What a record type tells."""

    action: str
    category: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


def _all(category: str, types: str, actions: dict[str, str]) -> dict[str, Meaning]:
    return {name: Meaning(action, tuple(category.split()), tuple(types.split())) for name, action in actions.items()}


MEANINGS: dict[str, Meaning] = {
    **_all("authentication", "info", {
        "CRED_ACQ": "acquired-credentials", "CRED_DISP": "disposed-credentials", "CRED_REFR": "refreshed-credentials",
        "GRP_AUTH": "authenticated-to-group", "USER_ACCT": "was-authorized", "USER_AUTH": "authenticated", "USER_ERR": "error",
        "ANOM_LOGIN_FAILURES": "failed-log-in-too-many-times-to",
        "ANOM_LOGIN_LOCATION": "attempted-log-in-from-unusual-place-to",
        "ANOM_LOGIN_SESSIONS": "opened-too-many-sessions-to",
        "ANOM_LOGIN_TIME": "attempted-log-in-during-unusual-hour-to",
        "CRYPTO_LOGIN": "crypto-officer-logged-in", "CRYPTO_LOGOUT": "crypto-officer-logged-out",
    }),
    **_all("authentication", "start", {"LOGIN": "changed-login-id-to", "USER_LOGIN": "logged-in"}),
    **_all("authentication", "end", {"USER_LOGOUT": "logged-out"}),
    **_all("session", "start", {"USER_START": "started-session"}),
    **_all("session", "end", {"USER_END": "ended-session"}),
    **_all("iam", "user info", {"ACCT_LOCK": "locked-account", "ACCT_UNLOCK": "unlocked-account"}),
    **_all("iam", "user creation", {"ADD_USER": "added-user-account"}),
    **_all("iam", "user deletion", {"DEL_USER": "deleted-user-account"}),
    **_all("iam", "user change", {
        "USER_MGMT": "modified-user-account", "USER_CHAUTHTOK": "changed-password", "ROLE_ASSIGN": "assigned-user-role-to",
        "ROLE_REMOVE": "removed-user-role-from", "ROLE_MODIFY": "modified-role",
    }),
    **_all("iam", "group creation", {"ADD_GROUP": "added-group-account-to"}),
    **_all("iam", "group deletion", {"DEL_GROUP": "deleted-group-account-from"}),
    **_all("iam", "group change", {"GRP_MGMT": "modified-group-account", "GRP_CHAUTHTOK": "changed-group-password"}),
    **_all("process", "start", {
        "EXECVE": "execve", "USER_CMD": "ran-command", "SERVICE_START": "started-service", "DAEMON_START": "started-audit",
        "ANOM_EXEC": "attempted-execution-of-forbidden-program",
    }),
    **_all("process", "end", {
        "SERVICE_STOP": "stopped-service", "DAEMON_END": "shutdown-audit", "DAEMON_ABORT": "aborted-auditd-startup",
        "ANOM_ABEND": "crashed-program",
    }),
    **_all("process", "change", {
        "CHGRP_ID": "changed-group", "CHUSER_ID": "changed-user-id", "DAEMON_RESUME": "resumed-audit-logging",
        "DAEMON_ROTATE": "rotated-audit-logs",
    }),
    **_all("process", "info", {
        "SYSCALL": "syscall", "CRYPTO_KEY_USER": "negotiated-crypto-key", "CRYPTO_SESSION": "started-crypto-session",
        "DAEMON_ERR": "audit-error", "KERNEL": "initialized-audit-subsystem", "TEST": "sent-test",
        "SECCOMP": "violated-seccomp-policy",
    }),
    **_all("process configuration", "change", {
        "CONFIG_CHANGE": "changed-audit-configuration", "DAEMON_CONFIG": "changed-auditd-configuration",
        "DAEMON_RECONFIG": "reconfigured-auditd",
    }),
    **_all("configuration", "change", {
        "NETFILTER_CFG": "loaded-firewall-rule-to", "USYS_CONFIG": "changed-configuration",
        "FEATURE_CHANGE": "changed-audit-feature", "MAC_CONFIG_CHANGE": "changed-selinux-boolean",
        "MAC_STATUS": "changed-selinux-enforcement", "USER_MAC_CONFIG_CHANGE": "changed-mac-configuration",
    }),
    **_all("configuration", "access", {
        "MAC_POLICY_LOAD": "loaded-selinux-policy", "USER_MAC_POLICY_LOAD": "loaded-mac-policy",
    }),
    **_all("host", "info", {
        "SYSTEM_BOOT": "booted-system", "SYSTEM_SHUTDOWN": "shutdown-system", "VIRT_CONTROL": "issued-vm-control",
        "VIRT_INTEGRITY_CHECK": "checked-integrity-of", "VIRT_MIGRATE_IN": "migrated-vm-from",
        "VIRT_MIGRATE_OUT": "migrated-vm-to", "VIRT_RESOURCE": "assigned-vm-resource",
    }),
    **_all("host", "change", {"SYSTEM_RUNLEVEL": "changed-to-runlevel"}),
    **_all("host", "creation", {"VIRT_MACHINE_ID": "assigned-vm-id", "VIRT_CREATE": "created-vm-image"}),
    **_all("host", "deletion", {"VIRT_DESTROY": "deleted-vm-image"}),
    **_all("network", "connection start", {"DAEMON_ACCEPT": "remote-audit-connected"}),
    **_all("network", "connection end", {"DAEMON_CLOSE": "remote-audit-disconnected"}),
    **_all("package", "info", {"SOFTWARE_UPDATE": "package-updated"}),
    **_all("driver", "start", {"KERN_MODULE": "loaded-kernel-module"}),
    **_all("", "", {
        "ANOM_LINK": "used-suspicious-link", "ANOM_PROMISCUOUS": "changed-promiscuous-mode-on-device",
        "ANOM_RBAC_INTEGRITY_FAIL": "tested-file-system-integrity-of", "DAC_CHECK": "access-result",
        "FS_RELABEL": "relabeled-filesystem", "LABEL_LEVEL_CHANGE": "modified-level-of", "LABEL_OVERRIDE": "overrode-label-of",
        "MAC_CHECK": "mac-permission", "SELINUX_ERR": "caused-mac-policy-error", "TTY": "typed", "USER": "sent-message",
        "USER_AVC": "access-permission", "USER_ROLE_CHANGE": "changed-role-to", "USER_SELINUX_ERR": "access-error",
        "USER_TTY": "typed",
    }),
}  # fmt: skip

# By number, as the kernel prints records when no auditd takes them (linux/audit.h).
NAMES = {
    "1006": "LOGIN", "1100": "USER_AUTH", "1101": "USER_ACCT", "1102": "USER_MGMT", "1103": "CRED_ACQ", "1104": "CRED_DISP",
    "1105": "USER_START", "1106": "USER_END", "1107": "USER_AVC", "1108": "USER_CHAUTHTOK", "1109": "USER_ERR",
    "1110": "CRED_REFR", "1111": "USYS_CONFIG", "1112": "USER_LOGIN", "1113": "USER_LOGOUT", "1114": "ADD_USER",
    "1115": "DEL_USER", "1116": "ADD_GROUP", "1117": "DEL_GROUP", "1123": "USER_CMD", "1124": "USER_TTY",
    "1127": "SYSTEM_BOOT", "1128": "SYSTEM_SHUTDOWN", "1129": "SYSTEM_RUNLEVEL", "1130": "SERVICE_START",
    "1131": "SERVICE_STOP", "1138": "SOFTWARE_UPDATE", "1200": "DAEMON_START", "1201": "DAEMON_END", "1203": "DAEMON_CONFIG",
    "1300": "SYSCALL", "1302": "PATH", "1305": "CONFIG_CHANGE", "1306": "SOCKADDR", "1307": "CWD", "1309": "EXECVE",
    "1318": "OBJ_PID", "1319": "TTY", "1321": "BPRM_FCAPS", "1325": "NETFILTER_CFG", "1326": "SECCOMP", "1327": "PROCTITLE",
    "1328": "FEATURE_CHANGE", "1330": "KERN_MODULE", "1334": "BPF", "1400": "AVC", "1401": "SELINUX_ERR",
    "1403": "MAC_POLICY_LOAD", "1404": "MAC_STATUS", "1405": "MAC_CONFIG_CHANGE", "1700": "ANOM_PROMISCUOUS",
    "1701": "ANOM_ABEND", "1702": "ANOM_LINK", "2000": "KERNEL",
}  # fmt: skip
