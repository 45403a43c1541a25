"""A recipe says everything a training run decides; it is a TOML file."""

import json
import math
import tomllib
from dataclasses import MISSING, asdict, dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .augmentation import Augmentation
from .losses import LOSSES
from .networks import NETWORKS
from .preprocessing import Preprocessing
from .settings import check_setting, is_positive, is_probability

OPTIMISERS = ("rmsprop", "sgd", "adamw")


@dataclass(frozen=True)
class Stage:
    """A stretch of training with one optimiser."""

    epochs: float
    """Passes over the training samples; also the stage's share of a run that is limited by time."""
    optimiser: str
    """'rmsprop', 'sgd' (momentum 0.9) or 'adamw'."""
    learning_rate: float
    final_learning_rate: float | None = None
    """Reached along a half cosine; constant where absent."""
    patch: tuple[int, int, int] | None = None
    """Extents (z, y, x) of the windows trained on; whole volumes where absent."""
    frozen_statistics: bool = False
    """Normalise with the running statistics, as inference will, instead of the example's own."""
    whole_volume_squeeze: bool = False
    """Gate patches by the means that squeeze-and-excitation has in whole volumes, instead of the patch's own."""

    def __post_init__(self) -> None:
        check_setting("epochs", self.epochs, is_positive, "above 0")
        check_setting("optimiser", self.optimiser, lambda name: name in OPTIMISERS, f"one of {', '.join(OPTIMISERS)}")
        check_setting("learning_rate", self.learning_rate, is_positive, "above 0")
        if self.final_learning_rate is not None:
            check_setting("final_learning_rate", self.final_learning_rate, lambda rate: 0 <= rate < math.inf,
                          "at least 0")
        if self.patch is not None:
            check_setting("patch", self.patch, _is_patch, "three whole numbers of voxels, z, y and x")
        if self.whole_volume_squeeze and (self.patch is None or not self.frozen_statistics):
            raise ValueError("whole_volume_squeeze is for patches with frozen_statistics")


