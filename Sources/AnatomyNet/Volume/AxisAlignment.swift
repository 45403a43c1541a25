import Glibc

/// Which of a volume's axes runs along which axis of a model's orientation, in which sense, and the
/// rotation that remains.
///
/// Permuting and flipping the volume's axes so that they run along the model's gives the *aligned*
/// axes. For the 48 axis-aligned orientations nothing more is needed; half of them are left-handed,
/// which is as good as the other half. For an oblique volume the aligned axes are still turned
/// against the model's, by `rotation`.
struct AxisAlignment: Sendable, Equatable {
    /// For each axis of the model, the volume's axis nearest to it.
    let axes: SIMD3<Int>
    /// 1 where that axis of the volume runs the model's way, -1 where it runs against it.
    let signs: SIMD3<Int>
    /// The aligned axes in the model's coordinates; the identity where `isExact`.
    let rotation: Direction
    /// Whether permuting and flipping is all it takes.
    let isExact: Bool
    /// The largest angle between an axis of the volume and the model's axis nearest to it, in degrees.
    let angle: Double

    /// Cosines that differ by less are rounding of the numbers in file headers: half a voxel over 500.
    static let exactTolerance = 0.001
    /// The most that an axis may be turned against the model's nearest one, in degrees. From 45° on
    /// "nearest" is ambiguous.
    static let largestAngle = 40.0

    /// - Throws: `.orientation` if the direction is not finite, singular, not orthonormal or too oblique.
    init(direction: Direction, orientation: Orientation) throws(AnatomyNetError) {
        try direction.check()
        let model = orientation.direction
        let columns = direction.columns
        let cosine = model.columns.map { axis in columns.map { axis.dot($0) } }
        let permutations: [SIMD3<Int>] = [
            [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
        ]
        var axes = permutations[0]
        var best = -1.0
        for permutation in permutations {
            let agreement = (0..<3).reduce(0) { $0 + abs(cosine[$1][permutation[$1]]) }
            if agreement > best { (axes, best) = (permutation, agreement) }
        }
        var signs = SIMD3(repeating: 1)
        var angle = 0.0
        var worst = 0
        for axis in 0..<3 {
            if cosine[axis][axes[axis]] < 0 { signs[axis] = -1 }
            let length = columns[axes[axis]].length
            let own = Self.degrees(cosine: abs(cosine[axis][axes[axis]]) / length)
            if own > angle { (angle, worst) = (own, axes[axis]) }
        }
        self.axes = axes
        self.signs = signs
        self.angle = angle
        let aligned = (0..<3).map { column -> SIMD3<Double> in
            Double(signs[column])
                * SIMD3(cosine[0][axes[column]], cosine[1][axes[column]], cosine[2][axes[column]])
        }
        let rotation = Direction(x: aligned[0], y: aligned[1], z: aligned[2])
        isExact = rotation.largestDifference(from: .identity) <= Self.exactTolerance
        self.rotation = isExact ? .identity : rotation
        guard angle <= Self.largestAngle + 1e-6 else {
            throw AnatomyNetError(
                .orientation,
                "the volume's \(Axis.names[worst]) axis lies \(angle.formatted(2))° from the nearest axis of "
                    + "the model's orientation \(orientation); up to \(Self.largestAngle.formatted(0))° is resampled"
            )
        }
    }

    private static func degrees(cosine: Double) -> Double {
        // The arc cosine loses half its digits near 1; the arc sine does not.
        let sine = max(0, 1 - cosine * cosine).squareRoot()
        return atan2(sine, cosine) * 180 / Double.pi
    }

    /// The aligned order of three numbers given in the volume's order.
    func aligned<Scalar>(_ values: SIMD3<Scalar>) -> SIMD3<Scalar> {
        SIMD3(values[axes[0]], values[axes[1]], values[axes[2]])
    }
}
