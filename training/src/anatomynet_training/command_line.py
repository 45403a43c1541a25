"""`anatomynet-training`: import, complete, train, export, convert, check, evaluate."""

import argparse
import sys
from pathlib import Path

import torch

from .author_checkpoints import read_author_checkpoint
from .completion import completed, drawn_volumes
from .dataset import load_sample, load_samples, sample_paths, save_sample
from .evaluation import evaluate
from .export import BACKGROUND, export
from .learning_curve import draw_learning_curve
from .library import Library, LibraryError
from .networks import ARCHITECTURES, architecture_of
from .parity import check_parity
from .progress_table import CURVE
from .readers import LAYOUTS, cases_of
from .readers.pddca import ORGANS as PAPER_ORGANS
from .readers.phantom import RunnerError, generate_phantom
from .recipe import load_recipe
from .relabelling import relabelled
from .summary import summary
from .trainer import DivergedError, Limits, Trainer
from .weight_file import ModelDescription, save_weight_file

REPORTED = (ValueError, OSError, LibraryError, RunnerError, DivergedError)
"""Errors whose message says what is wrong; of others the traceback does."""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        return options.run(options)
    except REPORTED as error:
        print(f"anatomynet-training: {error}", file=sys.stderr)
        return 1


def _import(options: argparse.Namespace) -> int:
    if options.layout == "phantom":
        first, last = options.seeds
        for seed in range(first, last):
            sample = generate_phantom(options.runner, seed, options.spacing, options.size)
            save_sample(options.output, sample)
            print(f"{sample.name}: {sample.intensities.shape} voxels", flush=True)
        return 0
    if options.source is None:
        raise ValueError("--source is needed for this layout")
    cases = cases_of(options.layout, options.source, options.organs)
    if not cases:
        raise ValueError(f"{options.source}: no cases in the {options.layout} layout")
    for name, read in cases.items():
        sample = read()
        save_sample(options.output, sample)
        drawn = [organ for organ, flag in zip(sample.organs, sample.annotated, strict=True) if flag]
        print(f"{name}: {sample.intensities.shape} voxels; drawn: {', '.join(drawn) or 'nothing'}", flush=True)
    return 0


def _complete(options: argparse.Namespace) -> int:
    if options.output.resolve() == options.samples.resolve():
        raise ValueError(f"--output {options.output} is the folder of the samples; completed ones need another")
    paths = sample_paths(options.samples)
    skipped: list[str] = []
    volumes = drawn_volumes(load_samples(options.samples))
    with Library(options.library).load(options.model) as model:
        for path in paths:
            sample = load_sample(path)
            try:
                predicted = model.segment(sample, options.threads, True, options.allow_untrained_spacing)
            except LibraryError as error:
                skipped.append(sample.name)
                print(f"{sample.name}: skipped: {error}", file=sys.stderr, flush=True)
                continue
            whole = completed(sample, relabelled(predicted, model.classes, sample.organs), volumes)
            save_sample(options.output, whole)
            added = [organ for organ, before, after in zip(sample.organs, sample.annotated, whole.annotated, strict=True)
                     if after and not before]
            print(f"{sample.name}: added {', '.join(added) or 'nothing'}", flush=True)
    return _status(skipped, paths)


def _status(skipped: list[str], paths: list[Path]) -> int:
    """The exit status of a command that goes on after samples it had to skip."""
    if not skipped:
        return 0
    print(f"skipped {len(skipped)} of {len(paths)} samples: {', '.join(skipped)}", file=sys.stderr)
    return 1


def _train(options: argparse.Namespace) -> int:
    recipe = load_recipe(options.recipe)
    validation = load_samples(options.validation) if options.validation else []
    trainer = Trainer(recipe, load_samples(options.training), validation, options.run_folder, options.seed)
    if options.start_from:
        trainer.start_from(options.start_from)
    trainer.run(Limits(minutes=options.minutes))
    if (options.run_folder / CURVE).exists():
        draw_learning_curve(options.run_folder / CURVE, options.run_folder / "learning-curve.png")
    return 0


