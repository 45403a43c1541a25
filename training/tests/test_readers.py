import os
import stat

import nibabel
import numpy as np
import pytest
import SimpleITK
from conftest import folder_from_environment

from anatomynet_training.dataset import load_sample, load_samples, save_sample
from anatomynet_training.readers import cases_of, openkbp, pddca
from anatomynet_training.readers.folder import read_case
from anatomynet_training.readers.image import read_image
from anatomynet_training.readers.phantom import generate_phantom

SPACING = (3.0, 2.0, 1.5)


def image(array: np.ndarray, orientation: str = "LPS") -> SimpleITK.Image:
    """An image of a (z, y, x) array in patient axes, stored in another orientation."""
    result = SimpleITK.GetImageFromArray(array)
    result.SetSpacing(SPACING[::-1])
    result.SetOrigin((-20.0, -10.0, 5.0))
    return SimpleITK.DICOMOrient(result, orientation)


def lopsided() -> tuple[np.ndarray, np.ndarray]:
    ct = np.full((6, 8, 10), -1000, dtype=np.int16)
    ct[1:4, 2:5, 6:9] = 40
    return ct, (ct == 40).astype(np.uint8)


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "PIR", "SAL"])
def test_pddca_patient_lands_in_patient_axes_from_any_orientation(tmp_path, orientation):
    ct, mask = lopsided()
    patient = tmp_path / "0522c0001"
    (patient / "structures").mkdir(parents=True)
    SimpleITK.WriteImage(image(ct, orientation), patient / "img.nrrd")
    SimpleITK.WriteImage(image(mask, orientation), patient / "structures" / "Parotid_L.nrrd")
    sample = pddca.read_patient(patient)
    assert np.array_equal(sample.intensities, ct)
    assert np.array_equal(sample.labels == pddca.ORGANS.index("Parotid_L") + 1, mask == 1)
    assert sample.annotated == tuple(organ == "Parotid_L" for organ in pddca.ORGANS)
    assert sample.spacing == pytest.approx(SPACING)


def test_mask_on_another_grid_is_refused(tmp_path):
    ct, mask = lopsided()
    patient = tmp_path / "case"
    (patient / "structures").mkdir(parents=True)
    SimpleITK.WriteImage(image(ct), patient / "img.nrrd")
    SimpleITK.WriteImage(image(mask[:, :, :-1]), patient / "structures" / "Mandible.nrrd")
    with pytest.raises(ValueError, match="is not the CT's"):
        pddca.read_patient(patient)


def test_oblique_image_is_refused(tmp_path):
    oblique = image(lopsided()[0])
    angle = 0.1
    oblique.SetDirection((np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0, 0, 0, 1))
    SimpleITK.WriteImage(oblique, tmp_path / "ct.nrrd")
    with pytest.raises(ValueError, match="oblique"):
        read_image(tmp_path / "ct.nrrd")


def test_folder_with_label_map_counts_absent_organs_as_not_drawn(tmp_path):
    ct, mask = lopsided()
    (tmp_path / "case").mkdir()
    SimpleITK.WriteImage(image(ct), tmp_path / "case" / "ct.nii.gz")
    SimpleITK.WriteImage(image(mask * 2), tmp_path / "case" / "labels.nii.gz")
    sample = read_case(tmp_path / "case", ("A", "B", "C"))
    assert sample.annotated == (False, True, False)
    assert read_case(tmp_path / "case", ("A", "B", "C"), absent_is_missing=False).annotated == (True, True, True)
    assert np.array_equal(sample.labels == 2, mask == 1)
    with pytest.raises(ValueError, match="labels from 0 to 2"):
        read_case(tmp_path / "case", ("A",))


def test_folder_with_masks_knows_what_was_drawn(tmp_path):
    ct, mask = lopsided()
    (tmp_path / "case" / "structures").mkdir(parents=True)
    SimpleITK.WriteImage(image(ct), tmp_path / "case" / "ct.nrrd")
    SimpleITK.WriteImage(image(mask), tmp_path / "case" / "structures" / "B.nii.gz")
    sample = cases_of("folder", tmp_path, ("A", "B"))["case"]()
    assert sample.annotated == (False, True)
    assert np.array_equal(sample.labels == 2, mask == 1)


def test_values_outside_the_reconstruction_become_air(tmp_path):
    ct = lopsided()[0].copy()
    ct[0] = -3024
    (tmp_path / "case").mkdir()
    SimpleITK.WriteImage(image(ct), tmp_path / "case" / "ct.nii.gz")
    sample = read_case(tmp_path / "case", ("A",))
    assert sample.intensities[0].max() == -1024


