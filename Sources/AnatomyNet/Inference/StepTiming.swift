/// What one step of a segmentation took: a layer of the network, or what comes before or after it.
public struct StepTiming: Sendable {
    /// What a step is.
    public enum Step: Sendable, Equatable {
        /// Reading the volume: intensities and resampling.
        case input
        /// A layer of the graph, by its index; a projection shortcut that is computed within the layer that adds it
        /// counts with that.
        case layer(Int)
        /// From logits to labels on the volume's own grid, unless the last layer gives labels right away.
        case labels
    }

    /// Which step.
    public let step: Step
    /// Elapsed time of all its runs together.
    public let seconds: Double
    /// Multiplications that a direct computation would need, of all its runs together.
    public let multiplications: Double
    /// Bytes that have to pass between processor and memory if every map is read once for each of its
    /// readers and written once, and the weights read once.
    public internal(set) var bytes: Double
}

extension Plan {
    /// What the steps of a finished run took: input, layers, labels.
    ///
    /// - Parameter storesLabels: whether the last layer has stored labels in place of logits.
    func timings(_ stopwatch: Stopwatch, storesLabels: Bool) -> [StepTiming] {
        let graph = network.graph
        let image = maps[0].map { mapBytes($0.layout) } ?? 0
        let logits = maps[graph.layers.count - 1].map { mapBytes($0.layout) } ?? 0
        var timings = [
            StepTiming(step: .input, seconds: stopwatch[0], multiplications: 0, bytes: image)
        ]
        for index in 1..<graph.layers.count
        where graph.layers[index].operation != .concatenation && !shortcuts.contains(index) {
            timings.append(
                StepTiming(
                    step: .layer(index), seconds: stopwatch[index],
                    multiplications: runCount(of: index) * multiplicationCount(of: index),
                    bytes: runCount(of: index) * bytesMoved(by: index)))
        }
        if storesLabels {
            timings[timings.count - 1].bytes += Double(grid.voxels) - logits
            return timings
        }
        timings.append(
            StepTiming(
                step: .labels, seconds: stopwatch[graph.layers.count], multiplications: 0, bytes: logits))
        return timings
    }

    private func bytesMoved(by index: Int) -> Double {
        let graph = network.graph
        let layer = graph.layers[index]
        var read = graph.inputMaps(of: layer)
        var weights = network.layers[index].prepared?.count ?? 0
        if let shortcut = shortcuts[index] {
            read += graph.inputMaps(of: graph.layers[shortcut])
            weights += network.layers[shortcut].prepared?.count ?? 0
        } else if case .convolution(let convolution) = layer.operation, let residual = convolution.residual {
            read.append(residual)
        }
        return (read + [index]).reduce(Double(weights)) { bytes, map in
            bytes + (maps[map].map { mapBytes($0.layout) } ?? 0)
        }
    }

    /// The whole map, however few of its planes are stored at a time.
    private func mapBytes(_ layout: FeatureMapLayout) -> Double {
        layout.blocks.indices.reduce(0) { $0 + Double(layout.planeBytes($1) * layout.grid.depth) }
    }
}
