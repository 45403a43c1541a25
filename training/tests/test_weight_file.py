import hashlib
import json
import struct
from dataclasses import replace

import pytest
import torch

from anatomynet_training.networks import build_network
from anatomynet_training.weight_file import ModelDescription, load_weight_file, save_weight_file

DESCRIPTION = ModelDescription(
    architecture="AnatomyNet",
    classes=("background", "Parotid_L", "Œsophagus"),
    window=(-1000.0, 1500.0),
    spacing=(2.5, 3.90625, 3.90625),
    spacing_range=((1.5, 2.7, 2.8), (3.3, 5.4, 5.5)),
    licence="MIT",
    provenance="Made up.",
)


def test_metadata_states_everything_in_x_y_z_order(tmp_path):
    save_weight_file(tmp_path / "m.safetensors", build_network("AnatomyNet", 3).state_dict(), DESCRIPTION)
    _, metadata = load_weight_file(tmp_path / "m.safetensors")
    checksum = metadata.pop("anatomynet.data_sha256")
    assert len(checksum) == 64
    assert json.loads(metadata.pop("anatomynet.classes")) == list(DESCRIPTION.classes)
    assert metadata == {
        "anatomynet.format_version": "1",
        "anatomynet.architecture": "AnatomyNet",
        "anatomynet.channels": "28,30,32,34",
        "anatomynet.blocks": "2",
        "anatomynet.squeeze_reduction": "15,16",
        "anatomynet.activation": "leaky_relu",
        "anatomynet.negative_slope": "0.01",
        "anatomynet.intensity_window": "-1000,1500",
        "anatomynet.orientation": "LPS",
        "anatomynet.spacing": "3.90625,3.90625,2.5",
        "anatomynet.spacing_minimum": "2.8,2.7,1.5",
        "anatomynet.spacing_maximum": "5.5,5.4,3.3",
        "anatomynet.padding_multiple": "8",
        "anatomynet.batch_norm": "running",
        "anatomynet.license": "MIT",
        "anatomynet.provenance": "Made up. Not for clinical use.",
    }


def test_checksum_is_that_of_the_bytes_after_the_header(tmp_path):
    path = tmp_path / "m.safetensors"
    save_weight_file(path, build_network("AnatomyNet", 3).state_dict(), DESCRIPTION)
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    stated = json.loads(content[8 : 8 + length])["__metadata__"]["anatomynet.data_sha256"]
    assert stated == hashlib.sha256(content[8 + length :]).hexdigest()


def test_tensors_come_back_bit_for_bit(tmp_path):
    state = build_network("baselineRes18Sum", 3).state_dict()
    description = ModelDescription("baselineRes18Sum", ("background", "A", "B"), None, None)
    save_weight_file(tmp_path / "m.safetensors", state, description)
    tensors, metadata = load_weight_file(tmp_path / "m.safetensors")
    assert tensors.keys() == state.keys()
    assert all(torch.equal(tensors[name], state[name]) for name in state)
    assert metadata["anatomynet.activation"] == "relu"
    assert metadata["anatomynet.intensity_window"] == metadata["anatomynet.spacing"] == "none"
    assert "anatomynet.squeeze_reduction" not in metadata


def test_class_names_must_match_the_network(tmp_path):
    with pytest.raises(ValueError, match="4 classes apart, the description names 3"):
        save_weight_file(tmp_path / "m.safetensors", build_network("AnatomyNet", 4).state_dict(), DESCRIPTION)


@pytest.mark.parametrize(("stated", "written"), [
    ("", "Not for clinical use."),
    ("Made up.", "Made up. Not for clinical use."),
    ("Made up. Not for clinical use.", "Made up. Not for clinical use."),
    ("Made up. Not for clinical use. ", "Made up. Not for clinical use."),
])
def test_provenance_ends_with_one_warning(stated, written):
    assert replace(DESCRIPTION, provenance=stated).metadata()["anatomynet.provenance"] == written


def test_what_is_no_weight_file_is_refused_by_name(tmp_path):
    path = tmp_path / "m.safetensors"
    save_weight_file(path, build_network("AnatomyNet", 3).state_dict(), DESCRIPTION)
    content = path.read_bytes()
    for damaged in (b"", b"a text", content[:5], content[:500], content[:-1]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="m.safetensors: not a safetensors file"):
            load_weight_file(path)
