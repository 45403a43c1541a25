import AnatomyNetKernels
import Testing

@testable import AnatomyNet

@Suite struct ProgressTests {
    private final class NoSink: ScoreSink {
        let plainLabels: ank_labels? = nil
        func begin() {}
        func consume(planes: Range<Int>, logits: [ank_block], runner: Runner) {}
    }

    /// The fractions that a run of the network reports, every one.
    private static func fractions(_ batchNorm: BatchNormStatistics) throws -> [Double] {
        var overrides = ModelOverrides()
        overrides.batchNorm = batchNorm
        let plan = Plan(
            network: try ReferencePair.model("AnatomyNet", overrides: overrides).network,
            grid: FeatureMapLayout.Grid(depth: 48, height: 16, width: 16), storage: .float32, workers: 1,
            headRoom: 0)
        let memory = try Buffer<UInt8>(count: plan.bytes, purpose: "a test")
        memory.elements.initialize(repeating: 0)
        var fractions: [Double] = []
        let runner = Runner(
            workers: plan.workers,
            progress: { fraction in
                fractions.append(fraction)
                return true
            }, reportInterval: 0)
        try runner.begin(totalCost: Executor.cost(of: plan))
        var executor = Executor(
            plan: plan, workspace: Workspace(plan, memory: memory), runner: runner, sink: NoSink())
        try executor.run()
        return fractions
    }

    /// Statistics of the volume's own take several passes over the head, of different lengths.
    @Test(arguments: [BatchNormStatistics.running, .volume])
    func progressReachesTheEndWithTheLastLayerAndNotBefore(_ batchNorm: BatchNormStatistics) throws {
        let fractions = try Self.fractions(batchNorm)
        let last = try #require(fractions.last)
        #expect(abs(last - 1) < 1e-9)
        #expect(fractions.filter { $0 > 1 - 1e-9 }.count == 1)
        let steps = zip(fractions, fractions.dropFirst()).map { $1 - $0 }
        #expect(steps.allSatisfy { $0 >= 0 && $0 < 0.02 }, "\(steps.max() ?? 0)")
    }
}