def _export(options: argparse.Namespace) -> int:
    export(options.checkpoint, options.output, options.license, options.provenance)
    print(f"wrote {options.output}")
    if options.without_check:
        return 0
    return _report_parity(options.output, options)


def _check(options: argparse.Namespace) -> int:
    return _report_parity(options.model, options)


def _report_parity(weight_file: Path, options: argparse.Namespace) -> int:
    library = Library(options.library)
    sample = load_sample(options.sample) if options.sample else None
    parity = check_parity(library, weight_file, sample)
    print(
        f"libanatomynet {library.version} against PyTorch: probabilities differ by at most "
        f"{parity.largest_difference:.2e}, {100 * parity.agreement:.4f} % of labels agree"
    )
    if not parity.holds:
        print("the library does not reproduce this network", file=sys.stderr)
        return 1
    return 0


def _convert(options: argparse.Namespace) -> int:
    state = read_author_checkpoint(options.checkpoint, options.trust_pickle)
    detected = architecture_of(state)
    architecture = options.architecture or detected
    if {architecture, detected} - {"AnatomyNet", "baselineSERes18Conc"} and architecture != detected:
        raise ValueError(f"the checkpoint's tensors are {detected}'s, not {architecture}'s")
    classes = (BACKGROUND, *(options.organs or PAPER_ORGANS))
    description = ModelDescription(
        architecture=architecture,
        classes=classes,
        window=options.window,
        spacing=options.spacing,
        batch_norm=options.batch_norm,
        licence=options.license,
        provenance=options.provenance,
    )
    save_weight_file(options.output, state, description)
    print(f"wrote {options.output}: {architecture}, {len(classes)} classes")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    paths = sample_paths(options.samples)
    with Library(options.library).load(options.model) as model:
        scores, skipped = evaluate(
            paths,
            lambda sample: model.segment(
                sample, options.threads, options.largest_components, options.allow_untrained_spacing
            ),
            model.classes,
            options.output,
            options.pictures,
        )
        print(f"model {options.model} (SHA-256 {model.fingerprint})")
    for row in summary(scores):
        print(f"{row['organ']:<18} cases {row['cases']:>3}  DSC mean {row['mean_dsc']:.3f} "
              f"median {row['median_dsc']:.3f}  HD95 {row['mean_hd95_mm']:.1f} mm  not found {row['not_found']}  "
              f"absent {row['absent']}")
    return _status(skipped, paths)