def write_openkbp(folder, indices_and_values, structures):
    folder.mkdir()
    lines = [",data"] + [f"{index},{value}" for index, value in indices_and_values]
    (folder / "ct.csv").write_text("\n".join(lines) + "\n")
    for name, indices in structures.items():
        (folder / f"{name}.csv").write_text("\n".join([",data"] + [f"{index}," for index in indices]) + "\n")
    (folder / "voxel_dimensions.csv").write_text("3.9\n3.8\n2.5\n")


def test_openkbp_indices_run_over_y_x_and_z_from_above(tmp_path):
    y, x, z_from_above = 5, 70, 3
    flat = (y * 128 + x) * 128 + z_from_above
    write_openkbp(tmp_path / "pt_1", [(flat, 1124.0)], {"LeftParotid": [flat]})
    sample = openkbp.read_folder(tmp_path / "pt_1")
    z = 127 - z_from_above
    assert sample.intensities[z, y, x] == 100
    assert (sample.intensities == -1024).sum() == 128**3 - 1
    assert sample.labels[z, y, x] == openkbp.ORGANS.index("Parotid_L") + 1
    assert (sample.labels > 0).sum() == 1
    assert sample.annotated == tuple(organ == "Parotid_L" for organ in openkbp.ORGANS)
    assert sample.spacing == (2.5, 3.8, 3.9)


def test_openkbp_index_outside_the_cube_is_refused(tmp_path):
    write_openkbp(tmp_path / "pt_1", [(128**3, 1000.0)], {})
    with pytest.raises(ValueError, match="outside the cube"):
        openkbp.read_folder(tmp_path / "pt_1")


@pytest.mark.parametrize("name", ["ct.csv", "LeftParotid.csv"])
@pytest.mark.parametrize(("content", "sentence"), [
    ("", "no voxels below a header line"),
    (",data\n", "no voxels below a header line"),
    ("index\n5\n6\n", "two columns are needed, index and value; found 1"),
    (",data\n5,1,2\n", "two columns are needed, index and value; found 3"),
    (",data\n5,1\n6\n", "lines of different lengths"),
    (",data\nfive,1\n", "outside the cube"),
], ids=str)
@pytest.mark.filterwarnings("error")
def test_openkbp_table_that_is_none_is_refused_by_name(tmp_path, name, content, sentence):
    write_openkbp(tmp_path / "pt_1", [(5, 1000.0)], {"LeftParotid": [5]})
    (tmp_path / "pt_1" / name).write_text(content)
    with pytest.raises(ValueError, match=f"{name}: .*{sentence}"):
        openkbp.read_folder(tmp_path / "pt_1")


def test_openkbp_ct_of_what_is_no_number_is_refused(tmp_path):
    write_openkbp(tmp_path / "pt_1", [(5, 1000.0), (6, float("nan"))], {})
    with pytest.raises(ValueError, match="ct.csv: a value is not a finite number"):
        openkbp.read_folder(tmp_path / "pt_1")


