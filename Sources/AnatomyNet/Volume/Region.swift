/// The part of a volume in which organs are wanted. Labels outside are background.
public struct Region: Sendable, Equatable {
    /// How much of the volume the network sees.
    public enum Context: Sendable, Equatable {
        /// All of it: the labels inside are those of a run without a region.
        case wholeVolume
        /// The region and this many mm around it: less memory and time, but the network's squeeze means
        /// and far surroundings change, and the labels inside may differ.
        case margin(Double)
    }

    /// The lowest index along x, y, z.
    public var first: SIMD3<Int>
    /// Voxels along x, y, z.
    public var dimensions: SIMD3<Int>
    /// How much of the volume the network sees.
    public var context: Context

    public init(first: SIMD3<Int>, dimensions: SIMD3<Int>, context: Context = .wholeVolume) {
        self.first = first
        self.dimensions = dimensions
        self.context = context
    }

    /// The region as a box of the volume's voxels, and the box that the network sees.
    ///
    /// - Throws: `.option` if the region is empty or reaches outside, or its margin is not a length.
    func boxes(in geometry: Geometry) throws(AnatomyNetError) -> (target: IndexBox, source: IndexBox) {
        for axis in 0..<3 {
            let (end, overflow) = first[axis].addingReportingOverflow(dimensions[axis])
            guard first[axis] >= 0, dimensions[axis] >= 1, !overflow, end <= geometry.dimensions[axis] else {
                throw AnatomyNetError(
                    .option,
                    "the region has \(dimensions[axis]) voxels from \(first[axis]) along \(Axis.names[axis]); it must "
                        + "lie in the volume's \(geometry.dimensions[axis]) and not be empty")
            }
        }
        let target = IndexBox(lower: first, upper: first &+ dimensions)
        guard case .margin(let margin) = context else { return (target, .whole(geometry.dimensions)) }
        guard margin.isFinite, margin >= 0 else {
            throw AnatomyNetError(
                .option, "the region's margin is \(margin) mm; it must be finite and not negative")
        }
        if margin == 0 { return (target, target) }
        guard let spacing = geometry.spacing else {
            throw AnatomyNetError(
                .option,
                "the region's margin is \(margin) mm, but the volume's spacing is unknown; give the spacing, or a margin "
                    + "of 0")
        }
        var source = target
        for axis in 0..<3 {
            let voxels = Int(min((margin / spacing[axis]).rounded(.up), Double(Geometry.largestDimension)))
            source.lower[axis] = max(0, target.lower[axis] - voxels)
            source.upper[axis] = min(geometry.dimensions[axis], target.upper[axis] + voxels)
        }
        return (target, source)
    }
}