@dataclass(frozen=True)
class Recipe:
    network: str
    stages: tuple[Stage, ...]
    window: tuple[float, float]
    """Hounsfield units mapped to 0 and 1."""
    spacing: tuple[float, float, float] | None = None
    """Millimetres (z, y, x) of the network's grid; the samples' own where absent."""
    crop_to_body: bool = False
    """Train on the box around the body instead of the whole volume: cheaper, where much of it is air."""
    loss: str = "dice_and_focal"
    background: str = "masked"
    """'masked': supervised only where every organ is drawn (paper). 'marginal': with missing organs merged into it."""
    average: float = 0.0
    """Decay a step of the exponential moving average of the weights that is validated and exported; 0 for none."""
    clip_gradient: float = 0.0
    """Largest gradient norm; 0 does not limit it."""
    autocast: bool = False
    """Compute in bfloat16 where PyTorch deems it safe; in float32 on a processor without kernels for it."""
    organ_dropout: float = 0.0
    """Probability that a training sample's organ counts as not drawn; drawn once a sample."""
    balance_organs: bool = False
    """Centre equally many patches on every organ, however rarely it is drawn: samples, and the organ of a sample, are
    drawn in inverse proportion to how many samples have their organs. Otherwise every sample comes once an epoch."""
    voxel_limit: int = 1_000_000
    """A whole volume with more voxels is cut to as many slices as that leaves, at a random height: for memory, 1.6 KB a
    voxel with autocast and about twice that without, and for time per step."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    validate_every_epochs: float = 1.0

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            raise ValueError(f"unknown network {self.network!r}; known: {', '.join(NETWORKS)}")
        if self.loss not in LOSSES:
            raise ValueError(f"unknown loss {self.loss!r}; known: {', '.join(LOSSES)}")
        if self.background not in ("masked", "marginal"):
            raise ValueError(f"background is {self.background!r}; it can be 'masked' or 'marginal'")
        if not self.stages:
            raise ValueError("a recipe needs at least one stage")
        multiple = NETWORKS[self.network].stride_product
        for stage in self.stages:
            if stage.patch and any(extent % multiple for extent in stage.patch):
                raise ValueError(f"patch is {stage.patch}; {self.network} needs multiples of {multiple}")
        check_setting("window", self.window, _is_window, "two numbers of HU, the lower first")
        if self.spacing is not None:
            check_setting("spacing", self.spacing, _is_spacing, "three numbers of mm above 0, z, y and x")
        check_setting("average", self.average, lambda decay: 0 <= decay < 1, "at least 0 and below 1")
        check_setting("clip_gradient", self.clip_gradient, lambda norm: 0 <= norm < math.inf, "at least 0")
        check_setting("organ_dropout", self.organ_dropout, is_probability, "from 0 to 1")
        check_setting("voxel_limit", self.voxel_limit, is_positive, "above 0")
        check_setting("validate_every_epochs", self.validate_every_epochs, is_positive, "above 0")

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(self.spacing, self.window)

    @property
    def epochs(self) -> float:
        return sum(stage.epochs for stage in self.stages)

    def table(self) -> dict[str, Any]:
        """Plain values, from which `recipe_from` makes an equal recipe."""
        plain = json.loads(json.dumps(asdict(self)))
        return {key: value for key, value in plain.items() if value is not None}

    def stage_at(self, progress: float) -> tuple[int, float]:
        """The stage's index and the fraction of it that is done, at a progress of the whole run from 0 to 1."""
        position = progress * self.epochs
        for index, stage in enumerate(self.stages):
            if position < stage.epochs:
                return index, position / stage.epochs
            position -= stage.epochs
        return len(self.stages) - 1, 1.0


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe of this package by name ('paper', 'fast-cpu', ...) or any TOML file by path."""
    file: Path | Traversable = Path(name_or_path)
    if file.suffix != ".toml":
        shipped = resources.files(__package__) / "recipes"
        file = shipped / f"{name_or_path}.toml"
        if not file.is_file():
            known = sorted(entry.name.removesuffix(".toml") for entry in shipped.iterdir())
            raise ValueError(f"no recipe {name_or_path!r}; shipped: {', '.join(known)}; or give a .toml file")
    try:
        return recipe_from(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"recipe {name_or_path}: {error}") from error


def recipe_from(table: dict[str, Any]) -> Recipe:
    """A recipe from a TOML file's content; ValueError for settings that are unknown, missing or make no sense."""
    table = dict(table)
    stages = table.pop("stages", [])
    check_setting("stages", stages, lambda value: isinstance(value, list), "a list of tables")
    augmentation = _fill(Augmentation, table.pop("augmentation", {}))
    return _fill(Recipe, table | {"stages": tuple(_fill(Stage, stage) for stage in stages),
                                  "augmentation": augmentation})


def _fill(kind: type, table: dict[str, Any]) -> Any:
    name = kind.__name__.lower()
    check_setting(name, table, lambda value: isinstance(value, dict), "a table of settings")
    if unknown := set(table) - {entry.name for entry in fields(kind)}:
        raise ValueError(f"unknown {name} settings: {', '.join(sorted(unknown))}")
    needed = [entry.name for entry in fields(kind) if entry.default is MISSING and entry.default_factory is MISSING]
    if missing := [entry for entry in needed if entry not in table]:
        raise ValueError(f"missing {name} settings: {', '.join(missing)}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()})


def _is_patch(patch: tuple[int, ...]) -> bool:
    return len(patch) == 3 and all(isinstance(extent, int) and extent > 0 for extent in patch)


def _is_window(window: tuple[float, ...]) -> bool:
    return len(window) == 2 and -math.inf < window[0] < window[1] < math.inf


def _is_spacing(spacing: tuple[float, ...]) -> bool:
    return len(spacing) == 3 and all(is_positive(extent) for extent in spacing)
