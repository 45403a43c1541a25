"""Tests of anatomynet-demo from outside: files compared with nibabel, SimpleITK and pynrrd, DSC with NumPy."""

import gzip
import inspect
import itertools
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import nibabel
import nrrd
import numpy as np
import SimpleITK
from PIL import Image

DEMO, MODEL = sys.argv[1:3]
ORGANS = ["BrainStem", "Chiasm", "Mandible", "OpticNerve_L", "OpticNerve_R", "Parotid_L", "Parotid_R"]
ORGANS += ["Submandibular_L", "Submandibular_R"]
SHAPE = (26, 21, 17)


def run(*arguments, status=0):
    done = subprocess.run([DEMO, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    assert done.returncode == status, f"exit {done.returncode}, wanted {status}: {done.stderr or done.stdout}"
    return done.stderr if status else done.stdout


def segment(source, output, *options, status=0):
    return run("segment", "--model", MODEL, "--input", source, "--output", output, *options, status=status)


def ct(seed=0):
    """HU whose every value fits each integer type after an offset of 1024."""
    return np.random.default_rng(seed).integers(-1024, 1500, SHAPE).astype(np.int16)


def lps_affine(spacing=(0.9, 0.8, 2.5), origin=(-31.25, 12.5, 100.75)):
    """Index to RAS of an image whose axes run L, P, S."""
    affine = np.diag([-spacing[0], -spacing[1], spacing[2], 1.0])
    affine[:3, 3] = origin
    return affine


def save_nifti(path, voxels, affine, slope=None, inter=0, codes=(1, 1), units=("mm", "sec"), order="<"):
    image = nibabel.Nifti1Image(voxels, affine, nibabel.Nifti1Header(endianness=order))
    image.header.set_data_dtype(voxels.dtype.newbyteorder(order))
    image.set_qform(affine, codes[0])
    image.set_sform(affine, codes[1])
    image.header.set_xyzt_units(*units)
    nibabel.save(image, path)
    if slope is not None:
        patch_nifti(path, 112, struct.pack(order + "ff", slope, inter))
    return path


def patch_nifti(path, offset, replacement):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(replacement)


def labels_of(path):
    return np.asarray(nibabel.load(path).dataobj)


def reference():
    save_nifti("reference.nii", ct(), lps_affine())
    segment("reference.nii", "reference_labels.nii")
    return labels_of("reference_labels.nii")


def test_each_stored_type_and_byte_order_gives_the_same_labels():
    wanted = reference()
    assert wanted.shape == SHAPE and wanted.dtype == np.uint8 and len(np.unique(wanted)) > 2
    for kind, order in itertools.product(["i2", "i4", "i8", "f4", "f8"], "<>"):
        segment(save_nifti("a.nii", ct().astype(order + kind), lps_affine(), order=order), "b.nii")
        assert (labels_of("b.nii") == wanted).all(), (kind, order)
    for kind in ["uint16", "uint32"]:
        segment(save_nifti("a.nii", (ct() + 1024).astype(kind), lps_affine(), 1, -1024), "b.nii")
        assert (labels_of("b.nii") == wanted).all(), kind


def test_8_bit_types_are_read():
    voxels = np.random.default_rng(1).integers(0, 100, SHAPE)
    segment(save_nifti("w.nii", voxels.astype(np.int16), lps_affine()), "wl.nii")
    for kind in ["int8", "uint8"]:
        segment(save_nifti("a.nii", voxels.astype(kind), lps_affine()), "b.nii")
        assert (labels_of("b.nii") == labels_of("wl.nii")).all(), kind


def test_slope_and_intercept():
    wanted = reference()
    for slope, inter, voxels in [(0, 77, ct()), (float("nan"), 0, ct()), (2, -1024, None), (0.5, 0, ct() * 2)]:
        if voxels is None:
            even = (ct() + 1024) // 2 * 2 - 1024
            segment(save_nifti("w.nii", even, lps_affine()), "wl.nii")
            segment(save_nifti("a.nii", ((even + 1024) // 2).astype(np.int16), lps_affine(), 2, -1024), "b.nii")
            assert (labels_of("b.nii") == labels_of("wl.nii")).all()
            continue
        segment(save_nifti("a.nii", voxels, lps_affine(), slope, inter), "b.nii")
        assert (labels_of("b.nii") == wanted).all(), (slope, inter)
    for inter in [float("nan"), float("inf")]:
        save_nifti("n.nii", ct(), lps_affine(), slope=2, inter=inter)
        assert "intercept" in segment("n.nii", "o.nii", status=1), inter


def test_nifti_geometry_is_copied_bit_for_bit():
    for codes in [(1, 1), (1, 0), (0, 2), (3, 4)]:
        for units in [("mm", "sec"), ("unknown", "unknown"), ("mm", "msec")]:
            segment(save_nifti("a.nii.gz", ct(), lps_affine(), codes=codes, units=units), "b.nii.gz")
            before, after = nibabel.load("a.nii.gz").header, nibabel.load("b.nii.gz").header
            fields = ["qform_code", "sform_code", "srow_x", "srow_y", "srow_z", "xyzt_units"]
            if codes[0] > 0:
                fields += ["quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"]
            for field in fields:
                if field.startswith("srow") and codes[1] == 0:
                    continue
                assert before[field].tobytes() == after[field].tobytes(), (codes, field)
            assert (before["pixdim"][1:4] == after["pixdim"][1:4]).all() and before.get_data_shape() == after.get_data_shape()
            assert (nibabel.load("a.nii.gz").affine == nibabel.load("b.nii.gz").affine).all()


def test_a_nifti_whose_qform_and_sform_name_other_sides_is_refused():
    for turn in [np.diag([-1, 1, 1, 1]), np.diag([1, 1, -1, 1]), np.eye(4)[[1, 0, 2, 3]]]:
        image = nibabel.load(save_nifti("a.nii", ct(), lps_affine()))
        image.set_sform(lps_affine() @ turn, 1)
        nibabel.save(image, "b.nii")
        message = segment("b.nii", "l.nii", status=1)
        assert "qform" in message and "sform" in message and "LPS" in message and not os.path.exists("l.nii")
        image.set_qform(lps_affine(), 0)
        image.header.set_zooms(np.linalg.norm(image.affine[:3, :3], axis=0))
        nibabel.save(image, "b.nii")
        segment("b.nii", "l.nii")
        os.remove("l.nii")
    image = nibabel.load("a.nii")
    image.set_sform(lps_affine(origin=(-31, 12.5, 100)), 1)
    nibabel.save(image, "b.nii")
    segment("b.nii", "l.nii")
    assert (nibabel.load("l.nii").affine == nibabel.load("b.nii").affine).all()


def test_a_nifti_that_states_two_voxel_sizes_is_refused():
    for pixdim in [(0.9, 0.8, 5.0), (9.0, 8.0, 25.0), (0.9, 0.8, 0.0), (0.9, 0.8, float("nan"))]:
        for codes in [(0, 1), (1, 1)]:
            save_nifti("a.nii", ct(), lps_affine(), codes=codes)
            patch_nifti("a.nii", 80, struct.pack("<fff", *pixdim))
            message = segment("a.nii", "l.nii", status=1)
            assert "pixdim" in message and "0.9 × 0.8 × 2.5" in message and not os.path.exists("l.nii"), message
    # As rounded to two places.
    save_nifti("a.nii", ct(), lps_affine((0.9766, 0.9766, 2.5)), codes=(0, 1))
    patch_nifti("a.nii", 80, struct.pack("<fff", 0.98, 0.98, 2.5))
    segment("a.nii", "l.nii")


def segment_of(image, *options):
    """The whole run, with a report."""
    command = [DEMO, "segment", "-m", MODEL, "-i", image, "-o", "l.nii", "--json", "l.json", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)


def warnings_of(done):
    """What a run warned of, which its report says, too."""
    shown = [line.removeprefix("warning: ") for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert json.load(open("l.json"))["warnings"] == shown, (shown, json.load(open("l.json"))["warnings"])
    return shown


def test_a_nifti_whose_qform_and_sform_differ_by_more_than_a_voxel_is_warned_of():
    angle = np.radians(10)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    shift = np.eye(4)
    shift[0, 3] = 50
    for place, is_warned in [(turn, True), (shift, True), (np.eye(4), False)]:
        image = nibabel.load(save_nifti("a.nii", ct(), lps_affine()))
        image.set_sform(place @ lps_affine(), 1)
        nibabel.save(image, "b.nii")
        found = warnings_of(segment_of("b.nii"))
        assert any("qform" in text and "sform" in text for text in found) == is_warned, found


def test_what_a_run_warned_of_stands_in_its_report():
    model = with_metadata("m.safetensors", spacing_minimum="0.7,0.7,1", spacing_maximum="1.25,1.25,2.5")
    save_nifti("a.nii", ct() + 1100, lps_affine((3, 3, 3)))
    command = [DEMO, "segment", "-m", model, "-i", "a.nii", "-o", "l.nii", "--json", "l.json", "--allow-untrained-spacing"]
    found = warnings_of(subprocess.run(command, capture_output=True, text=True, timeout=600, check=True))
    assert len(found) == 2, found
    assert "3 x 3 x 3 mm" in found[0] and "1.25 x 1.25 x 2.5 mm" in found[0] and "intercept" in found[1], found
    small_phantom()
    assert warnings_of(segment_of("ct.nii")) == []


def test_units_of_length_are_converted():
    affine = lps_affine()
    affine[:3] *= 1000
    segment(save_nifti("a.nii", ct(), affine, units=("micron", "sec")), "b.nii", "--json", "b.json")
    spacing = json.load(open("b.json"))["grid"]["spacingMillimetres"]
    assert np.allclose(spacing, [0.9, 0.8, 2.5], rtol=1e-6), spacing
    assert nibabel.load("b.nii").header.get_xyzt_units()[0] == "micron"


def test_an_image_without_orientation_is_refused_until_somebody_says_it():
    save_nifti("a.nii", ct(), lps_affine(), codes=(0, 0))
    message = segment("a.nii", "b.nii", status=1)
    assert "--input-orientation" in message and not os.path.exists("b.nii")
    segment("a.nii", "b.nii", "--input-orientation", "LPS")
    assert (labels_of("b.nii") == reference()).all()
    header = nibabel.load("b.nii").header
    assert header["qform_code"] == 0 and header["sform_code"] == 0
    extension = header.extensions[0].get_content()
    stated = "input orientation: LPS, by --input-orientation"
    assert stated in (extension if isinstance(extension, str) else extension.decode())
    nrrd.write("a.nrrd", ct())
    assert "--input-orientation" in segment("a.nrrd", "b.nrrd", status=1)
    segment("a.nrrd", "b.nrrd", "--input-orientation", "LPS")
    assert nrrd.read_header("b.nrrd")["input orientation"] == "LPS, by --input-orientation"


def test_a_nrrd_with_a_space_and_no_directions_has_no_orientation():
    content = ct().tobytes(order="F")
    header = "NRRD0004\ntype: short\ndimension: 3\nsizes: 26 21 17\nspacings: 0.9 0.8 2.5\nendian: little\nencoding: raw\n"
    open("a.nrrd", "wb").write((header + "space: left-posterior-superior\n\n").encode() + content)
    assert "--input-orientation" in segment("a.nrrd", "b.nrrd", status=1)
    segment("a.nrrd", "b.nrrd", "--input-orientation", "LPS", "--json", "b.json")
    assert np.allclose(json.load(open("b.json"))["grid"]["spacingMillimetres"], [0.9, 0.8, 2.5])
    assert (nrrd.read("b.nrrd")[0] == reference()).all()


def test_a_picture_is_drawn_only_where_left_and_right_are_known():
    labels = np.random.default_rng(5).integers(0, 4, SHAPE).astype(np.uint8)
    known = save_nifti("known.nii", labels, lps_affine())
    turned = np.ascontiguousarray(labels[::-1, ::-1])
    unknown = save_nifti("unknown.nii", turned, np.diag([0.9, 0.8, 2.5, 1]), codes=(0, 0))
    assert '"meanDSC" : 1' in run("evaluate", unknown, unknown, "--json", "/dev/stdout")
    refused("does not say how its axes lie", "evaluate", unknown, unknown, "--picture", "e.png")
    run("evaluate", unknown, unknown, "--picture", "e.png", "--input-orientation", "RAS")
    run("evaluate", known, known, "--picture", "k.png")
    names = [np.asarray(Image.open(name)) for name in ["e.png", "k.png"]]
    # Title and letters, too, since the orientation was said to be that of the other file.
    assert (names[0] == names[1]).all()
    refused("says its orientation itself", "evaluate", known, known, "--input-orientation", "RAS")
    # Where one file says how its axes lie and the other does not, nobody knows whether their voxels are the same.
    same = save_nifti("same.nii", labels, np.diag([0.9, 0.8, 2.5, 1]), codes=(0, 0))
    lps = save_nifti("lps.nii", labels, np.diag([-0.9, -0.8, 2.5, 1]))
    for pair in [(same, lps), (lps, same)]:
        refused("how its axes lie", "evaluate", *pair)


def test_without_an_origin_no_place_is_made_up():
    header = {"space": "LPS", "space directions": np.diag([0.9, 0.8, 2.5])}
    nrrd.write("a.nrrd", ct(), header)
    done = subprocess.run(
        [DEMO, "segment", "-m", MODEL, "-i", "a.nrrd", "-o", "b.nrrd", "--json", "b.json"], capture_output=True, text=True
    )
    assert done.returncode == 0 and "does not say where it lies" in done.stderr, done
    report = json.load(open("b.json"))
    assert "originMillimetresLPS" not in report["grid"], report["grid"]
    assert all("centroidMillimetresLPS" not in o and "boxLowerMillimetresLPS" not in o for o in report["organs"])
    assert any("millilitres" in organ for organ in report["organs"])
    nrrd.write("c.nrrd", ct(), header | {"space origin": [0, 0, 0]})
    segment("c.nrrd", "d.nrrd", "--json", "d.json")
    report = json.load(open("d.json"))
    assert report["grid"]["originMillimetresLPS"] == [0, 0, 0]
    assert any("centroidMillimetresLPS" in organ for organ in report["organs"])


def test_one_time_point_is_allowed_two_are_not():
    save_nifti("a.nii", ct()[..., None], lps_affine())
    segment("a.nii", "b.nii")
    assert (labels_of("b.nii") == reference()).all()
    save_nifti("a.nii", np.stack([ct(), ct()], -1), lps_affine())
    assert "2 volumes" in segment("a.nii", "c.nii", status=1)


def test_a_single_slice_keeps_three_dimensions():
    save_nifti("a.nii", ct()[:, :, :1], lps_affine())
    segment("a.nii", "b.nii")
    assert nibabel.load("b.nii").shape == (*SHAPE[:2], 1)


def test_not_a_number_is_reported_not_replaced():
    voxels = ct().astype(np.float32)
    voxels[3, 4, 5] = np.nan
    message = segment(save_nifti("a.nii", voxels, lps_affine()), "b.nii", status=1)
    assert "3" in message and "4" in message and "5" in message and not os.path.exists("b.nii")


def test_pairs_of_header_and_image_are_read():
    image = nibabel.Nifti1Pair(ct(), lps_affine())
    image.set_qform(lps_affine(), 1)
    image.set_sform(lps_affine(), 1)
    nibabel.save(image, "a.hdr")
    for name in ["a.hdr", "a.img"]:
        segment(name, "b.nii")
        assert (labels_of("b.nii") == reference()).all()


def test_labels_say_what_they_are():
    segment(save_nifti("a.nii", ct(), lps_affine()), "b.nii")
    header = nibabel.load("b.nii").header
    assert header["descrip"].item().startswith(b"Not for clinical use. libanatomynet ")
    assert header["intent_code"] == 1002
    text = header.extensions[0].get_content()
    text = text if isinstance(text, str) else text.decode()
    for part in ["Not for clinical use", "model SHA-256: ", "label 1: BrainStem", "label 9: Submandibular_R"]:
        assert part in text, part
    segment("a.nii", "b.nrrd")
    header = nrrd.read_header("b.nrrd")
    assert header["conditions of use"] == "Not for clinical use" and header["label 3"] == "Mandible"
    assert header["Segment2_Name"] == "Mandible" and header["Segment2_LabelValue"] == "3"
    assert len(header["model SHA-256"]) == 64


def test_nrrd_geometry_is_kept():
    for space, signs in [
        ("left-posterior-superior", (1, 1, 1)),
        ("right-anterior-superior", (-1, -1, 1)),
        ("left-anterior-superior", (1, -1, 1)),
    ]:
        directions = np.diag([0.9, 0.8, 2.5]) * signs
        header = {
            "space": space,
            "space directions": directions,
            "space origin": np.array([31.25, -12.5, 100.75]) * signs,
            "space units": ["mm", "mm", "mm"],
            "kinds": ["domain"] * 3,
        }
        nrrd.write("a.nrrd", ct(), header)
        segment("a.nrrd", "b.nrrd")
        labels, after = nrrd.read("b.nrrd")
        assert (labels == reference()).all(), space
        assert after["space"] == space and (after["space directions"] == directions).all()
        assert (after["space origin"] == header["space origin"]).all() and list(after["space units"]) == ["mm"] * 3


def test_both_formats_put_labels_at_the_same_place():
    save_nifti("a.nii", ct(), lps_affine())
    segment("a.nii", "b.nii")
    segment("a.nii", "b.nrrd")
    segment("b.nrrd", "c.nii", "--window", "0,9")
    images = [SimpleITK.ReadImage(name) for name in ["a.nii", "b.nii", "b.nrrd", "c.nii"]]
    for image in images[1:]:
        assert image.GetSize() == images[0].GetSize()
        assert np.allclose(image.GetSpacing(), images[0].GetSpacing(), rtol=1e-6)
        assert np.allclose(image.GetOrigin(), images[0].GetOrigin(), atol=1e-4)
        assert np.allclose(image.GetDirection(), images[0].GetDirection(), atol=1e-6)
    assert (SimpleITK.GetArrayFromImage(images[1]) == SimpleITK.GetArrayFromImage(images[2])).all()


def test_detached_and_four_dimensional_nrrd_are_read():
    image = SimpleITK.GetImageFromArray(np.transpose(ct(), (2, 1, 0)))
    image.SetSpacing((0.9, 0.8, 2.5))
    image.SetOrigin((31.25, -12.5, 100.75))
    SimpleITK.WriteImage(image, "a.nhdr")
    segment("a.nhdr", "b.nrrd")
    assert (nrrd.read("b.nrrd")[0] == reference()).all()
    directions = np.vstack([np.diag([0.9, 0.8, 2.5]), [[np.nan] * 3]])
    header = {"space": "LPS", "space directions": directions, "space origin": [0, 0, 0]}
    nrrd.write("a.nrrd", ct()[..., None], header | {"kinds": ["domain", "domain", "domain", "list"]})
    segment("a.nrrd", "b.nrrd")
    assert (nrrd.read("b.nrrd")[0] == reference()).all()


def test_table_and_json_agree_with_numpy():
    affine = lps_affine()
    segment(save_nifti("a.nii", ct(), affine), "b.nii", "--json", "b.json")
    labels = labels_of("b.nii")
    report = json.load(open("b.json"))
    assert report["conditionsOfUse"] == "Not for clinical use"
    for organ in report["organs"]:
        where = np.argwhere(labels == organ["label"])
        assert organ["voxels"] == len(where)
        assert np.isclose(organ["millilitres"], len(where) * 0.9 * 0.8 * 2.5 / 1000, rtol=1e-5)
        if len(where):
            ras = affine @ np.append(where.mean(0), 1)
            assert np.allclose(organ["centroidMillimetresLPS"], [-ras[0], -ras[1], ras[2]], atol=1e-3)


def test_probabilities_are_written():
    segment(save_nifti("a.nii", ct(), lps_affine()), "b.nii", "--probabilities", "scores")
    names = ["background", *ORGANS]
    scores = np.stack([nibabel.load(f"scores/{name}.nii").get_fdata() for name in names])
    assert abs(scores.sum(0) - 1).max() < 1e-5
    assert (scores.argmax(0) == labels_of("b.nii")).mean() > 0.9999


def test_dice_similarity_agrees_with_numpy():
    random_numbers = np.random.default_rng(5)
    truth = random_numbers.integers(0, 10, SHAPE).astype(np.uint8)
    predicted = np.where(random_numbers.random(SHAPE) < 0.4, truth, random_numbers.integers(0, 9, SHAPE)).astype(np.uint8)
    truth[truth == 2], predicted[predicted == 2] = 0, 0
    save_nifti("t.nii", truth, lps_affine())
    save_nifti("p.nii", predicted, lps_affine())
    run("evaluate", "p.nii", "t.nii", "--json", "e.json", "--picture", "e.png", "--input", save_nifti("a.nii", ct(), lps_affine()))
    report = json.load(open("e.json"))
    values = []
    for organ in report["organs"]:
        p, t = predicted == organ["label"], truth == organ["label"]
        if not p.any() and not t.any():
            assert "dsc" not in organ
            continue
        values.append(2 * (p & t).sum() / (p.sum() + t.sum()))
        assert abs(organ["dsc"] - values[-1]) < 1e-12
    assert abs(report["meanDSC"] - np.mean(values)) < 1e-12 and len(values) == 8
    assert Image.open("e.png").text["Disclaimer"] == "Not for clinical use"


def save_named_labels(path, labels, names, key="label {}"):
    header = {"space": "LPS", "space directions": np.diag([0.9, 0.8, 2.5]), "space origin": [31.25, -12.5, 100.75]}
    nrrd.write(path, labels, header | {key.format(label): name for label, name in names.items()})


def evaluated_names(*arguments):
    run("evaluate", *arguments, "--json", "e.json")
    return {organ["label"]: organ["name"] for organ in json.load(open("e.json"))["organs"]}


def test_names_of_labels_come_from_the_files():
    labels = np.random.default_rng(5).integers(0, 4, SHAPE).astype(np.uint8)
    save_nifti("plain.nii", labels, lps_affine())
    assert list(evaluated_names("plain.nii", "plain.nii").values()) == ORGANS
    save_named_labels("a.nrrd", labels, {0: "background", 1: "BrainStem", 2: "SpinalCord"})
    save_named_labels("b.nrrd", labels, {1: "Brainstem", 3: "Larynx"})
    merged = {1: "BrainStem", 2: "SpinalCord", 3: "Larynx"}
    assert evaluated_names("a.nrrd", "b.nrrd") == merged
    assert evaluated_names("a.nrrd", "plain.nii") == merged | {3: "label 3"}
    assert evaluated_names("plain.nii", "b.nrrd") == {1: "Brainstem", 2: "label 2", 3: "Larynx"}
    slicer = {"Segment0_Name": "SpinalCord", "Segment0_LabelValue": "2", "label 2": "old name"}
    save_named_labels("slicer.seg.nrrd", labels, slicer, key="{}")
    assert evaluated_names("slicer.seg.nrrd", "plain.nii") == {1: "label 1", 2: "SpinalCord", 3: "label 3"}
    save_named_labels("c.nrrd", labels, {2: "Larynx"})
    message = run("evaluate", "a.nrrd", "c.nrrd", status=1)
    for part in ["label 2", "SpinalCord", "Larynx", "--names"]:
        assert part in message, message
    assert evaluated_names("a.nrrd", "c.nrrd", "--names", "background,x,y") == {1: "x", 2: "y", 3: "label 3"}


def test_a_name_that_is_empty_is_refused():
    labels = save_nifti("l.nii", np.ones(SHAPE, np.uint8), lps_affine())
    for names in ["background,,x", "background,x,", ",x", "", "background, ,x"]:
        assert "--names" in run("evaluate", labels, labels, "--names", names, status=64), names
    source = save_nifti("ct.nii", ct(), lps_affine())
    assert "--class-names" in segment(source, "o.nii", "--class-names", "background,,a,b,c,d,e,f,g,h,i", status=64)


def test_names_of_labels_are_read_from_what_is_written():
    source = save_nifti("ct.nii", ct(), lps_affine())
    names = ["background", *"ABCDEFGHI"]
    for name in ["l.nii", "l.nii.gz", "l.nrrd"]:
        segment(source, name, "--class-names", ",".join(names))
        assert list(evaluated_names(name, name).values()) == names[1:], name
    content = nibabel.load("l.nii").header.extensions[0].get_content()
    swapped = nibabel.Nifti1Image(labels_of("l.nii"), lps_affine(), nibabel.Nifti1Header(endianness=">"))
    swapped.set_qform(lps_affine(), 1)
    swapped.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", content))
    nibabel.save(swapped, "s.nii")
    assert list(evaluated_names("s.nii", "l.nii").values()) == names[1:]
    pair = nibabel.Nifti1Pair(labels_of("l.nii"), lps_affine())
    pair.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", content))
    nibabel.save(pair, "p.hdr")
    assert list(evaluated_names("p.img", "p.hdr").values()) == names[1:]


def test_the_ct_below_a_picture_is_read_before_anything_is_written():
    labels = save_nifti("l.nii", np.ones(SHAPE, np.uint8), lps_affine())
    refused("No such file", "evaluate", labels, labels, "--input", "nix.nii", "--picture", "e.png", "--json", "e.json")
    other = save_nifti("other.nii", ct(), lps_affine(origin=(0, 0, 0)))
    refused("grid", "evaluate", labels, labels, "--input", other, "--picture", "e.png", "--json", "e.json")
    assert "--picture" in run("evaluate", labels, labels, "--input", other, status=64)


def test_images_on_different_grids_are_not_compared():
    labels = np.zeros(SHAPE, np.uint8)
    save_nifti("a.nii", labels, lps_affine())
    save_nifti("b.nii", labels, lps_affine(origin=(-31.25, 12.5, 103)))
    assert "grid" in run("evaluate", "a.nii", "b.nii", status=1)
    save_nifti("c.nii", labels.astype(np.float32) + 0.5, lps_affine())
    assert "no label" in run("evaluate", "c.nii", "a.nii", status=1)


def test_phantom_is_the_same_for_the_same_seed_in_both_formats():
    options = ["--seed", 7, "--size", "48,44,30", "--spacing", "6,6,8"]
    run("phantom", "a.nii.gz", "--truth", "at.nii.gz", *options)
    run("phantom", "b.nrrd", "--truth", "bt.nrrd", *options, "--picture", "b.png")
    assert (labels_of("a.nii.gz") == nrrd.read("b.nrrd")[0]).all()
    assert (labels_of("at.nii.gz") == nrrd.read("bt.nrrd")[0]).all()
    assert np.allclose(nibabel.load("a.nii.gz").header.get_zooms(), (6, 6, 8))
    a, b = SimpleITK.ReadImage("a.nii.gz"), SimpleITK.ReadImage("b.nrrd")
    assert np.allclose(a.GetOrigin(), b.GetOrigin(), atol=1e-3) and np.allclose(a.GetDirection(), b.GetDirection())
    assert Image.open("b.png").text["Disclaimer"] == "Not for clinical use"


def test_the_patients_right_is_on_the_left_whatever_the_order_of_voxels():
    size = (40, 36, 30)
    body = np.full(size, -1000, np.int16)
    body[4:36, 4:32, :] = 40
    labels = np.zeros(size, np.uint8)
    labels[26:32, 8:14, 18:24] = 6  # to the left, anterior, superior
    pictures = []
    for flips in itertools.product([1, -1], repeat=3):
        affine = lps_affine((2, 2, 3), (0, 0, 0)) @ np.diag([*flips, 1])
        view = tuple(slice(None, None, flip) for flip in flips)
        save_nifti("a.nii", np.ascontiguousarray(body[view]), affine)
        save_nifti("l.nii", np.ascontiguousarray(labels[view]), affine)
        run("evaluate", "l.nii", "l.nii", "--input", "a.nii", "--picture", "p.png")
        pictures.append(np.asarray(Image.open("p.png")))
    assert all((picture == pictures[0]).all() for picture in pictures)


def test_outputs_never_replace_inputs_and_appear_only_complete():
    save_nifti("a.nii", ct(), lps_affine())
    before = open("a.nii", "rb").read()
    segment("a.nii", "a.nii", status=1)
    assert open("a.nii", "rb").read() == before
    segment("a.nii", "missing/b.nii", status=1)
    segment("a.nii", "b.mha", status=1)
    run("segment", "--model", "missing", "--input", "a.nii", "--output", "b.nii", status=1)
    assert not [name for name in os.listdir(".") if "partial" in name or name.startswith("b.")]


def run_with_files_of_at_most(size, *arguments):
    """What becomes of a run that cannot write more than so many bytes into a file."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.run([DEMO, *arguments], capture_output=True, text=True, timeout=600, preexec_fn=limit)


def test_reports_and_pictures_appear_only_complete():
    small_phantom()
    run("evaluate", "truth.nii", "truth.nii", "--json", "e.json", "--picture", "e.png")
    before = {name: open(name, "rb").read() for name in os.listdir(".")}
    for option in [["--json", "e.json"], ["--picture", "e.png"]]:
        done = run_with_files_of_at_most(1000, "evaluate", "truth.nii", "truth.nii", *option)
        assert done.returncode == 1 and "File too large" in done.stderr, done
        assert before == {name: open(name, "rb").read() for name in os.listdir(".")}, option


def test_reports_go_to_what_is_no_file_as_well():
    small_phantom()
    report = run("evaluate", "truth.nii", "truth.nii", "--json", "/dev/stdout")
    assert '"meanDSC" : 1' in report, report


def refused(expected, *arguments):
    """Runs what must be refused before anything is written."""
    before = {name: open(name, "rb").read() for name in os.listdir(".") if os.path.isfile(name)}
    message = run(*arguments, status=1)
    after = {name: open(name, "rb").read() for name in os.listdir(".") if os.path.isfile(name)}
    assert expected in message, (expected, message)
    assert before == after, (arguments, set(after) - set(before))


def small_phantom(ct_name="ct.nii", truth_name="truth.nii"):
    run("phantom", ct_name, "--truth", truth_name, "--size", "24,22,15", "--spacing", "8,8,8")


def test_no_output_replaces_an_input():
    small_phantom()
    os.rename("truth.nii", "BrainStem.nii")
    os.link("ct.nii", "hard.png")
    os.symlink("BrainStem.nii", "soft.png")
    os.symlink(os.path.realpath(MODEL), "model.json")
    is_input = "is the input; choose another name"
    base = ["segment", "-m", "model.json", "-i", "ct.nii", "-o", "l.nii"]
    for option in [["--picture", "hard.png"], ["--json", "ct.nii"], ["--json", "./ct.nii"], ["--json", "model.json"]]:
        refused(is_input, *base, *option)
    refused(is_input, "segment", "-m", MODEL, "-i", "BrainStem.nii", "-o", "l.nii", "--probabilities", ".")
    compare = ["evaluate", "BrainStem.nii", "BrainStem.nii", "--input", "ct.nii"]
    for option in [["--picture", "soft.png"], ["--picture", "hard.png"]]:
        refused(is_input, *compare, *option)
    for report in ["ct.nii", "BrainStem.nii"]:
        refused(is_input, *compare, "--picture", "new.png", "--json", report)
    refused(is_input, "bench", "model.json", "--json", "model.json")
    nibabel.save(nibabel.Nifti1Pair(ct(), lps_affine()), "pair.hdr")
    refused(is_input, "segment", "-m", MODEL, "-i", "pair.hdr", "-o", "l.nii", "--json", "pair.img")
    refused(is_input, "segment", "-m", MODEL, "-i", "pair.img", "-o", "l.nii", "--json", "pair.hdr")


def test_no_output_replaces_another_output():
    small_phantom()
    os.mkdir("folder")
    open("old.png", "w").close()
    os.link("old.png", "old.json")
    is_output = "is another output, too"
    base = ["segment", "-m", MODEL, "-i", "ct.nii"]
    refused(is_output, *base, "-o", "l.nii", "--json", "folder/../l.nii")
    refused(is_output, *base, "-o", "l.nii", "--picture", "a.png", "--json", "a.png")
    refused(is_output, *base, "-o", "l.nii", "--picture", "old.png", "--json", "old.json")
    refused(is_output, *base, "-o", "folder/Mandible.nii", "--probabilities", "folder")
    refused(is_output, *base, "-o", "l.nii", "--class-names", "a,b,c,d,e,f,g,h,i/j,i_j", "--probabilities", "folder")
    refused(is_output, "evaluate", "ct.nii", "truth.nii", "--picture", "a.png", "--json", "a.png")
    refused(is_output, "phantom", "a.nii", "--truth", "a.nii")


def test_outputs_that_cannot_be_written_are_refused_before_computing():
    small_phantom()
    base = ["segment", "-m", MODEL, "-i", "ct.nii"]
    nowhere = "the folder nowhere; make it or choose another (No such file or directory)"
    refused(nowhere, *base, "-o", "nowhere/l.nii")
    for option in [["--picture", "nowhere/p.png"], ["--json", "nowhere/r.json"], ["--probabilities", "nowhere/scores"]]:
        refused(nowhere, *base, "-o", "l.nii", *option)
        if option[0] != "--probabilities":
            refused(nowhere, "evaluate", "truth.nii", "truth.nii", *option)
    refused(nowhere, "phantom", "a.nii", "--truth", "nowhere/t.nii")
    refused(nowhere, "bench", MODEL, "--json", "nowhere/b.json")
    refused("Not a directory", *base, "-o", "l.nii", "--probabilities", "truth.nii")
    refused("Not a directory", *base, "-o", "ct.nii/l.nii")
    os.mkdir("p.png")
    refused("is a folder", *base, "-o", "l.nii", "--picture", "p.png")
    refused("must end with .png", *base, "-o", "l.nii", "--picture", "p.jpg")


def test_what_the_system_refuses_is_said_with_its_reason():
    small_phantom()
    assert "No such file or directory" in run("evaluate", "nix.nii.gz", "truth.nii", status=1)
    assert "No such file or directory" in run("evaluate", "nix.nrrd", "truth.nii", status=1)


def test_a_table_that_cannot_be_written_is_an_error():
    small_phantom()
    for arguments in [["evaluate", "truth.nii", "truth.nii"], ["info", MODEL], ["phantom", "b.nii", "--size", "24,22,15"]]:
        with open("/dev/full", "w") as full:
            done = subprocess.run([DEMO, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 1 and "No space left on device" in done.stderr, (arguments, done)


def test_info_lists_layers():
    text = run("info", MODEL, "--size", "225,302,178")
    for part in ["SHA-256", "layer1.0.conv1", "transposed conv", "GMAC", "Not for clinical use"]:
        assert part in text, part
    assert text == run("info", MODEL)


def with_metadata(path, **metadata):
    """The model with further metadata."""
    content = open(MODEL, "rb").read()
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    header.setdefault("__metadata__", {}).update({f"anatomynet.{key}": value for key, value in metadata.items()})
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + content[end:])
    return path


def test_one_end_of_the_trained_spacings_is_shown_alone():
    model = with_metadata("m.safetensors", spacing_maximum="1.25,1.25,2.5")
    output = run("info", model)
    assert "spacings to 1.25 × 1.25 × 2.5 mm" in output, output


def test_the_range_of_trained_spacings_is_shown_and_can_be_left():
    model = with_metadata("m.safetensors", spacing_minimum="0.7,0.7,1", spacing_maximum="1.25,1.25,2.5")
    assert "0.7 × 0.7 × 1 mm to 1.25 × 1.25 × 2.5 mm" in run("info", model)
    save_nifti("a.nii", ct(), lps_affine((3, 3, 3)))
    command = ["segment", "-m", model, "-i", "a.nii", "-o", "l.nii"]
    message = run(*command, status=1)
    assert "--allow-untrained-spacing" in message and "allow_untrained_spacing" not in message, message
    run(*command, "--allow-untrained-spacing")


def test_messages_speak_of_the_options_of_the_command_line():
    save_nifti("a.nii", ct(), lps_affine())
    message = segment("a.nii", "l.nii", "--memory-limit", 1, status=1)
    assert "--memory-limit" in message and "region" not in message and "memory_limit" not in message, message
    message = segment("a.nii", "l.nii", "--padding-multiple", 99, status=1)
    assert "--padding-multiple" in message, message


def test_bench_reports_what_ran():
    command = [DEMO, "bench", MODEL, "--size", "40,32,24", "--threads", "1", "--runs", "2", "--json", "b.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and done.stderr == "", done
    report = json.load(open("b.json"))
    assert report["threads"] == 1 and report["dimensions"] == [40, 32, 24] and report["runs"] == 2, report
    names = [step["name"] for step in report["steps"]]
    assert names[:2] == ["input", "conv1"] and "layer11.0" in names, names
    assert all(step["milliseconds"] > 0 for step in report["steps"]), report
    # A system that refuses every thread.
    source = "#include <errno.h>\nint pthread_create(void) { return EAGAIN; }\n"
    subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", "refuse.so"], input=source, text=True, check=True)
    done = subprocess.run(
        [DEMO, "bench", MODEL, "--size", "40,32,24", "--threads", "2", "--runs", "1", "--json", "b.json"],
        capture_output=True, text=True, timeout=600, env=os.environ | {"LD_PRELOAD": os.path.abspath("refuse.so")},
    )
    assert done.returncode == 0 and "running on 1 of 2 threads" in done.stderr, done
    assert json.load(open("b.json"))["threads"] == 1


def test_bench_takes_noise_of_any_spacing():
    model = with_metadata("m.safetensors", spacing_minimum="0.7,0.7,1", spacing_maximum="1.25,1.25,2.5")
    for spacing in ["none", "3,3,3"]:
        run("bench", model, "--size", "24,24,16", "--runs", "1", "--spacing", spacing)


def test_numbers_may_begin_with_a_minus():
    save_nifti("a.nii", ct(), lps_affine())
    segment("a.nii", "b.nii", "--window", "-1000,1500")
    segment("a.nii", "c.nii", "--window=-1000,1500")
    assert (labels_of("b.nii") == labels_of("c.nii")).all()
    assert "from 0 to" in segment("a.nii", "d.nii", "--threads", "-1", status=64)
    assert "positive number of MB" in segment("a.nii", "d.nii", "--memory-limit", "-5", status=64)
    assert "whole number from 0 to" in run("phantom", "p.nii", "--seed", "-1", status=64)


def test_refused_values_come_with_what_is_allowed():
    assert "three whole numbers from 1 to 32767" in run("info", MODEL, "--size", "100", status=64)
    assert "three numbers as in" in run("phantom", "p.nii", "--spacing", "2.5", status=64)
    assert "two numbers, the lower first" in run("info", MODEL, "--window", "5,1", status=64)


def test_an_interrupted_run_leaves_no_partial_files():
    random_numbers = np.random.default_rng(2)
    save_nifti("a.nii", random_numbers.integers(-1000, 1000, (200, 200, 40)).astype(np.int16), lps_affine())
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

    def with_usual_signals():
        """Whoever runs the tests may have one ignored, as nohup does."""
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)

    for number in numbers:
        command = [DEMO, "segment", "-m", MODEL, "-i", "a.nii", "-o", "l.nii.gz", "--probabilities", "scores"]
        running = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=with_usual_signals
        )
        wait_until(lambda: os.path.isdir("scores") and any("partial" in name for name in os.listdir("scores")))
        running.send_signal(number)
        assert running.wait(timeout=60) == -number, running.returncode
        assert os.path.exists("l.nii.gz") and not [name for name in os.listdir("scores") if "partial" in name]
        shutil.rmtree("scores")
        os.remove("l.nii.gz")


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.002)


def damaged(content, numbers):
    content = bytearray(content)
    for _ in range(numbers.choice([1, 1, 2, 8])):
        place = numbers.randrange(min(len(content), 352)) if numbers.random() < 0.9 else numbers.randrange(len(content))
        content[place] = numbers.choice([0, 1, 0x7F, 0x80, 0xFF, numbers.randrange(256)])
    if numbers.random() < 0.2:
        del content[numbers.randrange(len(content)) :]
    return bytes(content)


def test_damaged_files_end_with_a_message():
    small = ct()[:8, :8, :8]
    save_nifti("a.nii", small, lps_affine())
    header = {"space": "LPS", "space directions": np.diag([1.0, 1, 1]), "space origin": [0, 0, 0]}
    nrrd.write("a.nrrd", small, header)
    nrrd.write("raw.nrrd", small, header | {"encoding": "raw"})
    nibabel.save(nibabel.load("a.nii"), "a.nii.gz")
    numbers = random.Random(3)
    for name, count in [("a.nii", 150), ("a.nii.gz", 60), ("a.nrrd", 150), ("raw.nrrd", 60)]:
        content = open(name, "rb").read()
        for trial in range(count):
            if name.endswith("gz") and trial % 2:
                broken = gzip.compress(damaged(gzip.decompress(content), numbers))
            else:
                broken = damaged(content, numbers)
            path = "broken" + name[name.index(".") :]
            open(path, "wb").write(broken)
            done = subprocess.run([DEMO, "evaluate", path, path], capture_output=True, timeout=60)
            assert done.returncode in (0, 1), (name, trial, done.returncode)
            assert done.returncode == 0 or done.stderr.splitlines()[-1].startswith(b"Error: "), done.stderr


def main():
    passed = failed = 0
    home = os.getcwd()
    for name, test in [item for item in globals().items() if item[0].startswith("test_") and inspect.isfunction(item[1])]:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                test()
                passed += 1
                print("ok     ", name)
            except Exception as error:
                failed += 1
                print("FAILED ", name, "-", type(error).__name__, str(error)[:400])
            os.chdir(home)
    print(f"\n{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