def _curve(options: argparse.Namespace) -> int:
    draw_learning_curve(options.run_folder / CURVE, options.run_folder / "learning-curve.png")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="anatomynet-training", description="Train, export and evaluate AnatomyNet for libanatomynet. Not for clinical use.")
    parser.add_argument("--threads", type=int, default=0, help="processor threads; 0: as many as there are")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    importing = command("import", _import, "Read labelled CT in one of the known layouts into sample files.")
    importing.add_argument("--layout", required=True, choices=LAYOUTS)
    importing.add_argument("--source", type=Path, help="folder of the cases (not for phantoms)")
    importing.add_argument("--output", type=Path, required=True, help="folder for the samples")
    importing.add_argument("--organs", type=_names, help="comma-separated, in label order (pddca, folder)")
    importing.add_argument("--seeds", type=_seeds, default=(0, 100), help="FIRST:LAST, last excluded (phantom)")
    importing.add_argument("--runner", default="anatomynet-demo", help="the demo runner (phantom)")
    importing.add_argument("--spacing", type=_axes, help="x,y,z mm (phantom)")
    importing.add_argument("--size", type=_extents, help="x,y,z voxels (phantom)")

    completing = command("complete", _complete, "Fill in the organs that were not drawn from a model, run by the library.")
    completing.add_argument("--model", type=Path, required=True)
    completing.add_argument("--samples", type=Path, required=True)
    completing.add_argument("--output", type=Path, required=True, help="folder for the completed samples")
    completing.add_argument("--library", type=Path, help="libanatomynet.so; absent: the installed one")

    training = command("train", _train, "Train, or go on training, in a run folder.")
    training.add_argument("--recipe", default="paper", help="a shipped recipe's name, or a .toml file (paper)")
    training.add_argument("--training", type=Path, required=True, help="folder of samples")
    training.add_argument("--validation", type=Path, help="folder of samples")
    training.add_argument("--run-folder", type=Path, required=True, help="holds all state; an interrupted run goes on")
    training.add_argument("--minutes", type=_minutes, help="finish the recipe within this time, stages shortened alike")
    training.add_argument("--start-from", type=Path, help="weights (.safetensors) to start a new run from")
    training.add_argument("--seed", type=int, default=0)

    curve = command("curve", _curve, "Draw the learning curve of a run so far.")
    curve.add_argument("--run-folder", type=Path, required=True)

    exporting = command("export", _export, "Write a run's weights as a weight file and check the library with it.")
    exporting.add_argument("--checkpoint", type=Path, required=True, help="best.pt or last.pt of a run folder")
    exporting.add_argument("--without-check", action="store_true", help="do not run the library")

    checking = command("check", _check, "Compare the library with PyTorch on one volume.")
    checking.add_argument("--model", type=Path, required=True, help="weight file")
    for sub in (exporting, checking):
        sub.add_argument("--library", type=Path, help="libanatomynet.so; absent: the installed one")
        sub.add_argument("--sample", type=Path, help="volume to compare on; absent: noise")

    converting = command("convert", _convert, "Write a checkpoint of the authors' scripts as a weight file.")
    converting.add_argument("--checkpoint", type=Path, required=True)
    converting.add_argument("--architecture", choices=list(ARCHITECTURES), help="where the tensors leave a choice")
    converting.add_argument("--organs", type=_names, help="comma-separated, without background (the paper's nine)")
    converting.add_argument("--window", type=_numbers, help="LOWER,UPPER HU; absent: voxels enter as they are")
    converting.add_argument("--spacing", type=_axes, help="x,y,z mm of the network's grid; absent: any")
    converting.add_argument("--batch-norm", choices=("running", "volume"), default="volume",
                            help="whose statistics; the authors evaluated with each volume's own (volume)")
    converting.add_argument("--trust-pickle", action="store_true",
                            help="unpickle without restriction: runs whatever code the file holds")
    for sub in (exporting, converting):
        sub.add_argument("--license", default="", help="of the weights")
        sub.add_argument("--provenance", default="", help="data and training in a sentence")
        sub.add_argument("--output", type=Path, required=True, help="weight file to write")

    evaluating = command("evaluate", _evaluate, "Score a model, run by the library, over a folder of samples.")
    evaluating.add_argument("--model", type=Path, required=True)
    evaluating.add_argument("--samples", type=Path, required=True)
    evaluating.add_argument("--output", type=Path, required=True, help="folder for tables, box plot and pictures")
    evaluating.add_argument("--library", type=Path, help="libanatomynet.so; absent: the installed one")
    evaluating.add_argument("--largest-components", action="store_true",
                            help="keep only the largest connected component of each organ")
    evaluating.add_argument("--pictures", action="store_true", help="one overlay picture per case")
    for sub in (completing, evaluating):
        sub.add_argument("--allow-untrained-spacing", action="store_true",
                         help="accept spacings outside the range that the weight file states")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split(","))


def _axes(text: str) -> tuple[float, ...]:
    values = _numbers(text)
    if len(values) != 3:
        raise argparse.ArgumentTypeError("three numbers are needed: x,y,z")
    return values[::-1]


def _extents(text: str) -> tuple[int, ...]:
    return tuple(int(value) for value in _axes(text))


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes < float("inf"):
        raise argparse.ArgumentTypeError("a time above 0 is needed")
    return minutes


def _seeds(text: str) -> tuple[int, int]:
    first, last = text.split(":")
    return int(first), int(last)


if __name__ == "__main__":
    sys.exit(main())
