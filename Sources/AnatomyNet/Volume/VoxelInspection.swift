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
        /// The highest of air.
        static let air: Float = -500
        /// Soft tissue lies between these.
        static let softTissueLow: Float = -200
        static let softTissueHigh: Float = 300
        /// Only dense bone, teeth and metal have more.
        static let dense: Float = 800
    }

    struct Shares: Sendable, Equatable {
        /// Below `Bounds.thinnest`.
        var below: Double
        /// From there to `Bounds.air`.
        var air: Double
        var softTissue: Double
        /// Above `Bounds.dense`.
        var dense: Double
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
        highestBelow = findings.highestBelow
        let share = { (count: Int) in Double(count) / Double(voxelCount) }
        shares = Shares(
            below: share(findings.below), air: share(findings.air), softTissue: share(findings.softTissue),
            dense: share(findings.dense))
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
