/// What a look at every voxel of a volume finds, before any work starts.
struct VoxelInspection: Sendable, Equatable {
    /// The lowest and highest HU.
    private(set) var range: ClosedRange<Float>
    /// The share of voxels between −200 and 300 HU, where soft tissue lies.
    private(set) var softTissueShare: Double

    private struct Finding {
        var lowest = Float.infinity
        var highest = -Float.infinity
        var softTissue = 0
        /// The first voxel that is no finite number, in dense order.
        var firstNonfinite = Int.max
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

    private init(range: ClosedRange<Float>, softTissueShare: Double) {
        self.range = range
        self.softTissueShare = softTissueShare
    }

    private static func inspect<Voxel: StoredVoxel>(
        _ volume: Volume, _ type: Voxel.Type, runner: Runner
    ) throws(AnatomyNetError) -> VoxelInspection {
        let dimensions = volume.geometry.dimensions
        let strides = volume.strides
        let findings = try Buffer<Finding>(count: runner.workers, purpose: "what the voxels are")
        findings.pointer.update(repeating: Finding(), count: findings.count)
        // Along the volume's slowest axis in memory, whatever the index order: rows along the fastest.
        let order = [0, 1, 2].sorted { abs(strides[$0]) < abs(strides[$1]) }
        let (fast, middle, slow) = (order[0], order[1], order[2])
        let slope = Float(volume.rescaleSlope)
        let intercept = Float(volume.rescaleIntercept)
        let dense = SIMD3(1, dimensions.x, dimensions.x * dimensions.y)
        let stride = strides[fast]
        let count = dimensions[fast]
        try runner.run(items: Int64(dimensions[slow])) { item, worker in
            var finding = findings[worker]
            for other in 0..<dimensions[middle] {
                let row = volume.voxels + Int(item) * strides[slow] + other * strides[middle]
                var lowest = finding.lowest
                var highest = finding.highest
                var softTissue = 0
                // Zero as long as every value is finite: infinity times 0 and NaN are NaN.
                var marker: Float = 0
                for index in 0..<count {
                    let stored = row.loadUnaligned(fromByteOffset: index &* stride, as: Voxel.self)
                    let value = stored.value * slope + intercept
                    lowest = value < lowest ? value : lowest
                    highest = value > highest ? value : highest
                    softTissue &+= value > -200 && value < 300 ? 1 : 0
                    marker += value * 0
                }
                finding.softTissue &+= softTissue
                if marker == 0 {
                    finding.lowest = lowest
                    finding.highest = highest
                } else {
                    let place = Int(item) * dense[slow] + other * dense[middle]
                    for index in 0..<count {
                        let stored = row.loadUnaligned(fromByteOffset: index &* stride, as: Voxel.self)
                        if (stored.value * slope + intercept).isFinite { continue }
                        finding.firstNonfinite = min(finding.firstNonfinite, place + index * dense[fast])
                    }
                }
            }
            findings[worker] = finding
        }
        var total = Finding()
        for worker in 0..<runner.workers {
            let finding = findings[worker]
            total.lowest = min(total.lowest, finding.lowest)
            total.highest = max(total.highest, finding.highest)
            total.softTissue += finding.softTissue
            total.firstNonfinite = min(total.firstNonfinite, finding.firstNonfinite)
        }
        if total.firstNonfinite != .max {
            throw nonfinite(at: total.firstNonfinite, in: volume, type)
        }
        return VoxelInspection(
            range: total.lowest...total.highest,
            softTissueShare: Double(total.softTissue) / Double(volume.geometry.voxelCount))
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

    /// Why the volume cannot be a CT in HU, with the numbers; nil if nothing speaks against it.
    ///
    /// A head-and-neck CT holds air around the patient (about −1000 HU), soft tissue and bone.
    func evidenceAgainstHounsfield(slope: Double, intercept: Double) -> String? {
        let lowest = Double(range.lowerBound).formatted(2)
        let highest = Double(range.upperBound).formatted(2)
        let found = "the voxels run from \(lowest) to \(highest) HU (slope \(slope), intercept \(intercept))"
        if range.lowerBound == range.upperBound { return "\(found): all are equal" }
        if range.upperBound - range.lowerBound < 500 {
            return "\(found), a span of less than 500; air and soft tissue alone are 1000 HU apart"
        }
        if range.lowerBound >= -200 {
            let hint = intercept == 0 ? "; is the rescale intercept (often -1024) missing?" : ""
            return "\(found): none is air, which lies near -1000 HU\(hint)"
        }
        if range.upperBound < 0 {
            return "\(found): none is soft tissue, which lies near 0 HU"
        }
        if softTissueShare < 0.005 {
            return
                "\(found), and only \((100 * softTissueShare).formatted(2)) % of them between -200 and 300 HU, where "
                + "soft tissue lies"
        }
        return nil
    }
}
