/// A box of voxels: those whose index is at least `lower` and less than `upper` along every axis.
struct IndexBox: Sendable, Equatable {
    var lower: SIMD3<Int>
    var upper: SIMD3<Int>

    var dimensions: SIMD3<Int> { upper &- lower }

    var isEmpty: Bool { dimensions.min() <= 0 }

    static func whole(_ dimensions: SIMD3<Int>) -> IndexBox { IndexBox(lower: .zero, upper: dimensions) }
}
