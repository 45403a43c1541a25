from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK
import torch
from conftest import ORGANS, blocks

from anatomynet_training import command_line
from anatomynet_training.command_line import main
from anatomynet_training.parity import Parity
from anatomynet_training.trainer import DivergedError
from anatomynet_training.weight_file import load_weight_file

RECIPE = """
network = "AnatomyNet"
window = [-1000.0, 1500.0]
background = "marginal"
average = 0.9
[[stages]]
epochs = 1
optimiser = "adamw"
learning_rate = 1e-3
patch = [8, 16, 16]
"""


def write_case(folder, sample):
    (folder / "structures").mkdir(parents=True)
    for name, array in [("ct", sample.intensities)] + [
        (f"structures/{organ}", (sample.labels == label).astype(np.uint8))
        for label, organ in enumerate(sample.organs, start=1)
        if sample.annotated[label - 1]
    ]:
        image = SimpleITK.GetImageFromArray(array)
        image.SetSpacing(sample.spacing[::-1])
        SimpleITK.WriteImage(image, folder / f"{name}.nii.gz")


def test_from_images_to_a_weight_file(tmp_path, capsys):
    (tmp_path / "quick.toml").write_text(RECIPE)
    samples, validation, run, model = (str(tmp_path / name) for name in ("train", "valid", "run", "model.safetensors"))
    for index, output in enumerate((samples, samples, validation)):
        images = tmp_path / f"images_{index}"
        write_case(images / f"case_{index}", blocks(annotated=(True, True, index == 0), seed=index))
        assert main(["import", "--layout", "folder", "--source", str(images), "--output", output,
                     "--organs", ",".join(ORGANS)]) == 0
    train = ["train", "--recipe", str(tmp_path / "quick.toml"), "--training", samples, "--run-folder", run]
    assert main([*train, "--validation", samples]) == 1
    assert "both training and validation: case_0, case_1" in capsys.readouterr().err
    assert main([*train, "--validation", validation]) == 0
    assert (tmp_path / "run" / "learning-curve.png").exists()
    assert main(["export", "--checkpoint", f"{run}/best.pt", "--output", model, "--without-check",
                 "--license", "none", "--provenance", "Boxes."]) == 0
    _, metadata = load_weight_file(tmp_path / "model.safetensors")
    assert metadata["anatomynet.provenance"] == "Boxes. Not for clinical use."
    assert metadata["anatomynet.spacing"] == "none"
    assert main(["train", "--recipe", "paper", "--training", samples, "--run-folder", run]) == 1
    assert "another recipe" in capsys.readouterr().err


@pytest.mark.parametrize("minutes", ["0", "-5", "nan", "soon"])
def test_minutes_must_be_a_time(minutes, capsys):
    with pytest.raises(SystemExit):
        main(["train", "--training", "x", "--run-folder", "y", "--minutes", minutes])
    assert "argument --minutes" in capsys.readouterr().err


def test_export_says_which_file_it_wants(tmp_path, capsys):
    def error_of(path):
        assert main(["export", "--checkpoint", str(path), "--output", str(tmp_path / "m"), "--without-check"]) == 1
        error = capsys.readouterr().err
        assert str(path) in error and error.count("\n") == 1
        return error

    torch.save({"network": {}, "averaged": {}, "recipe": {}}, tmp_path / "checkpoint.pt")
    assert "export best.pt or last.pt" in error_of(tmp_path / "checkpoint.pt")
    torch.save({"epoch": 1, "weight": {}}, tmp_path / "authors.pt")
    assert "`convert`" in error_of(tmp_path / "authors.pt")
    torch.save([1], tmp_path / "list.pt")
    whole = (tmp_path / "checkpoint.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.pt").touch()
    (tmp_path / "text.pt").write_text("a text")
    for name in ("list", "cut", "empty", "text", "absent"):
        error_of(tmp_path / f"{name}.pt")
    assert not (tmp_path / "m").exists()


def test_errors_are_sentences_not_tracebacks(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["import", "--layout", "pddca", "--source", str(tmp_path / "empty"), "--output", "x"]) == 1
    assert "no cases in the pddca layout" in capsys.readouterr().err
    assert main(["train", "--recipe", "none-such", "--training", str(tmp_path), "--run-folder", "x"]) == 1
    assert "no recipe 'none-such'; shipped: fast-cpu" in capsys.readouterr().err


def test_an_error_that_is_not_the_projects_own_keeps_its_traceback(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("The size of tensor a (3) must match the size of tensor b (4)")

    monkeypatch.setattr(command_line, "export", fail)
    with pytest.raises(RuntimeError, match="size of tensor"):
        main(["export", "--checkpoint", "x", "--output", "y"])


def test_a_run_that_diverges_and_a_runner_that_fails_are_sentences(tmp_path, monkeypatch, capsys):
    def diverge(*_):
        raise DivergedError("step 3: loss nan")

    monkeypatch.setattr(command_line, "export", diverge)
    assert main(["export", "--checkpoint", "x", "--output", "y"]) == 1
    assert capsys.readouterr().err == "anatomynet-training: step 3: loss nan\n"
    phantoms = ["import", "--layout", "phantom", "--seeds", "0:1", "--output", str(tmp_path)]
    assert main([*phantoms, "--runner", "false"]) == 1
    assert "false phantom" in capsys.readouterr().err


def test_check_takes_a_model_and_export_an_output(monkeypatch, capsys):
    checked = []
    monkeypatch.setattr(command_line, "Library", lambda path: SimpleNamespace(version="0"))
    monkeypatch.setattr(command_line, "check_parity",
                        lambda library, path, sample: checked.append(str(path)) or Parity(0.0, 1.0))
    monkeypatch.setattr(command_line, "export", lambda *_: None)
    assert main(["check", "--model", "a"]) == main(["export", "--checkpoint", "x", "--output", "b"]) == 0
    assert checked == ["a", "b"]
