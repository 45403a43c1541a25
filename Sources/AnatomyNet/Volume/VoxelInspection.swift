/// What a look at every voxel of a volume finds, before any work starts.
struct VoxelInspection: Sendable, Equatable {
    /// The lowest and highest HU.
    let range: ClosedRange<Float>
    /// The highest HU below `Bounds.thinnest`; minus infinity if there are none.
    let highestBelow: Float
    /// Shares of all voxels.
    let shares: Shares

    /// HU that tell apart what a CT shows.
    enum Bounds {
        /// Nothing is thinner: scanners mark what lies outside the reconstruction circle with less.
        static let thinnest: Float = -1500
        /// Air lies between these.
        static let airLow: Float = -1150
        static let airHigh: Float = -850
        /// The highest of lungs, and of what lies between air and skin in one voxel.
        static let thin: Float = -300
        /// Soft tissue lies between these.
        static let softTissueLow: Float = -200
        static let softTissueHigh: Float = 300
        /// Only dense bone, teeth and metal have more.
        static let dense: Float = 800
        /// Only metal has more.
        static let metal: Float = 3000
    }

    struct Shares: Sendable, Equatable {
        /// Below `Bounds.thinnest`.
        var below: Double
        /// That have the lowest value of all.
        var lowest: Double
        /// From `Bounds.thinnest` to air.
        var thinnerThanAir: Double
        var air: Double
        /// From air to `Bounds.thin`.
        var thickerThanAir: Double
        var softTissue: Double
        /// Above `Bounds.dense`.
        var dense: Double
        /// Above `Bounds.metal`.
        var metal: Double

        /// From `Bounds.thinnest` to `Bounds.thin`.
        var thin: Double { thinnerThanAir + air + thickerThanAir }
    }

    /// - Throws: `.nonfiniteVoxel` if a voxel is NaN or infinite, naming the first in dense order (x
    ///   fastest) by its index and value; `.outOfMemory`; `.cancelled`.
    init(_ volume: Volume, runner: Runner) throws(AnatomyNetError) {
        switch volume.voxelType {
        case .int16: self = try Self.inspect(volume, Int16.self, runner: runner)
        case .uint16: self = try Self.inspect(volume, UInt16.self, runner: runner)
        case .float32: self = try Self.inspect(volume, Float.self, runner: runner)
        }
    }

    private init(_ findings: VoxelFindings, voxelCount: Int) {
        range = findings.lowest...findings.highest
        let share = { (count: Int) in Double(count) / Double(voxelCount) }
        let counts = findings.counts
        highestBelow = findings.highestBelow
        shares = Shares(
            below: share(counts.below), lowest: share(findings.atLowest),
            thinnerThanAir: share(counts.belowAir - counts.below),
            air: share(counts.upToAir - counts.belowAir),
            thickerThanAir: share(counts.upToThin - counts.upToAir), softTissue: share(counts.softTissue),
            dense: share(counts.dense), metal: share(counts.metal))
    }

    private static func inspect<Voxel: StoredVoxel>(
        _ volume: Volume, _ type: Voxel.Type, runner: Runner
    ) throws(AnatomyNetError) -> VoxelInspection {
        let findings = try Buffer<VoxelFindings>(count: runner.workers, purpose: "what the voxels are")
        findings.pointer.update(repeating: VoxelFindings(), count: findings.count)
        let rows = VoxelRows<Voxel>(volume)
        try runner.run(items: Int64(rows.planes)) { plane, worker in
            var own = findings[worker]
            for row in 0..<rows.rowsOfPlane { rows.inspect(row, ofPlane: Int(plane), into: &own) }
            findings[worker] = own
        }
        var total = VoxelFindings()
        for worker in 0..<runner.workers { total.add(findings[worker]) }
        if total.firstNonfinite != .max {
            throw nonfinite(at: total.firstNonfinite, in: volume, type)
        }
        return VoxelInspection(total, voxelCount: volume.geometry.voxelCount)
    }

    private static func nonfinite<Voxel: StoredVoxel>(
        at place: Int, in volume: Volume, _ type: Voxel.Type
    ) -> AnatomyNetError {
        let dimensions = volume.geometry.dimensions
        let i = place % dimensions.x
        let j = place / dimensions.x % dimensions.y
        let k = place / dimensions.x / dimensions.y
        let offset = i * volume.strides.x + j * volume.strides.y + k * volume.strides.z
        let stored = volume.voxels.loadUnaligned(fromByteOffset: offset, as: Voxel.self).value
        let found =
            stored.isFinite
            ? "\(stored), which with slope \(volume.rescaleSlope) and intercept \(volume.rescaleIntercept) is no "
                + "finite HU" : "\(stored)"
        return AnatomyNetError(
            .nonfiniteVoxel, "voxel (\(i), \(j), \(k)) is \(found); every voxel must be a finite number")
    }
}
