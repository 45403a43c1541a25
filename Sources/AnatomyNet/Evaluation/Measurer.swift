/// Measures all classes of a segmentation at once.
///
/// Sums are whole numbers, so that no order of summation gives other bits.
struct Measurer {
    private struct Sums {
        var voxels = 0
        var indices = SIMD3<Int>.zero
        var lowest = SIMD3<Double>(repeating: .infinity)
        var highest = SIMD3<Double>(repeating: -.infinity)
        var touchesBorder = false
    }

    let geometry: Geometry
    /// The voxels that are measured.
    let box: IndexBox
    let classCount: Int

    static func bytes(classCount: Int, workers: Int) -> Int {
        classCount * workers * MemoryLayout<Sums>.stride
    }

    /// - Parameters:
    ///   - labels: of the whole volume, dense, x fastest, each below `classCount`.
    ///   - confidences: each class's mean confidence.
    /// - Returns: one measurement a class, in the order of the labels, background included.
    func measure(
        labels: UnsafePointer<UInt8>, confidences: [Double?], runner: Runner
    ) throws(AnatomyNetError) -> [Measurement] {
        let sums = try Buffer<Sums>(count: classCount * runner.workers, purpose: "measurements")
        sums.pointer.update(repeating: Sums(), count: sums.count)
        let size = box.dimensions
        let dimensions = geometry.dimensions
        let first = box.lower
        let last = box.upper &- 1
        let spacing = geometry.spacing ?? .one
        try runner.run(items: Int64(size.z)) { item, worker in
            let own = sums.pointer + worker * classCount
            let k = first.z + Int(item)
            for j in first.y...last.y {
                let row = (k * dimensions.y + j) * dimensions.x
                let isBorderRow = j == first.y || j == last.y || k == first.z || k == last.z
                var i = first.x
                while i <= last.x {
                    let label = labels[row + i]
                    let start = i
                    while i <= last.x, labels[row + i] == label { i += 1 }
                    let count = i - start
                    let end = i - 1
                    var sum = own[Int(label)]
                    sum.voxels += count
                    sum.indices &+= SIMD3((start + end) * count / 2, j * count, k * count)
                    // Along a row a position is monotonic: its extremes are at the ends of the run.
                    for index in [start, end] {
                        let offset = geometry.direction.rotated(
                            spacing * SIMD3(Double(index), Double(j), Double(k)))
                        sum.lowest = pointwiseMin(sum.lowest, offset)
                        sum.highest = pointwiseMax(sum.highest, offset)
                    }
                    if isBorderRow || start == first.x || end == last.x { sum.touchesBorder = true }
                    own[Int(label)] = sum
                }
            }
        }
        return (0..<classCount).map { label in
            var total = Sums()
            for worker in 0..<runner.workers {
                let sum = sums[worker * classCount + label]
                total.voxels += sum.voxels
                total.indices &+= sum.indices
                total.lowest = pointwiseMin(total.lowest, sum.lowest)
                total.highest = pointwiseMax(total.highest, sum.highest)
                total.touchesBorder = total.touchesBorder || sum.touchesBorder
            }
            return measurement(label: label, total, confidence: confidences[label])
        }
    }

    private func measurement(label: Int, _ sums: Sums, confidence: Double?) -> Measurement {
        var result = Measurement(
            label: label, voxels: sums.voxels, meanConfidence: confidence, touchesBorder: sums.touchesBorder)
        guard let spacing = geometry.spacing else { return result }
        result.volume = Double(sums.voxels) * spacing.x * spacing.y * spacing.z / 1000
        if sums.voxels == 0 { return result }
        result.centroid = geometry.position(of: SIMD3<Double>(sums.indices) / Double(sums.voxels))
        // How far a voxel reaches from its centre along the patient's axes.
        var reach = SIMD3<Double>.zero
        for axis in 0..<3 {
            let edge = geometry.direction.columns[axis] * (spacing[axis] / 2)
            reach += SIMD3(abs(edge.x), abs(edge.y), abs(edge.z))
        }
        result.boundingBox = Measurement.PatientBox(
            lower: geometry.origin + sums.lowest - reach, upper: geometry.origin + sums.highest + reach)
        return result
    }
}
