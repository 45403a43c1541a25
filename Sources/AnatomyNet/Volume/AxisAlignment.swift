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
    /// Whether that axis of the volume runs against the model's.
    let isFlipped: SIMD3<Bool>
    /// The aligned axes in the model's coordinates; the identity where `isExact`.
    let rotation: Direction
    /// Whether permuting and flipping is all it takes.
    let isExact: Bool
    /// The largest angle between an axis of the volume and the model's axis nearest to it, in degrees.
    let angle: Double

    /// Cosines that differ by less are rounding of the numbers in file headers: half a voxel over 500.
    static let exactTolerance = 0.001
    /// By how much lengths of axes and their dot products may be off.
    static let orthonormalTolerance = 0.001
    /// The most that an axis may be turned against the model's nearest one, in degrees. From 45° on
    /// "nearest" is ambiguous.
    static let largestAngle = 40.0

    /// - Throws: `.orientation` if the direction is not finite, singular, not orthonormal or too oblique.
    init(direction: Direction, orientation: Orientation) throws(AnatomyNetError) {
        try Self.validate(direction)
        let model = orientation.direction, columns = direction.columns
        let cosine = model.columns.map { axis in columns.map { axis.dot($0) } }
        let permutations: [SIMD3<Int>] = [
            [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
        ]
        var axes = permutations[0], best = -1.0
        for permutation in permutations {
            let agreement = (0..<3).reduce(0) { $0 + abs(cosine[$1][permutation[$1]]) }
            if agreement > best { (axes, best) = (permutation, agreement) }
        }
        var isFlipped = SIMD3<Bool>(false, false, false)
        var angle = 0.0, worst = 0
        for axis in 0..<3 {
            isFlipped[axis] = cosine[axis][axes[axis]] < 0
            let length = columns[axes[axis]].length
            let own = Self.degrees(cosine: abs(cosine[axis][axes[axis]]) / length)
            if own > angle { (angle, worst) = (own, axes[axis]) }
        }
        self.axes = axes
        self.isFlipped = isFlipped
        self.angle = angle
        let aligned = (0..<3).map { column -> SIMD3<Double> in
            let sign = isFlipped[column] ? -1.0 : 1.0
            return sign * SIMD3(cosine[0][axes[column]], cosine[1][axes[column]], cosine[2][axes[column]])
        }
        let rotation = Direction(x: aligned[0], y: aligned[1], z: aligned[2])
        isExact = rotation.largestDifference(from: .identity) <= Self.exactTolerance
        self.rotation = isExact ? .identity : rotation
        guard angle <= Self.largestAngle + 1e-6 else {
            throw AnatomyNetError(
                .orientation,
                "the volume's \(["x", "y", "z"][worst]) axis lies \(angle.formatted(2))° from the nearest axis of "
                    + "the model's orientation \(orientation); up to \(Self.largestAngle.formatted(0))° is resampled"
            )
        }
    }

    private static func validate(_ direction: Direction) throws(AnatomyNetError) {
        let columns = direction.columns
        for row in 0..<3 {
            for column in 0..<3 where !columns[column][row].isFinite {
                throw AnatomyNetError(
                    .orientation,
                    "direction[\(3 * row + column)] is \(columns[column][row]); every cosine must be a finite number"
                )
            }
        }
        let determinant = direction.determinant
        guard abs(determinant) > orthonormalTolerance else {
            throw AnatomyNetError(
                .orientation,
                "the direction \(direction) is singular: its determinant is \(determinant); orthonormal columns "
                    + "have 1 or -1")
        }
        let lengths = columns.map(\.length)
        let products = [
            columns[0].dot(columns[1]), columns[0].dot(columns[2]), columns[1].dot(columns[2]),
        ]
        guard lengths.allSatisfy({ abs($0 - 1) <= orthonormalTolerance }),
            products.allSatisfy({ abs($0) <= orthonormalTolerance })
        else {
            throw AnatomyNetError(
                .orientation,
                "the direction \(direction) is not orthonormal: its columns have the lengths "
                    + lengths.map { $0.formatted(5) }.joined(separator: ", ") + " and the dot products "
                    + products.map { $0.formatted(5) }.joined(separator: ", ")
                    + " (x·y, x·z, y·z); 1 and 0 within \(orthonormalTolerance) are allowed")
        }
    }

    private static func degrees(cosine: Double) -> Double {
        // The arc cosine loses half its digits near 1; the arc sine does not.
        let sine = max(0, 1 - cosine * cosine).squareRoot()
        return arcTangent(sine, cosine) * 180 / Double.pi
    }

    /// The aligned order of three numbers given in the volume's order.
    func aligned<Scalar>(_ values: SIMD3<Scalar>) -> SIMD3<Scalar> {
        SIMD3(values[axes[0]], values[axes[1]], values[axes[2]])
    }
}
