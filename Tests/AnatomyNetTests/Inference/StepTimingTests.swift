import Testing

@testable import AnatomyNet

@Suite struct StepTimingTests {
    @Test func everyStepIsTimedOnceAndTogetherTheyAreTheCall() throws {
        let model = try ReferencePair.model("AnatomyNet")
        var options = SegmentationOptions()
        var timings: [StepTiming] = []
        options.timings = { timings = $0 }
        let start = ContinuousClock.now
        _ = try Segmentation(
            model, SegmenterTests.noise(40 * 40 * 40), depth: 40, height: 40, width: 40, options: options)
        let whole = (ContinuousClock.now - start) / .seconds(1)

        let layers = model.architecture.graph.layers
        // Projection shortcuts are part of the layer that adds them.
        let computed = layers.indices.filter {
            $0 > 0 && layers[$0].operation != .concatenation
                && !layers[$0].name.hasSuffix("downsample.0")
        }
        #expect(timings.map(\.step) == [.input] + computed.map { .layer($0) } + [.labels])
        #expect(timings.allSatisfy { $0.seconds > 0 && $0.bytes > 0 })
        let total = timings.reduce(0) { $0 + $1.seconds }
        #expect(total <= whole)
        // Both sides hold the same computation; what is not timed is bookkeeping.
        #expect(total > 0.2 * whole)
    }
}
