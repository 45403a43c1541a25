"""What the state files of a run folder hold: everything needed to go on, and what `export` makes a weight file of."""

from typing import TYPE_CHECKING, Any

from .recipe import recipe_from
from .run_identity import check_identity
from .run_state import read_state, write_state

if TYPE_CHECKING:
    from .trainer import Trainer

CHECKPOINT = "checkpoint.pt"
BEST = "best.pt"
LAST = "last.pt"


def save_checkpoint(trainer: "Trainer") -> None:
    write_state(trainer.folder / LAST, _exportable(trainer))
    write_state(
        trainer.folder / CHECKPOINT,
        {
            "network": trainer.network.state_dict(),
            "averaged": trainer.averaged.state_dict(),
            "optimiser": trainer.optimiser.state_dict() if trainer.optimiser else None,
            "stage_index": trainer.stage_index,
            "step": trainer.step,
            "progress": trainer.progress,
            "best": trainer.best,
            "next_validation": trainer.next_validation,
            "loss_sum": trainer.loss_sum,
            "loss_count": trainer.loss_count,
            "squeeze": trainer.squeeze.means,
            "squeeze_measured_at": trainer.squeeze.measured_at,
            "recipe": trainer.recipe.table(),
            "start_weights": trainer.start_weights,
            **trainer.identity,
        },
    )


def save_best(trainer: "Trainer", validation: dict[str, float]) -> None:
    write_state(trainer.folder / BEST, _exportable(trainer) | {"validation": validation})


def restore_checkpoint(trainer: "Trainer") -> None:
    """Puts a trainer into the state of its folder's checkpoint; ValueError where that is of another run."""
    state = read_state(trainer.folder / CHECKPOINT)
    # Settings that a checkpoint of an earlier version does not name have their defaults.
    if recipe_from(state["recipe"]) != recipe_from(trainer.recipe.table()):
        raise ValueError(f"{trainer.folder} holds a run of another recipe; use a new folder")
    check_identity(state, trainer.identity, trainer.folder)
    _check_start_weights(trainer, state)
    trainer.network.load_state_dict(state["network"])
    trainer.averaged.load_state_dict(state["averaged"])
    if state["optimiser"] is not None:
        trainer.enter(state["stage_index"])
        # Entering a stage may have replaced the running statistics.
        trainer.network.load_state_dict(state["network"])
        trainer.optimiser.load_state_dict(state["optimiser"])
    trainer.squeeze.means = state["squeeze"]
    for name in ("step", "progress", "best", "next_validation"):
        setattr(trainer, name, state[name])
    # Checkpoints up to version 0.2.0 have none of these.
    trainer.squeeze.measured_at = state.get("squeeze_measured_at", {})
    trainer.loss_sum, trainer.loss_count = state.get("loss_sum", 0.0), state.get("loss_count", 0)


def _exportable(trainer: "Trainer") -> dict[str, Any]:
    """The averaged weights, and what they are for."""
    return {
        "weights": trainer.averaged.state_dict(),
        "organs": list(trainer.organs),
        "spacing_range": [list(end) for end in trainer.spacing_range],
        "recipe": trainer.recipe.table(),
        "step": trainer.step,
    }


def _check_start_weights(trainer: "Trainer", state: dict[str, Any]) -> None:
    if trainer.start_weights is None:
        trainer.start_weights = state.get("start_weights")
    elif "start_weights" not in state:  # A checkpoint up to version 0.2.0.
        print("start weights count at the beginning of a run alone; this one goes on from its own", flush=True)
    elif state["start_weights"] != trainer.start_weights:
        raise ValueError(f"{trainer.folder} holds a run with another file of start weights, or none; use a new folder")
