"""Where the shipped content lies: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PACKED = _PACKAGE / "content"


def _folder(packed: str, checkout: str) -> Path:
    inside = _PACKED / packed
    return inside if inside.is_dir() else _PACKAGE.parent / checkout


def rules_dir() -> Path:
    """The shipped rules."""
    return _folder("rules", "rules")


def detectors_dir() -> Path:
    """The shipped detectors."""
    return _folder("detectors", "detectors")


def samples_dir() -> Path:
    """The shipped sample logs."""
    return _folder("samples", "deploy/samples")
