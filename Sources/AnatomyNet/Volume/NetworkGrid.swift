/// The grid on which a network sees a caller's volume, and the maps between the two.
///
/// Three indices meet here, see `docs/geometry.md`:
/// - the *caller's* (i, j, k);
/// - the *aligned* index: the caller's axes permuted and flipped to run along the model's, counted
///   from the corner of the box that the network sees (`source`);
/// - the *network's*: on a grid along the model's axes, with the model's spacing, that has the same
///   centre as that box. The common centre makes the grid independent of the caller's orientation.
struct NetworkGrid: Sendable, Equatable {
    let caller: Geometry
    let alignment: AxisAlignment
    /// The caller's voxels that the network sees.
    let source: IndexBox
    /// The caller's voxels that get labels.
    let target: IndexBox
    /// The network's grid, without padding. Where nothing is resampled, its voxels are the caller's.
    let geometry: Geometry
    /// Its dimensions with the padding at the high ends.
    let paddedDimensions: SIMD3<Int>
    let placement: Placement
    /// The model's.
    let orientation: Orientation
    /// In a sentence, without the full stop, why the caller's spacing is none that the model is meant for; nil where
    /// it is.
    let untrainedSpacing: String?

    enum Placement: Sendable, Equatable {
        /// One map for each of the network's axes.
        case separable([AxisMap])
        case oblique(AffineMap)
    }

    /// aligned index = offset + ratio · network index.
    struct AxisMap: Sendable, Equatable {
        var ratio: Double
        var offset: Double

        static let identity = AxisMap(ratio: 1, offset: 0)

        func networkIndex(_ aligned: Double) -> Double { (aligned - offset) / ratio }
    }

    /// aligned index = offset + matrix · network index, and the other way.
    struct AffineMap: Sendable, Equatable {
        var matrix: Direction
        var offset: SIMD3<Double>
        var inverse: Direction
        /// The network's spacing over the caller's, along the aligned axes.
        var ratio: SIMD3<Double>

        func aligned(_ network: SIMD3<Double>) -> SIMD3<Double> { offset + matrix.rotated(network) }
        func network(_ aligned: SIMD3<Double>) -> SIMD3<Double> { inverse.rotated(aligned - offset) }
    }

    /// Spacings that differ by less are one spacing: below that, resampling only blurs.
    static let spacingTolerance = 0.001
    /// The caller's spacing may be this many times the model's, or the other way round.
    static let largestRatio = 16.0

    /// - Parameter allowsUntrainedSpacing: whether spacings outside the range that the model
    ///   states are accepted.
    /// - Throws: `.dimensions`, `.spacing`, `.orientation`, `.option` (region, origin).
    init(
        caller: Geometry, requirements: GridRequirements, region: Region? = nil,
        allowsUntrainedSpacing: Bool = false
    ) throws(AnatomyNetError) {
        try caller.check()
        let alignment = try AxisAlignment(direction: caller.direction, orientation: requirements.orientation)
        let boxes =
            try region?.boxes(in: caller) ?? (.whole(caller.dimensions), .whole(caller.dimensions))
        self.caller = caller
        self.alignment = alignment
        orientation = requirements.orientation
        target = boxes.0
        source = boxes.1

        let callerSpacing = caller.spacing.map(alignment.aligned)
        if callerSpacing == nil { try Self.checkSpacingIsNotNeeded(alignment, for: requirements) }
        untrainedSpacing = Self.untrainedSpacing(callerSpacing, for: requirements)
        if let untrainedSpacing, !allowsUntrainedSpacing {
            throw AnatomyNetError(
                .spacing, "\(untrainedSpacing). The option allow_untrained_spacing permits others")
        }
        let from = callerSpacing ?? .one
        let ratio = try Self.ratio(from: from, to: requirements.spacing ?? from, alignment)
        let networkSpacing = from * ratio

        let extent = alignment.aligned(source.dimensions)
        let dimensions = try Self.dimensions(
            holding: extent, spacing: from, alignment, networkSpacing: networkSpacing)
        let multiple = max(1, requirements.paddingMultiple)
        paddedDimensions = (dimensions &+ (multiple - 1)) / multiple &* multiple

        let networkCentre = (SIMD3<Double>(dimensions) - 1) / 2
        placement = Self.placement(
            alignedCentre: (SIMD3<Double>(extent) - 1) / 2, networkCentre: networkCentre, spacing: from,
            ratio: ratio, alignment)

        let callerCentre = SIMD3<Double>(source.lower) + (SIMD3<Double>(source.dimensions) - 1) / 2
        let centre =
            caller.origin + caller.direction.rotated((caller.spacing ?? .one) * callerCentre)
        let direction = requirements.orientation.direction
        geometry = Geometry(
            dimensions: dimensions, spacing: callerSpacing == nil ? nil : networkSpacing,
            origin: centre - direction.rotated(networkSpacing * networkCentre), direction: direction)
    }

