/// What becomes of a stored voxel on its way into the network.
///
/// Stored values become HU by slope and intercept; HU below that of air, with which scanners mark
/// what lies outside the reconstruction circle (−2000, −3024 and the like), become air before
/// anything is interpolated; after interpolation the window maps HU to 0 … 1. Without a window
/// voxels enter as they are, for they need not be HU at all.
struct Intensities: Sendable, Equatable {
    let mapping: IntensityMapping

    init(_ mapping: IntensityMapping) {
        self.mapping = mapping
    }

    /// Nothing in a patient is thinner than air, −1000 HU; scanners clip at −1024.
    static let air: Float = -1024

    var hasWindow: Bool { mapping != .identity }

    /// The lowest value that interpolation sees.
    var floor: Float { hasWindow ? Self.air : -.infinity }

    /// What the network sees outside the caller's volume: air, or without a window the 0 of the
    /// padding.
    var outside: Float { hasWindow ? windowed(Self.air) : 0 }

    /// (clip(value, lower, upper) − lower) / (upper − lower)
    @inline(__always)
    func windowed(_ value: Float) -> Float {
        guard case .window(let lower, let upper) = mapping else { return value }
        let low = Float(lower)
        let high = Float(upper)
        return (min(max(value, low), high) - low) / (high - low)
    }
}
