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

    public var voxels: UnsafeRawPointer
    public var voxelType: VoxelType
    /// Bytes from one voxel to the next along x, y, z; may be negative.
    public var strides: SIMD3<Int>
    /// HU = rescaleSlope · stored + rescaleIntercept.
    public var rescaleSlope: Double
    public var rescaleIntercept: Double
    public var geometry: Geometry

    public init(
        voxels: UnsafeRawPointer, voxelType: VoxelType, strides: SIMD3<Int>, rescaleSlope: Double = 1,
        rescaleIntercept: Double = 0, geometry: Geometry
    ) {
        self.voxels = voxels
        self.voxelType = voxelType
        self.strides = strides
        self.rescaleSlope = rescaleSlope
        self.rescaleIntercept = rescaleIntercept
        self.geometry = geometry
    }
}
