import AnatomyNet
import CNifti

/// The header of a NIfTI-1 file, without extensions and voxels. Never changed after it was read.
final class NiftiHeader: @unchecked Sendable {
    let image: UnsafeMutablePointer<nifti_image>

    /// Takes ownership.
    init(_ image: UnsafeMutablePointer<nifti_image>) {
        self.image = image
    }

    deinit {
        nifti_image_free(image)
    }
}

extension nifti_1_header {
    /// The sizes along x, y, z, and of all further axes together.
    var sizes: (spatial: [Int], further: Int) {
        let sizes = [dim.1, dim.2, dim.3, dim.4, dim.5, dim.6, dim.7].map(Int.init)
        let axes = max(0, min(7, Int(dim.0)))
        let spatial = (0..<3).map { $0 < axes ? sizes[$0] : 1 }
        let further = sizes[min(3, axes)..<axes].reduce(1) { $0 * max($1, 1) }
        return (spatial, further)
    }

    /// The scaling of stored voxels; a slope that is 0 or not finite means that there is none.
    func scaling(path: String) throws(ImageFileError) -> (slope: Double, intercept: Double) {
        guard scl_slope != 0, scl_slope.isFinite else { return (1, 0) }
        guard scl_inter.isFinite else {
            throw ImageFileError(
                path,
                "the NIfTI header has a slope, \(scl_slope), and an intercept that is no number, \(scl_inter)"
            )
        }
        return (Double(scl_slope), Double(scl_inter))
    }

    /// Millimetres in the header's unit of length; mm where it names none, as NIfTI readers do.
    func millimetresPerUnit(path: String) throws(ImageFileError) -> Double {
        switch Int32(xyzt_units) & 0x07 {
        case 0, NIFTI_UNITS_MM: return 1
        case NIFTI_UNITS_METER: return 1000
        case NIFTI_UNITS_MICRON: return 0.001
        default: throw ImageFileError(path, "unknown unit of length \(xyzt_units & 0x07) in the NIfTI header")
        }
    }
}

extension mat44 {
    /// The patient directions toward which x, y and z increase, of an oblique image the nearest ones,
    /// such as "LPS"; "?" for an axis without a direction.
    var orientationCode: String {
        var axes: (Int32, Int32, Int32) = (0, 0, 0)
        nifti_mat44_to_orientation(self, &axes.0, &axes.1, &axes.2)
        return [axes.0, axes.1, axes.2].map { axis in
            switch axis {
            case NIFTI_L2R: "R"
            case NIFTI_R2L: "L"
            case NIFTI_P2A: "A"
            case NIFTI_A2P: "P"
            case NIFTI_I2S: "S"
            case NIFTI_S2I: "I"
            default: "?"
            }
        }.joined()
    }
}

extension StoredVoxelType {
    /// - Returns: nil for NIfTI types that are no scalars of up to 64 bits.
    init?(niftiCode: Int) {
        switch Int32(niftiCode) {
        case NIFTI_TYPE_INT8: self = .int8
        case NIFTI_TYPE_UINT8: self = .uint8
        case NIFTI_TYPE_INT16: self = .int16
        case NIFTI_TYPE_UINT16: self = .uint16
        case NIFTI_TYPE_INT32: self = .int32
        case NIFTI_TYPE_UINT32: self = .uint32
        case NIFTI_TYPE_INT64: self = .int64
        case NIFTI_TYPE_UINT64: self = .uint64
        case NIFTI_TYPE_FLOAT32: self = .float32
        case NIFTI_TYPE_FLOAT64: self = .float64
        default: return nil
        }
    }
}

extension Geometry {
    /// From the three upper rows of an affine matrix that maps indices to NIfTI's RAS coordinates.
    ///
    /// - Parameter unit: mm per unit of the matrix.
    init(dimensions: SIMD3<Int>, rasAffine matrix: mat44, unit: Double) {
        let rows = [matrix.m.0, matrix.m.1, matrix.m.2].map { row in
            [row.0, row.1, row.2, row.3].map { Double($0) * unit }
        }
        // NIfTI counts to the patient's right and anterior, DICOM to left and posterior.
        let columns = (0..<4).map { column in
            SIMD3(-rows[0][column], -rows[1][column], rows[2][column])
        }
        let spacing = SIMD3(columns[0].length, columns[1].length, columns[2].length)
        self.init(
            dimensions: dimensions, spacing: spacing, origin: columns[3],
            direction: Direction(
                x: columns[0] / spacing.x, y: columns[1] / spacing.y, z: columns[2] / spacing.z))
    }

    /// The affine matrix from indices to NIfTI's RAS coordinates in mm; unknown spacing counts as 1 mm.
    var rasAffine: mat44 {
        let spacing = spacing ?? [1, 1, 1]
        let columns = [direction.x * spacing.x, direction.y * spacing.y, direction.z * spacing.z, origin]
        func row(_ component: Int, sign: Double) -> (Float, Float, Float, Float) {
            let values = columns.map { Float(sign * $0[component]) }
            return (values[0], values[1], values[2], values[3])
        }
        var matrix = mat44()
        matrix.m = (row(0, sign: -1), row(1, sign: -1), row(2, sign: 1), (0, 0, 0, 1))
        return matrix
    }
}

extension SIMD3<Double> {
    var length: Double { (self * self).sum().squareRoot() }
}
