import Testing

@testable import AnatomyNet

@Suite struct HeadScheduleTests {
    static let graphs = [
        ResidualFamily(
            channels: [28, 30, 32, 34], blocks: 2, squeezeReduction: .init(encoder: 15, decoder: 16),
            merge: .concatenate,
            classCount: 10
        ).graph,
        ResidualFamily(
            channels: [22, 22, 22, 22], blocks: 3, squeezeReduction: nil, merge: .sum, classCount: 10
        ).graph,
        PlainFamily(channels: [32, 40, 48, 56], poolings: 1, classCount: 10).graph,
        PlainFamily(channels: [64, 128, 256, 512], poolings: 4, classCount: 10).graph,
    ]

    /// Replays the schedule and keeps, for each layer, which plane each slot of its ring holds.
    @Test(arguments: graphs.indices, [2, 4, 8, 10, 16, 18, 48])
    func everyPlaneIsComputedOnceAndFromPlanesThatAreThere(graph index: Int, depth: Int) {
        let graph = Self.graphs[index]
        let schedule = HeadSchedule(graph: graph)
        var held = [[Int: Int]](repeating: [:], count: graph.layers.count)
        var computed = [[Int]](repeating: [], count: graph.layers.count)
        for step in 0..<schedule.steps(depth: depth) {
            for layerIndex in schedule.firstLayer..<graph.layers.count {
                let layer = graph.layers[layerIndex]
                var reach = 0
                if case .convolution(let convolution) = layer.operation { reach = convolution.kernel / 2 }
                for plane in schedule.planes(of: layerIndex, step: step, depth: depth) {
                    for source in Set(graph.inputMaps(of: layer)) where source >= schedule.firstLayer {
                        for wanted in max(0, plane - reach)...min(depth - 1, plane + reach) {
                            let slot = wanted % min(schedule.storedPlanes(of: source), depth)
                            #expect(held[source][slot] == wanted)
                        }
                    }
                    if case .convolution(let convolution) = layer.operation,
                        let residual = convolution.residual, residual >= schedule.firstLayer
                    {
                        let slot = plane % min(schedule.storedPlanes(of: residual), depth)
                        #expect(held[residual][slot] == plane)
                    }
                }
                for plane in schedule.planes(of: layerIndex, step: step, depth: depth) {
                    held[layerIndex][plane % min(schedule.storedPlanes(of: layerIndex), depth)] = plane
                    computed[layerIndex].append(plane)
                }
            }
        }
        for layerIndex in schedule.firstLayer..<graph.layers.count {
            #expect(computed[layerIndex] == Array(0..<depth))
        }
    }
}
