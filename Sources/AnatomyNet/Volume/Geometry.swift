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

    public var voxelCount: Int { dimensions.x * dimensions.y * dimensions.z }
}

/// Direction cosines: the unit vectors, in LPS, of a volume's three axes.
public struct Direction: Sendable, Equatable {
    public var x: SIMD3<Double>
    public var y: SIMD3<Double>
    public var z: SIMD3<Double>

    public init(x: SIMD3<Double>, y: SIMD3<Double>, z: SIMD3<Double>) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// x to the patient's left, y to posterior, z to superior.
    public static let identity = Direction(x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1])

    /// The largest difference of any cosine.
    public func largestDifference(from other: Direction) -> Double {
        let differences = [x - other.x, y - other.y, z - other.z]
        return differences.reduce(0) { largest, difference in
            max(largest, abs(difference.x), abs(difference.y), abs(difference.z))
        }
    }
}
