/// What a model says about the grid it was trained on.
struct GridRequirements: Sendable, Equatable {
    var orientation: Orientation
    /// mm, in the order of the orientation's letters; nil: any spacing, as it is.
    var spacing: SIMD3<Double>?
    /// Spacings of the volumes it is meant for, in the same order.
    var spacingRange = SpacingRange()
    /// Every dimension the network sees is a multiple of this.
    var paddingMultiple: Int

    /// Either end may be nil: not stated.
    struct SpacingRange: Sendable, Equatable {
        var minimum: SIMD3<Double>?
        var maximum: SIMD3<Double>?

        /// "from 1 x 1 x 1 mm up to 2 x 2 x 3 mm", as far as it is stated; nil if nothing is.
        var description: String? {
            let ends = [
                minimum.map { "from \(NetworkGrid.described($0))" },
                maximum.map { "up to \(NetworkGrid.described($0))" },
            ].compactMap { $0 }
            return ends.isEmpty ? nil : ends.joined(separator: " ")
        }

        /// Whether a spacing lies between the stated ends, or beyond them by no more than a relative
        /// `tolerance`.
        func contains(_ spacing: SIMD3<Double>, tolerance: Double) -> Bool {
            if let minimum, any(spacing .< minimum * (1 - tolerance)) { return false }
            if let maximum, any(spacing .> maximum * (1 + tolerance)) { return false }
            return true
        }
    }
}