@pytest.mark.parametrize("content", ["", "3.9\n3.8\n", "3.9\nwide\n2.5\n"])
@pytest.mark.filterwarnings("error")
def test_openkbp_voxel_dimensions_are_three_numbers(tmp_path, content):
    write_openkbp(tmp_path / "pt_1", [(5, 1000.0)], {})
    (tmp_path / "pt_1" / "voxel_dimensions.csv").write_text(content)
    with pytest.raises(ValueError, match="voxel_dimensions.csv: three numbers are needed"):
        openkbp.read_folder(tmp_path / "pt_1")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("suffix", ["nrrd", "mha", "nii", "nii.gz"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_ct_of_what_is_no_number_is_refused_by_name(tmp_path, value, suffix, kind):
    ct = lopsided()[0].astype(kind)
    (tmp_path / "case").mkdir()
    SimpleITK.WriteImage(image(ct), tmp_path / "case" / f"ct.{suffix}")
    assert np.array_equal(read_case(tmp_path / "case", ("A",)).intensities, ct)
    ct[2, 3, 4] = value
    SimpleITK.WriteImage(image(ct), tmp_path / "case" / f"ct.{suffix}")
    with pytest.raises(ValueError, match=f"ct.{suffix}: 1 voxels are NaN or infinite"):
        read_case(tmp_path / "case", ("A",))


@pytest.mark.parametrize("kind", [">f4", ">f8", "<f4"])
def test_nifti_files_of_either_byte_order_are_looked_at(tmp_path, kind):
    values = lopsided()[0].astype(kind)
    header = nibabel.Nifti1Header(endianness=kind[0])
    header.set_data_dtype(kind)
    for value, refused in ((5, False), (np.nan, True)):
        values[2, 3, 4] = value
        nibabel.save(nibabel.Nifti1Image(values, np.diag([-1, -1, 1, 1]), header), tmp_path / "ct.nii")
        if refused:
            with pytest.raises(ValueError, match="ct.nii: 1 voxels are NaN or infinite"):
                read_case(tmp_path, ("A",))
        else:
            read_case(tmp_path, ("A",))


def test_a_nifti_file_whose_voxels_are_scaled_integers_is_read(tmp_path):
    written = nibabel.Nifti1Image(lopsided()[0].astype(np.int16), np.diag([-1, -1, 1, 1]))
    written.header.set_slope_inter(0.5, 8)
    nibabel.save(written, tmp_path / "ct.nii.gz")
    expected = np.rint(np.transpose(lopsided()[0]) * 0.5 + 8)
    assert np.array_equal(read_case(tmp_path, ("A",)).intensities, expected)


def test_image_that_is_none_is_refused_by_name(tmp_path):
    (tmp_path / "ct.nrrd").write_text("a text")
    for name in ("ct.nrrd", "absent.nrrd"):
        with pytest.raises(ValueError, match=f"{name}: there is no image"):
            read_image(tmp_path / name)


def test_sample_that_is_none_is_refused_by_name(tmp_path, sample):
    save_sample(tmp_path, sample)
    path = tmp_path / "blocks.npz"
    whole = path.read_bytes()
    garbled = bytearray(whole)
    garbled[200:300] = bytes(100)
    for content in (b"", b"a text", whole[:50], whole[: len(whole) // 2], whole[:-10], bytes(garbled)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="blocks.npz: not the archive that is needed here"):
            load_sample(path)
    np.savez(path, hu=sample.intensities)
    with pytest.raises(ValueError, match="blocks.npz: .*intensities"):
        load_sample(path)
    np.savez(path, intensities=sample.intensities, labels=sample.labels[1:], organs=["A"], annotated=[True],
             spacing=[1, 1, 1])
    with pytest.raises(ValueError, match="blocks.npz: .*must be volumes of one shape"):
        load_sample(path)
    with path.open("wb") as file:
        np.save(file, sample.labels)
    with pytest.raises(ValueError, match="blocks.npz: not the archive"):
        load_sample(path)
    with pytest.raises(ValueError, match="blocks.npz: not the archive"):
        openkbp.read_archive(path)


def test_published_patient_equals_the_archived_one():
    folder = folder_from_environment("ANATOMYNET_OPENKBP", "the folder with raw/pt_1 and train/pt_1.npz")
    published = openkbp.read_folder(folder / "raw" / "pt_1")
    archived = openkbp.read_archive(folder / "train" / "pt_1.npz")
    assert np.array_equal(published.intensities, archived.intensities)
    assert np.array_equal(published.labels, archived.labels)
    assert published.annotated == archived.annotated
    assert published.spacing == archived.spacing


def test_imported_sample_comes_back_as_it_was(tmp_path, sample):
    save_sample(tmp_path, sample)
    (again,) = load_samples(tmp_path)
    assert np.array_equal(again.intensities, sample.intensities) and again.intensities.dtype == np.int16
    assert np.array_equal(again.labels, sample.labels)
    assert (again.name, again.organs, again.annotated, again.spacing) == (
        sample.name, sample.organs, sample.annotated, sample.spacing,
    )


def test_phantom_runner_is_told_seed_spacing_and_size(tmp_path):
    """A stand-in runner that records its arguments and writes a volume."""
    ct, mask = lopsided()
    SimpleITK.WriteImage(image(ct), tmp_path / "ct.nii.gz")
    SimpleITK.WriteImage(image(mask * 3), tmp_path / "labels.nii.gz")
    runner = tmp_path / "runner"
    runner.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncp {tmp_path}/ct.nii.gz "$2"\ncp {tmp_path}/labels.nii.gz "$4"\n'
    )
    os.chmod(runner, stat.S_IRWXU)
    sample = generate_phantom(str(runner), 7, spacing=SPACING, size=(6, 8, 10))
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[0] == "phantom" and arguments[2] == "--truth"
    assert arguments[4:] == ["--seed", "7", "--spacing", "1.5,2,3", "--size", "10,8,6"]
    assert sample.name == "phantom_00007" and all(sample.annotated)
    assert np.array_equal(sample.labels == 3, mask == 1)


def test_failing_phantom_runner_is_reported(tmp_path):
    runner = tmp_path / "runner"
    runner.write_text("#!/bin/sh\necho 'no such option' >&2\nexit 64\n")
    os.chmod(runner, stat.S_IRWXU)
    with pytest.raises(RuntimeError, match="no such option"):
        generate_phantom(str(runner), 1)


def test_a_nifti_of_whole_numbers_that_is_cut_short_is_refused(tmp_path):
    path = tmp_path / "ct.nii"
    nibabel.save(nibabel.Nifti1Image(lopsided()[0].astype(np.int16), np.diag([-1, -1, 1, 1])), path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="ct.nii"):
        read_case(tmp_path, ("A",))
