/// What a look at every voxel of a volume finds, before any work starts.
struct VoxelInspection: Sendable, Equatable {
    /// The lowest and highest HU.
    let range: ClosedRange<Float>
    /// The highest HU below −1500; minus infinity if there are none.
    let highestBelow: Float
    /// Shares of all voxels.
    let shares: Shares

    struct Shares: Sendable, Equatable {
        /// Below −1500 HU, with which scanners mark what lies outside the reconstruction circle.
        var below: Double
        /// From −1500 to −500 HU.
        var air: Double
        /// Between −200 and 300 HU.
        var softTissue: Double
        /// Above 800 HU: dense bone, teeth, metal.
        var dense: Double
    }

    private struct Finding {
        var lowest = Float.infinity
        var highest = -Float.infinity
        var highestBelow = -Float.infinity
        var below = 0
        var air = 0
        var softTissue = 0
        var dense = 0
        /// The first voxel that is no finite number, in dense order.
        var firstNonfinite = Int.max
    }

    /// What a row's voxels are, eight at a time: nine times as fast as one after the other.
    private struct EightFindings {
        var lowest = SIMD8<Float>(repeating: .infinity)
        var highest = SIMD8<Float>(repeating: -.infinity)
        var highestBelow = SIMD8<Float>(repeating: -.infinity)
        var below = SIMD8<Int32>()
        var aboveAir = SIMD8<Int32>()
        var softTissue = SIMD8<Int32>()
        var dense = SIMD8<Int32>()
        var marker = SIMD8<Float>()

        @inline(__always)
        mutating func note(_ values: SIMD8<Float>) {
            lowest.replace(with: values, where: values .< lowest)
            highest.replace(with: values, where: values .> highest)
            let isBelow = values .< -1500
            highestBelow.replace(with: values, where: isBelow .& (values .> highestBelow))
            below.replace(with: below &+ 1, where: isBelow)
            aboveAir.replace(with: aboveAir &+ 1, where: values .> -500)
            softTissue.replace(with: softTissue &+ 1, where: (values .> -200) .& (values .< 300))
            dense.replace(with: dense &+ 1, where: values .> 800)
            marker += values * 0
        }
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

    private init(_ finding: Finding, voxelCount: Int) {
        range = finding.lowest...finding.highest
        highestBelow = finding.highestBelow
        let share = { (count: Int) in Double(count) / Double(voxelCount) }
        shares = Shares(
            below: share(finding.below), air: share(finding.air), softTissue: share(finding.softTissue),
            dense: share(finding.dense))
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
                var highestBelow = finding.highestBelow
                var below = 0
                var aboveAir = 0
                var softTissue = 0
                var denseVoxels = 0
                // Zero as long as every value is finite: infinity times 0 and NaN are NaN.
                var marker: Float = 0
                var first = 0
                if stride == MemoryLayout<Voxel>.stride {
                    var eight = EightFindings()
                    while first + 8 <= count {
                        eight.note(Voxel.eightValues(at: row + first &* stride) * slope + intercept)
                        first += 8
                    }
                    lowest = min(lowest, eight.lowest.min())
                    highest = max(highest, eight.highest.max())
                    highestBelow = max(highestBelow, eight.highestBelow.max())
                    below = Int(eight.below.wrappedSum())
                    aboveAir = Int(eight.aboveAir.wrappedSum())
                    softTissue = Int(eight.softTissue.wrappedSum())
                    denseVoxels = Int(eight.dense.wrappedSum())
                    marker = eight.marker.sum()
                }
                for index in first..<count {
                    let stored = row.loadUnaligned(fromByteOffset: index &* stride, as: Voxel.self)
                    let value = stored.value * slope + intercept
                    lowest = value < lowest ? value : lowest
                    highest = value > highest ? value : highest
                    let low = value < -1500 ? value : -.infinity
                    highestBelow = low > highestBelow ? low : highestBelow
                    below &+= value < -1500 ? 1 : 0
                    aboveAir &+= value > -500 ? 1 : 0
                    softTissue &+= value > -200 && value < 300 ? 1 : 0
                    denseVoxels &+= value > 800 ? 1 : 0
                    marker += value * 0
                }
                finding.below &+= below
                finding.air &+= count &- below &- aboveAir
                finding.softTissue &+= softTissue
                finding.dense &+= denseVoxels
                if marker == 0 {
                    finding.lowest = lowest
                    finding.highest = highest
                    finding.highestBelow = highestBelow
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
            total.highestBelow = max(total.highestBelow, finding.highestBelow)
            total.below += finding.below
            total.air += finding.air
            total.softTissue += finding.softTissue
            total.dense += finding.dense
            total.firstNonfinite = min(total.firstNonfinite, finding.firstNonfinite)
        }
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

    /// Why the volume cannot be a CT in HU, with the numbers; nil if nothing speaks against it.
    ///
    /// A head-and-neck CT holds air in and around the patient (about −1000 HU), soft tissue, and a few per
    /// cent of bone. What is marked as outside the reconstruction circle counts for none of them.
    func evidenceAgainstHounsfield(slope: Double, intercept: Double) -> String? {
        let lowest = Double(range.lowerBound).formatted(2)
        let highest = Double(range.upperBound).formatted(2)
        let found = "the voxels run from \(lowest) to \(highest) HU (slope \(slope), intercept \(intercept))"
        let hint = intercept == 0 ? "; is the rescale intercept (often -1024) missing?" : ""
        func percent(_ share: Double) -> String { "\((100 * share).formatted(2)) %" }
        if range.lowerBound == range.upperBound { return "\(found): all are equal" }
        if range.upperBound - range.lowerBound < 500 {
            return "\(found), a span of less than 500; air and soft tissue alone are 1000 HU apart"
        }
        if shares.below > 0.01, highestBelow - range.lowerBound > 100 {
            return
                "\(found), and \(percent(shares.below)) of them are below -1500 HU, at different values up to "
                + "\(Double(highestBelow).formatted(2)); nothing is thinner than air, and what is outside the "
                + "reconstruction circle has one value"
        }
        if shares.air < 0.001 * (1 - shares.below) {
            return "\(found): \(percent(shares.air)) are air, which lies near -1000 HU\(hint)"
        }
        if range.upperBound < 0 {
            return "\(found): none is soft tissue, which lies near 0 HU"
        }
        if shares.softTissue < 0.005 * (1 - shares.below) {
            return
                "\(found), and only \(percent(shares.softTissue)) of them between -200 and 300 HU, where soft "
                + "tissue lies"
        }
        if shares.dense > 0.2 * (1 - shares.below) {
            return
                "\(found), and \(percent(shares.dense)) of them are above 800 HU, where only bone, teeth and "
                + "metal lie\(hint)"
        }
        return nil
    }
}
