/// The voxel size that a network sees.
public enum ModelSpacing: Sendable, Equatable {
    /// Whatever the volume has.
    case any
    /// mm along x, y, z.
    case fixed(SIMD3<Double>)
}
