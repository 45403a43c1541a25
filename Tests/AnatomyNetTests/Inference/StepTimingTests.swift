import Testing

@testable import AnatomyNet

@Suite struct StepTimingTests {
    @Test(arguments: Model.InstructionSet.ofThisMachine)
    func everyStepIsTimedOnceAndTogetherTheyTakeNoLongerThanTheCall(
        on instructionSet: Model.InstructionSet
    ) throws {
        let model = try ReferencePair.model("AnatomyNet", instructionSet: instructionSet)
        var options = SegmentationOptions()
        var timings: [StepTiming] = []
        options.timings = { steps, _ in timings = steps }
        let start = ContinuousClock.now
        _ = try Segmentation(
            model, SegmenterTests.noise(40 * 40 * 40), depth: 40, height: 40, width: 40, options: options)
        let whole = (ContinuousClock.now - start) / .seconds(1)

        let layers = model.network.graph.layers
        // Only the portable kernels compute 1x1x1 shortcuts apart from the layer that adds them.
        let computed = layers.indices.filter {
            $0 > 0 && layers[$0].operation != .concatenation
                && (instructionSet == .portable || !layers[$0].name.hasSuffix("downsample.0"))
        }
        #expect(timings.map(\.step) == [.input] + computed.map { .layer($0) } + [.labels])
        #expect(timings.allSatisfy { $0.seconds > 0 && $0.bytes > 0 })
        #expect(timings.reduce(0) { $0 + $1.seconds } <= whole)
    }

    @Test func aStepsTimeIsAllThatItTookEachTime() throws {
        let stopwatch: Stopwatch? = Stopwatch(steps: 2)
        for _ in 1...3 {
            try stopwatch.measure(1) {
                let start = ContinuousClock.now
                while ContinuousClock.now - start < .milliseconds(2) {}
            }
        }
        let seconds = try #require(stopwatch)
        #expect(seconds[0] == 0)
        // Two clocks may differ in their last digits.
        #expect(seconds[1] > 0.0059)
    }

    @Test func withoutAStopwatchStepsAreDoneAllTheSame() throws {
        let stopwatch: Stopwatch? = nil
        var isDone = false
        try stopwatch.measure(0) { isDone = true }
        #expect(isDone)
    }
}
