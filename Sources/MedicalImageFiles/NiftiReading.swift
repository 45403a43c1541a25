import AnatomyNet
import CNifti

extension MedicalImage {
    /// Bytes read at once; a file whose header promises more than it holds costs no more than this.
    private static let portion = 8 << 20

    /// Reads a NIfTI-1 file (.nii, or .hdr with .img; also with gzip).
    ///
    /// The header is interpreted by niftiio. The voxels are read through its file layer but not by
    /// `nifti_image_load`, which would silently replace NaN by 0.
    static func readNifti(_ path: String) throws -> MedicalImage {
        nifti_set_debug_level(0)
        let raw = try rawHeader(path)
        let header = raw.header
        let (spatial, further) = header.sizes
        let (dimensions, count) = try checkedDimensions(spatial, path: path)
        guard further == 1 else {
            throw ImageFileError(path, "\(further) volumes in one file; give one volume (one time point)")
        }
        guard let stored = StoredVoxelType(niftiCode: Int(header.datatype)) else {
            let name = String(cString: nifti_datatype_string(Int32(header.datatype)))
            throw ImageFileError(
                path,
                "voxels of type \(name) (code \(header.datatype)); integers and reals of up to 64 bits are allowed"
            )
        }
        guard header.vox_offset.isFinite, (0..<1e9).contains(header.vox_offset) else {
            throw ImageFileError(path, "voxels at byte \(header.vox_offset) of the file")
        }
        guard let image = nifti_convert_nhdr2nim(header, path) else {
            throw ImageFileError(path, "niftiio does not accept the header")
        }
        let kept = NiftiHeader(image)
        let grid = try grid(of: kept, header, dimensions, path)
        guard let voxelFile = image.pointee.iname else {
            throw ImageFileError(path, "the .img file that belongs to this header was not found")
        }
        let voxels = try readVoxels(
            String(cString: voxelFile), offset: Int(image.pointee.iname_offset), count: count, stored: stored,
            swapped: raw.swapped, path: path)
        let (slope, intercept) = try header.scaling(path: path)
        return MedicalImage(
            grid: grid, voxelType: stored.typeInMemory, rescaleSlope: slope, rescaleIntercept: intercept,
            labelNames: LabelNames.among(
                try annotationEntries(of: kept, header, swapped: raw.swapped, path)),
            voxels: voxels)
    }

    private static func rawHeader(_ path: String) throws -> (header: nifti_1_header, swapped: Bool) {
        // niftiio would look for another file where this one is missing.
        guard let file = znzopen(path, "rb", 0) else {
            throw ImageFileError.system(path, "cannot be opened for reading")
        }
        var open: znzFile? = file
        Xznzclose(&open)
        var swapped: Int32 = 0
        // Unchecked first: niftiio's own check would write to standard error.
        guard let header = nifti_read_header(path, &swapped, 0) else {
            throw ImageFileError(path, "not a NIfTI-1 file, or its header is damaged")
        }
        defer { free(header) }
        guard nifti_hdr_looks_good(header) == 1 else {
            throw ImageFileError(path, "not a NIfTI-1 file, or its header is damaged")
        }
        guard header.pointee.magic.0 == 0x6E else {
            throw ImageFileError(
                path, "an ANALYZE 7.5 file, which does not say where left is; convert it to NIfTI-1")
        }
        return (header.pointee, swapped != 0)
    }

