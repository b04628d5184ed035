"""The detectors in force: their files, and the models that the site has trained for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from soc.anomaly.detector import Detector, read
from soc.anomaly.model import Model, ModelRefused, load as load_model
from soc.errors import Fault
from soc.finding import digest
from soc.hit import SLACK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Detectors:
    """All detectors, and the models of those that have one; a detector without a model is silent ("learning")."""

    all: Sequence[Detector] = ()
    models: Mapping[str, Model] = field(default_factory=dict)
    """By detector name (id and content hash)."""
    faults: tuple[Fault, ...] = ()

    @property
    def scoring(self) -> list[Detector]:
        return [detector for detector in self.all if detector.name in self.models]

    @property
    def sha256(self) -> str:
        models = sorted(model.manifest.sha256 for model in self.models.values())
        return digest(*(detector.name for detector in self.all), *models)

    @property
    def horizon(self) -> int:
        """How far back the hits of an open window can lie."""
        return max((detector.width for detector in self.all), default=0) + SLACK

    def named(self, name: str) -> tuple[Detector, Model] | None:
        detector = next((one for one in self.all if one.name == name), None)
        model = self.models.get(name)
        return (detector, model) if detector and model else None


def load(folders: Sequence[Path], models: Path) -> Detectors:
    """The detectors of all folders, a later one replacing an earlier one with its id, and their models."""
    found: dict[str, Detector] = {}
    faults: list[Fault] = []
    for file in sorted(file for folder in folders for file in folder.glob("*.yml")):
        read_ = read(file)
        if isinstance(read_, Fault):
            faults.append(read_)
        else:
            found[read_.id] = read_
    trained: dict[str, Model] = {}
    for detector in found.values():
        folder = models / detector.id
        if not (folder / "manifest.json").exists():
            continue
        try:
            model = load_for(detector, folder)
        except ModelRefused as refused:
            faults.append(
                Fault(str(folder / "manifest.json"), 1, str(refused), f"train it again: soc train {detector.id}")
            )
            continue
        trained[detector.name] = model
    return Detectors(tuple(found.values()), trained, tuple(faults))


def load_for(detector: Detector, folder: Path) -> Model:
    """A detector's model.

    Raises:
        ModelRefused: it is no sound bundle, or was made for another unit, other features or other views.
    """
    model = load_model(folder)
    told = model.manifest
    if told.unit != detector.unit or not set(told.features) <= set(detector.features) or told.views != detector.views:
        raise ModelRefused(f"{folder}: made for other features than {detector.id} has now; train it again")
    return model
