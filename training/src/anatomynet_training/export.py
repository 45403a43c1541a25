"""From a training checkpoint to a weight file."""

from pathlib import Path

from .recipe import recipe_from
from .run_state import read_state
from .weight_file import ModelDescription, save_weight_file

BACKGROUND = "background"

EXPORTED_KEYS = {"weights", "organs", "spacing_range", "recipe"}


def export(checkpoint: Path, output: Path, licence: str, provenance: str) -> None:
    """Writes the averaged weights of a run's `best.pt` or `last.pt` as a weight file; ValueError for other files."""
    state = read_state(checkpoint)
    if "averaged" in state:
        raise ValueError(f"{checkpoint} is a run's state for going on; export best.pt or last.pt of the same folder")
    if not EXPORTED_KEYS <= state.keys():
        raise ValueError(f"{checkpoint}: not best.pt or last.pt of a run; `convert` reads the authors' checkpoints")
    recipe = recipe_from(state["recipe"])
    description = ModelDescription(
        architecture=recipe.network,
        classes=(BACKGROUND, *state["organs"]),
        window=recipe.window,
        spacing=recipe.spacing,
        spacing_range=tuple(map(tuple, state["spacing_range"])),
        licence=licence,
        provenance=provenance,
    )
    save_weight_file(output, state["weights"], description)
