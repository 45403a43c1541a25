from pathlib import Path

import pytest
from conftest import recipe

import anatomynet_training
from anatomynet_training.recipe import load_recipe, recipe_from

SHIPPED = sorted(path.stem for path in (Path(anatomynet_training.__file__).parent / "recipes").glob("*.toml"))


def test_the_documented_recipes_are_shipped():
    assert {"paper", "fast-cpu", "phantom", "head-and-neck-7oar"} < set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recipes_load_and_survive_their_checkpoint(name):
    shipped = load_recipe(name)
    assert recipe_from(shipped.table()) == shipped


def test_paper_recipe_is_the_published_schedule():
    first, second = load_recipe("paper").stages
    assert (first.optimiser, first.learning_rate, first.epochs) == ("rmsprop", 0.002, 150)
    assert (second.optimiser, second.learning_rate, second.epochs) == ("sgd", 0.001, 50)


def test_misspelt_settings_are_refused():
    with pytest.raises(ValueError, match="unknown recipe settings: avrage"):
        recipe_from({"network": "AnatomyNet", "window": [0, 1], "avrage": 0.9,
                     "stages": [{"epochs": 1, "optimiser": "sgd", "learning_rate": 1.0}]})


STAGE = {"epochs": 1, "optimiser": "sgd", "learning_rate": 1.0}
MINIMAL = {"network": "AnatomyNet", "window": [-1000, 1500], "stages": [STAGE]}


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"stages": [STAGE | {"optimiser": "adam"}]}, "optimiser is 'adam'; it must be one of rmsprop, sgd, adamw"),
    ({"stages": [STAGE, STAGE | {"optimiser": 3}]}, "optimiser is 3"),
    ({"stages": [{"epochs": 1}]}, "missing stage settings: optimiser, learning_rate"),
    ({"stages": [STAGE | {"epochs": 0}]}, "epochs is 0; it must be above 0"),
    ({"stages": [STAGE | {"epochs": float("inf")}]}, "epochs is inf"),
    ({"stages": [STAGE | {"learning_rate": -1.0}]}, "learning_rate is -1.0"),
    ({"stages": [STAGE | {"learning_rate": "fast"}]}, "learning_rate is 'fast'; it must be above 0"),
    ({"stages": [STAGE | {"final_learning_rate": -1.0}]}, "final_learning_rate"),
    ({"stages": [STAGE | {"patch": [8, 8]}]}, "patch is"),
    ({"stages": [STAGE | {"patch": [8, 8, 7]}]}, "AnatomyNet needs multiples of 2"),
    ({"network": "baseline4Pool", "stages": [STAGE | {"patch": [16, 16, 24]}]}, "baseline4Pool needs multiples of 16"),
    ({"stages": []}, "at least one stage"),
    ({"stages": 3}, "stages is 3; it must be a list of tables"),
    ({"stages": [3]}, "stage is 3; it must be a table"),
    ({"augmentation": True}, "augmentation is True; it must be a table"),
    ({"augmentation": {"mirror": 1.5}}, "mirror is 1.5; it must be from 0 to 1"),
    ({"augmentation": {"scale": 1.0}}, "scale is 1.0"),
    ({"augmentation": {"rotation_degrees": -5}}, "rotation_degrees is -5"),
    ({"window": [1500, -1000]}, "window is"),
    ({"window": [1500]}, "window is"),
    ({"window": 1500}, "window is"),
    ({"spacing": [1.0, 0, 1.0]}, "spacing is"),
    ({"average": 1.0}, "average is 1.0"),
    ({"organ_dropout": -0.1}, "organ_dropout is -0.1"),
    ({"clip_gradient": float("nan")}, "clip_gradient is nan"),
    ({"voxel_limit": 0}, "voxel_limit is 0"),
    ({"validate_every_epochs": 0}, "validate_every_epochs is 0"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_recipes_that_make_no_sense_are_refused(changes, sentence):
    recipe_from(MINIMAL)
    with pytest.raises(ValueError, match=sentence):
        recipe_from(MINIMAL | changes)


def test_a_recipe_without_a_network_or_window_is_refused():
    with pytest.raises(ValueError, match="missing recipe settings: network, window"):
        recipe_from({"stages": [STAGE]})


def test_an_error_in_a_recipe_names_its_file(tmp_path):
    (tmp_path / "mine.toml").write_text("network = ")
    with pytest.raises(ValueError, match="mine.toml: "):
        load_recipe(str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text('network = "AnatomyNet"')
    with pytest.raises(ValueError, match="mine.toml: missing recipe settings: window"):
        load_recipe(str(tmp_path / "mine.toml"))


def test_stages_follow_each_other():
    assert recipe().stage_at(0) == (0, 0)
    assert recipe().stage_at(0.5) == (0, pytest.approx(0.75))
    assert recipe().stage_at(0.7)[0] == 1
    assert recipe().stage_at(1) == (1, 1)
