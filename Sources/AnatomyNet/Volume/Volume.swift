/// A caller's CT volume: voxels in memory and their place in the patient.
///
/// A view: it neither owns nor copies the voxels, which must stay valid and unchanged while it is
/// used. Voxel (i, j, k) starts `strides · (i, j, k)` bytes from `voxels` and needs no alignment.
public struct Volume: @unchecked Sendable {
    /// How a voxel is stored, in the machine's byte order.
    public enum VoxelType: Sendable {
        case int16, uint16, float32

        /// Bytes of one voxel.
        public var size: Int {
            switch self {
            case .int16, .uint16: 2
            case .float32: 4
            }
        }
    }

    /// The address of voxel (0, 0, 0).
    public let voxels: UnsafeRawPointer
    /// How each of them is stored.
    public let voxelType: VoxelType
    /// Bytes from one voxel to the next along x, y, z; may be negative.
    public let strides: SIMD3<Int>
    /// HU = rescaleSlope · stored + rescaleIntercept.
    public let rescaleSlope: Double
    /// HU; see `rescaleSlope`.
    public let rescaleIntercept: Double
    /// Dimensions, and the place in the patient.
    public let geometry: Geometry

    /// - Parameters:
    ///   - voxelBytes: the memory that holds all voxels, from the first byte of the lowest-addressed
    ///     to the end of the highest.
    ///   - strides: in bytes; 0, 0, 0 for a dense volume, x fastest.
    /// - Throws: `.strides`, `.bufferTooShort`, `.option` for the rescale values, or what
    ///   `Geometry.check` throws.
    public init(
        voxels: UnsafeRawPointer, voxelBytes: UInt64, voxelType: VoxelType, strides: SIMD3<Int> = .zero,
        rescaleSlope: Double = 1, rescaleIntercept: Double = 0, geometry: Geometry
    ) throws(AnatomyNetError) {
        try geometry.check()
        guard rescaleSlope.isFinite, rescaleSlope != 0, rescaleIntercept.isFinite else {
            throw AnatomyNetError(
                .option,
                "rescale_slope is \(rescaleSlope) and rescale_intercept \(rescaleIntercept); both must be finite and the "
                    + "slope not 0")
        }
        self.strides = try Self.resolved(strides, dimensions: geometry.dimensions, voxelSize: voxelType.size)
        self.voxels = voxels
        self.voxelType = voxelType
        self.rescaleSlope = rescaleSlope
        self.rescaleIntercept = rescaleIntercept
        self.geometry = geometry
        let extent = try Self.extent(self.strides, dimensions: geometry.dimensions, voxelSize: voxelType.size)
        guard UInt64(extent.count) <= voxelBytes else {
            throw AnatomyNetError(
                .bufferTooShort,
                "voxels_bytes is \(voxelBytes), but the voxels extend over \(extent.count) bytes")
        }
        let address = Int(bitPattern: voxels)
        let (lowest, underflow) = address.addingReportingOverflow(extent.lowerBound)
        let (highest, overflow) = address.addingReportingOverflow(extent.upperBound)
        guard !underflow, !overflow else {
            throw AnatomyNetError(.strides, "the voxels extend beyond the address space")
        }
        memory = lowest..<highest
    }

    /// The addresses that the voxels lie in.
    public let memory: Range<Int>

    /// The strides of a dense volume where none are given; those of dimensions of 1, which nothing
    /// depends on, as if dense.
    private static func resolved(
        _ strides: SIMD3<Int>, dimensions: SIMD3<Int>, voxelSize: Int
    ) throws(AnatomyNetError) -> SIMD3<Int> {
        let dense = SIMD3(voxelSize, voxelSize * dimensions.x, voxelSize * dimensions.x * dimensions.y)
        if strides == .zero { return dense }
        var resolved = strides
        for axis in 0..<3 {
            if dimensions[axis] == 1 {
                resolved[axis] = dense[axis]
            } else if strides[axis] == 0 {
                throw AnatomyNetError(
                    .strides,
                    "the strides are (\(strides.x), \(strides.y), \(strides.z)) bytes; either all are 0, or none of a "
                        + "dimension above 1 is")
            }
        }
        return resolved
    }

    /// The bytes that voxels occupy, relative to voxel (0, 0, 0).
    private static func extent(
        _ strides: SIMD3<Int>, dimensions: SIMD3<Int>, voxelSize: Int
    ) throws(AnatomyNetError) -> Range<Int> {
        var lowest = 0
        var highest = voxelSize
        for axis in 0..<3 {
            let (reach, overflow) = strides[axis].multipliedReportingOverflow(by: dimensions[axis] - 1)
            let bound = reach < 0 ? lowest : highest
            let (moved, overflowMoved) = bound.addingReportingOverflow(reach)
            let (_, overflowCount) = highest.subtractingReportingOverflow(lowest)
            guard !overflow, !overflowMoved, !overflowCount else {
                throw AnatomyNetError(
                    .strides,
                    "the strides (\(strides.x), \(strides.y), \(strides.z)) bytes overflow with the dimensions"
                )
            }
            if reach < 0 { lowest = moved } else { highest = moved }
        }
        let (_, overflow) = highest.subtractingReportingOverflow(lowest)
        guard !overflow else {
            throw AnatomyNetError(
                .strides,
                "the strides (\(strides.x), \(strides.y), \(strides.z)) bytes overflow with the dimensions")
        }
        return lowest..<highest
    }
}