    /// The sform where there is one, else the qform, as nibabel does; never one made up, and none
    /// where the header contradicts itself about the sides of the patient or the size of voxels.
    private static func grid(
        of kept: NiftiHeader, _ header: nifti_1_header, _ dimensions: SIMD3<Int>, _ path: String
    ) throws(ImageFileError) -> ImageGrid {
        let image = kept.image.pointee
        let unit = try header.millimetresPerUnit(path: path)
        let steps = SIMD3(Double(header.pixdim.1), Double(header.pixdim.2), Double(header.pixdim.3)) * unit
        // False for NaN.
        let areStepsKnown = all(steps .> 0) && all(steps .< .infinity)
        if header.sform_code <= 0, header.qform_code <= 0 {
            return ImageGrid(
                geometry: Geometry(dimensions: dimensions, spacing: areStepsKnown ? steps : nil),
                isOrientationKnown: false, isOriginKnown: false, header: .nifti(kept))
        }
        let bySform = Geometry(dimensions: dimensions, rasAffine: image.sto_xyz, unit: unit)
        let byQform = Geometry(dimensions: dimensions, rasAffine: image.qto_xyz, unit: unit)
        var grid = ImageGrid(
            geometry: header.sform_code > 0 ? bySform : byQform, isOrientationKnown: true,
            isOriginKnown: true, header: .nifti(kept))
        let geometry = grid.geometry
        let spacing = geometry.spacing ?? .zero
        let numbers = [
            spacing, geometry.origin, geometry.direction.x, geometry.direction.y, geometry.direction.z,
        ]
        guard numbers.allSatisfy({ $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }) else {
            throw ImageFileError(path, "the orientation matrix in the NIfTI header is singular or not finite")
        }
        let areBothGiven = header.qform_code > 0 && header.sform_code > 0
        if areBothGiven { try checkSides(image.qto_xyz, image.sto_xyz, path) }
        guard areStepsKnown else {
            let others = header.sform_code > 0 ? " (by the sform they are \(millimetres(spacing)))" : ""
            throw ImageFileError(
                path, "voxels are \(millimetres(steps)) by pixdim\(others); their sizes must be positive")
        }
        guard all(ratio(steps, spacing) .<= 1 + largestDifferenceOfSteps) else {
            throw ImageFileError(
                path,
                "contradicts itself about the size of voxels: they are \(millimetres(steps)) by pixdim and "
                    + "\(millimetres(spacing)) by the \(header.sform_code > 0 ? "sform" : "qform"); find out which is right "
                    + "and correct the other")
        }
        if areBothGiven {
            let distance = bySform.largestDistance(from: byQform)
            if distance > spacing.max() {
                grid.doubts.append(
                    "qform and sform of \(path) place its voxels up to \(rounded(distance)) mm apart; the sform is taken"
                )
            }
        }
        return grid
    }

    private static func checkSides(
        _ qform: mat44, _ sform: mat44, _ path: String
    ) throws(ImageFileError) {
        guard qform.orientationCode == sform.orientationCode else {
            throw ImageFileError(
                path,
                "contradicts itself about the patient: its axes run \(qform.orientationCode) by the qform and "
                    + "\(sform.orientationCode) by the sform; find out which is right and set the code of the other to 0"
            )
        }
    }

    /// Programs round what they write into pixdim.
    private static let largestDifferenceOfSteps = 0.01

    /// The larger over the smaller.
    private static func ratio(_ first: SIMD3<Double>, _ second: SIMD3<Double>) -> SIMD3<Double> {
        pointwiseMax(first, second) / pointwiseMin(first, second)
    }

    private static func rounded(_ millimetres: Double) -> Double { (millimetres * 1000).rounded() / 1000 }

    private static func millimetres(_ spacing: SIMD3<Double>) -> String {
        "\(rounded(spacing.x)) × \(rounded(spacing.y)) × \(rounded(spacing.z)) mm"
    }

    private static func readVoxels(
        _ voxelFile: String, offset: Int, count: Int, stored: StoredVoxelType, swapped: Bool, path: String
    ) throws -> Buffer<UInt8> {
        var file = znzopen(voxelFile, "rb", nifti_is_gzfile(voxelFile))
        guard file != nil else { throw ImageFileError.system(voxelFile, "cannot be opened for reading") }
        defer { Xznzclose(&file) }
        guard znzseek(file, offset, SEEK_SET) >= 0 else {
            throw ImageFileError(path, "ends before its voxels start at byte \(offset)")
        }
        let held = stored.typeInMemory
        let voxels = try Buffer<UInt8>(count: count * held.size, purpose: "voxels of \(path)")
        let portion = try Buffer<UInt8>(
            count: min(Self.portion, count * stored.size), purpose: "reading \(path)")
        var done = 0
        while done < count {
            let now = min(count - done, Self.portion / stored.size)
            guard znzread(portion.pointer, 1, now * stored.size, file) == now * stored.size else {
                throw ImageFileError(
                    path, "damaged or cut short: it does not hold the \(count) voxels its header promises")
            }
            if swapped { nifti_swap_Nbytes(now, Int32(stored.size), portion.pointer) }
            stored.convert(portion.pointer, count: now, to: voxels.pointer + done * held.size)
            done += now
        }
        return voxels
    }
}
