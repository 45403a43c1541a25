/// Where a volume's voxels lie in the patient.
///
/// The centre of voxel (i, j, k) is at `origin + direction · (spacing ∘ (i, j, k))` in millimetres,
/// in DICOM LPS: +x to the patient's left, +y to posterior, +z to superior.
public struct Geometry: Sendable, Equatable {
    /// Voxels along x, y, z.
    public var dimensions: SIMD3<Int>
    /// Distance of voxel centres along x, y, z in mm; nil where it is unknown.
    public var spacing: SIMD3<Double>?
    /// Centre of voxel (0, 0, 0) in mm.
    public var origin: SIMD3<Double>
    /// Unit vectors along which the x, y and z index increase.
    public var direction: Direction

    public init(
        dimensions: SIMD3<Int>, spacing: SIMD3<Double>? = nil, origin: SIMD3<Double> = .zero,
        direction: Direction = .identity
    ) {
        self.dimensions = dimensions
        self.spacing = spacing
        self.origin = origin
        self.direction = direction
    }

    /// Product of the dimensions, which must be some that `check` accepts: larger ones overflow.
    public var voxelCount: Int { dimensions.x * dimensions.y * dimensions.z }

    /// Where a (fractional) index lies in the patient, in mm; nil where the spacing is unknown.
    public func position(of index: SIMD3<Double>) -> SIMD3<Double>? {
        guard let spacing else { return nil }
        return origin + direction.rotated(spacing * index)
    }
}

/// Names of the axes in messages.
enum Axis {
    static let names = ["x", "y", "z"]
}

/// Direction cosines: the unit vectors, in LPS, of a volume's three axes.
public struct Direction: Sendable, Equatable, CustomStringConvertible {
    /// Along which the x index increases.
    public var x: SIMD3<Double>
    /// Along which the y index increases.
    public var y: SIMD3<Double>
    /// Along which the z index increases.
    public var z: SIMD3<Double>

    public init(x: SIMD3<Double>, y: SIMD3<Double>, z: SIMD3<Double>) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// x to the patient's left, y to posterior, z to superior.
    public static let identity = Direction(x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1])

    /// x, y and z: the columns of the matrix.
    public var columns: [SIMD3<Double>] { [x, y, z] }

    /// The nine cosines, row by row as in `anatomynet_volume.direction`.
    public var description: String {
        let rows = (0..<3).map { row in
            columns.map { $0[row].formatted(5) }.joined(separator: " ")
        }
        return "[\(rows.joined(separator: "; "))]"
    }

    /// The largest difference of any cosine.
    public func largestDifference(from other: Direction) -> Double {
        let differences = [x - other.x, y - other.y, z - other.z]
        return differences.reduce(0) { largest, difference in
            max(largest, abs(difference.x), abs(difference.y), abs(difference.z))
        }
    }

    /// The matrix of these columns times a vector.
    func rotated(_ vector: SIMD3<Double>) -> SIMD3<Double> {
        x * vector.x + y * vector.y + z * vector.z
    }

    var determinant: Double { x.cross(y).dot(z) }

    /// The inverse of the matrix of these columns, which must not be singular.
    var inverse: Direction {
        let rows = [y.cross(z), z.cross(x), x.cross(y)].map { $0 / determinant }
        return Direction(
            x: [rows[0].x, rows[1].x, rows[2].x], y: [rows[0].y, rows[1].y, rows[2].y],
            z: [rows[0].z, rows[1].z, rows[2].z])
    }
}

extension SIMD3<Double> {
    func dot(_ other: SIMD3<Double>) -> Double { (self * other).sum() }

    func cross(_ other: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    var length: Double { dot(self).squareRoot() }
}

extension Geometry {
    /// The largest dimension: far above any CT, and small enough for no product to overflow.
    public static let largestDimension = 32767

    /// Distances of voxels, in mm: far beyond any CT on either side, and no volume or distance overflows.
    public static let allowedSpacings = 0.01...100.0

    /// - Throws: `.dimensions`, `.spacing`, `.option` for the origin, or `.orientation`, naming what was
    ///   found and what is allowed.
    public func check() throws(AnatomyNetError) {
        for axis in 0..<3 where !(1...Self.largestDimension).contains(dimensions[axis]) {
            throw AnatomyNetError(
                .dimensions,
                "dimensions are (\(dimensions.x), \(dimensions.y), \(dimensions.z)); each must be from 1 to "
                    + "\(Self.largestDimension)")
        }
        if let spacing {
            for axis in 0..<3 where !Self.allowedSpacings.contains(spacing[axis]) {
                throw AnatomyNetError(
                    .spacing,
                    "spacing is (\(spacing.x), \(spacing.y), \(spacing.z)) mm; either all three are from "
                        + "\(Self.allowedSpacings.words), or all are 0 for unknown")
            }
        }
        guard origin.x.isFinite, origin.y.isFinite, origin.z.isFinite else {
            throw AnatomyNetError(
                .option, "origin is (\(origin.x), \(origin.y), \(origin.z)) mm; it must be finite")
        }
        try direction.check()
    }
}

extension Direction {
    /// How far lengths and products of the axes may be from those of an orthonormal matrix; DICOM's
    /// decimal strings keep them within 1e-5.
    static let tolerance = 1e-3

    /// - Throws: `.orientation` unless the axes are orthonormal.
    public func check() throws(AnatomyNetError) {
        let axes = [x, y, z]
        for (name, axis) in zip(Axis.names, axes) {
            let length = axis.length
            guard length.isFinite, abs(length - 1) <= Self.tolerance else {
                throw AnatomyNetError(
                    .orientation,
                    "direction's \(name) axis (\(axis.x), \(axis.y), \(axis.z)) has length \(length); a unit vector is "
                        + "needed")
            }
        }
        for (first, second) in [(0, 1), (0, 2), (1, 2)] {
            let product = axes[first].dot(axes[second])
            guard abs(product) <= Self.tolerance else {
                throw AnatomyNetError(
                    .orientation,
                    "direction's axes \(Axis.names[first]) and \(Axis.names[second]) are not "
                        + "perpendicular: their product is \(product)")
            }
        }
    }
}
