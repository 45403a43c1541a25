import AnatomyNetKernels

/// Turns slabs of logits on the network's grid into labels and probabilities on the volume's grid,
/// which is the same without the padding at the high ends.
struct LabelSink {
    let geometry: Geometry
    let classCount: Int
    /// Receives the labels: one a voxel of the volume.
    let labels: UnsafeMutablePointer<UInt8>
    let probabilities: ProbabilityRequest?
    let kernels: ank_kernels
    let runner: Runner

    func classify(planes: Range<Int>, logits: [ank_block]) throws(AnatomyNetError) {
        let size = geometry.dimensions
        let planes = planes.clamped(to: 0..<size.z)
        if planes.isEmpty { return }
        let first = planes.lowerBound * size.y * size.x
        var wanted: [UnsafeMutablePointer<Float>?] = []
        if let probabilities, !probabilities.classes.isEmpty {
            wanted = (0..<classCount).map { label in
                probabilities.classes.firstIndex(of: label).flatMap { plane(of: probabilities, $0) }
                    .map { $0 + first }
            }
        }
        var operation = ank_classification()
        operation.height = Int32(size.y)
        operation.width = Int32(size.x)
        operation.classes = Int32(classCount)
        operation.input_count = Int32(logits.count)
        operation.labels = labels + first
        operation.first_plane = Int32(planes.lowerBound)
        operation.end_plane = Int32(planes.upperBound)
        try logits.withUnsafeBufferPointer { (logits) throws(AnatomyNetError) in
            try wanted.withUnsafeBufferPointer { (wanted) throws(AnatomyNetError) in
                operation.input = logits.baseAddress
                operation.probabilities = wanted.isEmpty ? nil : wanted.baseAddress
                try withUnsafePointer(to: operation) { (operation) throws(AnatomyNetError) in
                    try runner.run(items: kernels.classification_items(operation)) { item, _ in
                        kernels.classify(operation, item)
                    }
                }
            }
        }
    }

    /// Fills the planes of classes that were asked for more than once.
    func finish() {
        guard let probabilities else { return }
        for (index, label) in probabilities.classes.enumerated() {
            guard let first = probabilities.classes.firstIndex(of: label), first < index,
                let from = plane(of: probabilities, first), let to = plane(of: probabilities, index)
            else { continue }
            to.update(from: from, count: geometry.voxelCount)
        }
    }

    private func plane(of probabilities: ProbabilityRequest, _ index: Int) -> UnsafeMutablePointer<Float>? {
        probabilities.values.baseAddress.map { $0 + index * geometry.voxelCount }
    }
}
