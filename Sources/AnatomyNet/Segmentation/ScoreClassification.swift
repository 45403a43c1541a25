import AnatomyNetKernels

extension ScoreResampler {
    /// Arg-max of rows of logits, and softmax if it is wanted, written where the caller wants them.
    ///
    /// - Parameter start: the aligned index of the first voxel.
    func classify(
        _ logits: [UnsafeMutablePointer<Float>], rowStrides: [Int], rows: Int, width: Int,
        at start: SIMD3<Int>, worker: Int
    ) {
        let scratch = scratch(worker)
        let voxels = rows * width
        var planes: [UnsafeMutablePointer<Float>?] = logits
        var classPlanes: [UnsafeMutablePointer<Float>?] = (0..<request.classCount).map {
            scratch.probabilities + $0 * voxels
        }
        planes.withUnsafeMutableBufferPointer { planes in
            guard let table = planes.baseAddress else { return }
            let blocks = layout.blocks.indices.map { index in
                ank_block(
                    planes: table + index, row_stride: Int64(rowStrides[index]),
                    lanes: Int32(layout.blocks[index].lanes), channels: Int32(layout.blocks[index].channels),
                    format: Int32(ANK_FLOAT32))
            }
            blocks.withUnsafeBufferPointer { blocks in
                classPlanes.withUnsafeMutableBufferPointer { classPlanes in
                    var operation = ank_classification()
                    operation.height = Int32(rows)
                    operation.width = Int32(width)
                    operation.classes = Int32(request.classCount)
                    operation.input_count = Int32(blocks.count)
                    operation.input = blocks.baseAddress
                    operation.labels = scratch.labels
                    operation.nonfinite = nonfinite
                    if request.needsProbabilities {
                        operation.probabilities = UnsafePointer(classPlanes.baseAddress)
                    }
                    operation.end_plane = 1
                    for item in 0..<kernels.pointee.classification_items(&operation) {
                        kernels.pointee.classify(&operation, item)
                    }
                }
            }
        }
        let confidences = confidences(worker)
        for row in 0..<rows {
            let place = first + start.x * strides.x + (start.y + row) * strides.y + start.z * strides.z
            let found = scratch.labels + row * width
            for x in 0..<width { labels[place + x * strides.x] = found[x] }
            let rowOfProbabilities = scratch.probabilities + row * width
            if request.confidences {
                for x in 0..<width {
                    let label = Int(found[x])
                    confidences[label].add(rowOfProbabilities[label * voxels + x])
                }
            }
            for plane in probabilities {
                let values = rowOfProbabilities + plane.label * voxels
                for x in 0..<width { plane.destination[place + x * strides.x] = values[x] }
            }
        }
    }
}
