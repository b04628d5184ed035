"""What this machine must have: folders, space, secrets, content, time zones, a whole audit trail."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from soc import instant, loading
from soc.cli import _trail
from soc.cli._doctor import Result
from soc.clock import SystemClock
from soc.config import secret
from soc.errors import SocError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.cli._doctor import Level
    from soc.config import Config
    from soc.errors import Fault
    from soc.pipeline import Content

_MEGABYTE = 1 << 20
_LITTLE, _TOO_LITTLE = 2_048, 256
"""Megabytes of free space below which it is said, and below which nothing should be started."""
_SHOWN = 3


def data_folder(config: Config) -> list[Result]:
    folder = config.data_dir.absolute()
    if not folder.exists():
        parent = next(above for above in folder.parents if above.exists())
        return [_writable(parent, f"{folder} is made at the first start"), _space(parent)]
    if not folder.is_dir():
        return [Result("FAIL", "data folder", f"{folder} is no folder", "move it away, or set SOC_DATA_DIR")]
    return [_writable(folder, str(folder)), _space(folder)]


def _writable(folder: Path, told: str) -> Result:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            return Result("ok", "data folder", told)
    except OSError as error:
        return Result(
            "FAIL", "data folder", f"{folder}: {error.strerror}", "give it to the service's user, or set SOC_DATA_DIR"
        )


def _space(folder: Path) -> Result:
    usage = shutil.disk_usage(folder)
    free = usage.free // _MEGABYTE
    told = f"{free} MB free of {usage.total // _MEGABYTE} MB under {folder}"
    if free >= _LITTLE:
        return Result("ok", "free space", told)
    return Result("warn" if free >= _TOO_LITTLE else "FAIL", "free space", told, "free space, or shorten the retention")


def site_folder(config: Config) -> list[Result]:
    if not config.site.exists():
        if config.site_dir is None:
            return [Result("ok", "site folder", f"{config.site} is not there yet: shipped rules and detectors only")]
        return [Result("FAIL", "site folder", f"{config.site} is missing", "make it, or correct SOC_SITE_DIR")]
    parts = Counter(path.relative_to(config.site).parts[0] for path in config.site.glob("*/**/*") if path.is_file())
    told = ", ".join(f"{name} {number}" for name, number in sorted(parts.items())) or "no files"
    return [Result("ok", "site folder", f"{config.site}: {told}")]


def secrets(config: Config) -> list[Result]:
    """Passwords and private keys are readable by their owner only."""
    named = {
        "kafka.sasl_password_file": config.kafka.sasl_password_file,
        "kafka.tls_key_file": config.kafka.tls_key_file,
        "elasticsearch.password_file": config.elasticsearch.password_file,
        "elasticsearch.writer_password_file": config.elasticsearch.writer_password_file,
        "console.tls_key_file": config.console.tls_key_file,
    }
    named |= {f"sources.syslog.{n}.tls_key_file": item.tls_key_file for n, item in enumerate(config.sources.syslog)}
    files = [(setting, Path(file)) for setting, file in named.items() if file]
    files += [("audit key", file) for file in sorted((config.data_dir / "secrets").glob("*.key"))]
    faults = [Result("FAIL", "secrets", f"{setting}: {told}") for setting, file in files if (told := _secret(file))]
    return faults or [Result("ok", "secrets", f"{len(files)} files, readable by their owner only")]


def _secret(file: Path) -> str:
    try:
        secret(str(file))
    except SocError as error:
        return str(error)
    return ""


def content(config: Config) -> list[Result]:
    loaded, faults = loading.load(config)
    return [_rules(len(loaded.rules.rules), faults), *_models(loaded)]


def _rules(number: int, faults: tuple[Fault, ...]) -> Result:
    told = f"{number} rules"
    if not faults:
        return Result("ok", "content", told)
    first = "; ".join(str(fault) for fault in faults[:_SHOWN])
    more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    level: Level = "FAIL" if any(fault.severity == "error" for fault in faults) else "warn"
    return Result(level, "content", f"{told}, {len(faults)} faults: {first}{more}", "`soc check` names all of them")


def _models(loaded: Content) -> Iterator[Result]:
    for detector in loaded.detectors.all:
        model = loaded.detectors.models.get(detector.name)
        if model:
            yield Result("ok", f"detector {detector.id}", f"model {model.manifest.id}")
        else:
            mend = f"`soc train {detector.id}` once there are some days of logs"
            yield Result("warn", f"detector {detector.id}", "has no model and is silent (learning)", mend)


def time_zone(config: Config) -> list[Result]:
    now = instant.to_datetime(SystemClock().now())
    shown = now.astimezone(instant.zone(config.timezone))
    told = f"{config.timezone}, now {shown:%Y-%m-%d %H:%M:%S%z}; tzdata {metadata.version('tzdata')}"
    return [Result("ok", "time zone", told)]


def audit(config: Config) -> list[Result]:
    if not (config.data_dir / "workspace.db").exists():
        return [Result("ok", "audit trail", "not begun yet")]
    with _trail.opened(config) as trail:
        broken, head = trail.verify(), trail.head()
    if broken:
        mend = "somebody changed it: keep the file as evidence, and compare with published heads"
        return [Result("FAIL", "audit trail", f"record {broken.n}: {broken.why}", mend)]
    return [Result("ok", "audit trail", f"{head.n if head else 0} records, whole")]
