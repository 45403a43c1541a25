import Synchronization
import Testing

@testable import AnatomyNet

@Suite struct RunnerTests {
    @Test(arguments: [0, 1, 2, 3, 13, 500], [1, 2, 3, 7])
    func eachItemRunsOnceAndEachWorkersAscend(items: Int, workers: Int) throws {
        let runner = Runner(workers: workers, progress: nil)
        let taken = Mutex([[Int64]](repeating: [], count: workers))
        try runner.run(items: Int64(items)) { item, worker in
            taken.withLock { $0[worker].append(item) }
        }
        let orders = taken.withLock { $0 }
        #expect(orders.flatMap { $0 }.sorted() == (0..<Int64(items)).map { $0 })
        for order in orders { #expect(order == order.sorted()) }
    }

    /// Neighbouring items have input in common: few of them may begin where the item before is another thread's.
    @Test func mostItemsFollowTheOneBeforeOnTheSameThread() throws {
        let runner = Runner(workers: 2, progress: nil)
        let takers = Mutex([Int](repeating: -1, count: 1000))
        try runner.run(items: 1000) { item, worker in
            takers.withLock { $0[Int(item)] = worker }
        }
        let order = takers.withLock { $0 }
        // A quarter of what is left at a time, at least one item: 25 runs.
        let changes = zip(order, order.dropFirst()).count { $0 != $1 }
        #expect(changes < 25)
    }

    @Test func progressCountsWhatIsFinished() throws {
        var fractions: [Double] = []
        let runner = Runner(workers: 1) { fraction in
            fractions.append(fraction)
            return true
        }
        try runner.begin(totalCost: 10)
        try runner.run(items: 5, cost: 10) { item, _ in
            // Longer than the shortest time between two reports.
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(25) {}
        }
        try runner.finish()
        #expect(fractions == [0, 0.2, 0.4, 0.6, 0.8, 1, 1])
    }

    /// What one thread does alone is no part of the work that is counted, but can be cancelled.
    @Test func aPauseReportsWhatIsFinishedAndCancels() throws {
        var fractions: [Double] = []
        let runner = Runner(
            workers: 1,
            progress: { fraction in
                fractions.append(fraction)
                return fractions.count < 8
            }, reportInterval: 0)
        try runner.begin(totalCost: 10)
        try runner.run(items: 5, cost: 5) { _, _ in }
        try runner.checkCancelled()
        #expect(fractions == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5])
        #expect(throws: AnatomyNetError.self) { try runner.checkCancelled() }
    }

    /// What is to be done behind a cancelled call, such as giving memory back, is no news to the caller.
    @Test func inAnyCaseEveryItemRunsAndNothingIsReported() throws {
        var reports = 0
        let runner = Runner(workers: 2) { _ in
            reports += 1
            return false
        }
        #expect(throws: AnatomyNetError.self) { try runner.begin(totalCost: 1) }
        let finished = Atomic(0)
        runner.runInAnyCase(items: 100) { _, _ in
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(1) {}
            finished.add(1, ordering: .relaxed)
        }
        #expect(finished.load(ordering: .relaxed) == 100)
        #expect(reports == 1)
    }
}