    private static func checkSpacingIsNotNeeded(
        _ alignment: AxisAlignment, for requirements: GridRequirements
    ) throws(AnatomyNetError) {
        if let wanted = requirements.spacing {
            throw AnatomyNetError(
                .spacing,
                "the volume's spacing is unknown, and the model needs voxels of " + described(wanted))
        }
        if !alignment.isExact {
            throw AnatomyNetError(
                .spacing,
                "the volume's spacing is unknown, and its axes lie \(alignment.angle.formatted(2))° from the model's "
                    + "orientation \(requirements.orientation): resampling it needs the spacing")
        }
    }

    /// What is untrained about a spacing along the model's axes, nil for unknown; nil where nothing is.
    private static func untrainedSpacing(
        _ spacing: SIMD3<Double>?, for requirements: GridRequirements
    ) -> String? {
        let range = requirements.spacingRange
        guard let trained = range.description else { return nil }
        guard let spacing else {
            return "the volume's spacing is unknown, and the model is meant for spacings \(trained)"
        }
        if range.contains(spacing, tolerance: spacingTolerance) { return nil }
        return "the volume's spacing along the model's axes is \(described(spacing)); the model is meant for "
            + "spacings \(trained)"
    }

    /// The network's spacing over the caller's, along the model's axes.
    private static func ratio(
        from: SIMD3<Double>, to: SIMD3<Double>, _ alignment: AxisAlignment
    ) throws(AnatomyNetError) -> SIMD3<Double> {
        var ratio = to / from
        for axis in 0..<3 where !(1 / largestRatio...largestRatio).contains(ratio[axis]) {
            throw AnatomyNetError(
                .spacing,
                "the volume's spacing \(described(from)) (along the model's axes) and the model's "
                    + "\(described(to)) differ by more than \(largestRatio.formatted(0)) times")
        }
        for axis in 0..<3 where alignment.isExact && abs(ratio[axis] - 1) <= spacingTolerance {
            ratio[axis] = 1
        }
        return ratio
    }

    /// Voxels of the smallest box along the model's axes that holds a box of the caller's voxels.
    private static func dimensions(
        holding extent: SIMD3<Int>, spacing: SIMD3<Double>, _ alignment: AxisAlignment,
        networkSpacing: SIMD3<Double>
    ) throws(AnatomyNetError) -> SIMD3<Int> {
        var halfSize = SIMD3<Double>.zero
        for column in 0..<3 {
            let axis = alignment.rotation.columns[column] * (0.5 * Double(extent[column]) * spacing[column])
            halfSize += SIMD3(abs(axis.x), abs(axis.y), abs(axis.z))
        }
        var dimensions = SIMD3<Int>.zero
        for axis in 0..<3 {
            let voxels = (2 * halfSize[axis] / networkSpacing[axis]).rounded(.toNearestOrEven)
            guard voxels <= Double(Geometry.largestDimension) else {
                throw AnatomyNetError(
                    .dimensions,
                    "at the model's spacing of \(described(networkSpacing)) the volume would be too long along "
                        + "\(Axis.names[axis]); at most \(Geometry.largestDimension) voxels are allowed")
            }
            dimensions[axis] = max(1, Int(voxels))
        }
        return dimensions
    }

    /// The map between two grids of one centre.
    private static func placement(
        alignedCentre: SIMD3<Double>, networkCentre: SIMD3<Double>, spacing: SIMD3<Double>,
        ratio: SIMD3<Double>, _ alignment: AxisAlignment
    ) -> Placement {
        guard !alignment.isExact else {
            return .separable(
                (0..<3).map { axis in
                    ratio[axis] == 1
                        ? .identity
                        : AxisMap(
                            ratio: ratio[axis],
                            offset: alignedCentre[axis] - ratio[axis] * networkCentre[axis])
                })
        }
        let back = alignment.rotation.inverse
        let networkSpacing = spacing * ratio
        let columns = (0..<3).map { back.columns[$0] * networkSpacing[$0] / spacing }
        let matrix = Direction(x: columns[0], y: columns[1], z: columns[2])
        return .oblique(
            AffineMap(
                matrix: matrix, offset: alignedCentre - matrix.rotated(networkCentre),
                inverse: matrix.inverse, ratio: ratio))
    }

    /// Whether every voxel of the network's grid is one of the caller's.
    var isPermutation: Bool {
        guard case .separable(let maps) = placement else { return false }
        return maps.allSatisfy { $0 == .identity }
    }

    /// What the network sees and where, for the log.
    var summary: String {
        let size = (0..<3).map { "\(geometry.dimensions[$0])" }.joined(separator: " x ")
        let padded = (0..<3).map { "\(paddedDimensions[$0])" }.joined(separator: " x ")
        var place = ""
        if let spacing = geometry.spacing {
            let origin = (0..<3).map { geometry.origin[$0].formatted(4) }.joined(separator: ", ")
            place = " of \(Self.described(spacing)), the first centred at (\(origin)) mm"
        }
        let change = isPermutation ? "not resampled" : "resampled"
        return "the network sees \(size) voxels\(place), along \(orientation), \(change), padded to \(padded)"
    }

    /// The aligned dimensions of the box that the network sees.
    var alignedDimensions: SIMD3<Int> { alignment.aligned(source.dimensions) }

    /// The voxels that get labels, as aligned indices.
    var alignedTarget: IndexBox {
        var lower = SIMD3<Int>.zero
        var upper = SIMD3<Int>.zero
        for axis in 0..<3 {
            let own = alignment.axes[axis]
            if alignment.signs[axis] < 0 {
                lower[axis] = source.upper[own] - target.upper[own]
                upper[axis] = source.upper[own] - target.lower[own]
            } else {
                lower[axis] = target.lower[own] - source.lower[own]
                upper[axis] = target.upper[own] - source.lower[own]
            }
        }
        return IndexBox(lower: lower, upper: upper)
    }

    /// How to find aligned voxels in the caller's memory, given how it finds its own.
    ///
    /// - Parameter strides: from one of the caller's voxels to the next along x, y, z.
    /// - Returns: where aligned voxel (0, 0, 0) is, and the strides along the aligned axes.
    func alignedStrides(_ strides: SIMD3<Int>) -> (first: Int, strides: SIMD3<Int>) {
        var first = 0
        var result = SIMD3<Int>.zero
        for axis in 0..<3 {
            let own = alignment.axes[axis]
            first &+= strides[own] &* (alignment.signs[axis] < 0 ? source.upper[own] - 1 : source.lower[own])
            result[axis] = strides[own] &* alignment.signs[axis]
        }
        return (first, result)
    }

    static func described(_ spacing: SIMD3<Double>) -> String {
        (0..<3).map { spacing[$0].formatted(4) }.joined(separator: " x ") + " mm"
    }
}
