import AnatomyNetSystem

/// Runs work items on the threads of one call and reports its progress.
///
/// Belongs to one call of `segment`: not thread-safe, used on the calling thread only; the work
/// bodies run on all threads of the call.
final class Runner {
    /// Receives the finished fraction; false stops the call.
    typealias Progress = (Double) -> Bool

    let session: ans_session
    private let progress: Progress?
    /// Cost units of the whole call, and of what is finished.
    private var totalCost = 1.0
    private var finishedCost = 0.0
    private var currentCost = 0.0
    private var currentItems: Int64 = 1
    private var reported = -1.0
    private var lastReport = 0.0

    private let reportInterval: Double

    /// - Parameter reportInterval: seconds between two calls of `progress` at least: it may be slow (an
    ///   interpreted host), items may take microseconds.
    init(workers: Int, progress: Progress?, reportInterval: Double = 0.02) {
        session = ans_begin(Int32(clamping: workers))
        self.progress = progress
        self.reportInterval = reportInterval
    }

    deinit {
        ans_end(session)
    }

    var workers: Int { Int(session.workers) }

    func begin(totalCost: Double) throws(AnatomyNetError) {
        self.totalCost = max(totalCost, 1)
        if !report(0) { throw Self.cancelled }
    }

    func finish() throws(AnatomyNetError) {
        if !report(1) { throw Self.cancelled }
    }

    /// Runs `body` once for each item in 0 ..< items, in any order, with a worker number below
    /// `workers` that no other item has at the same time.
    ///
    /// - Parameter cost: what the items are worth together, in the units of `begin(totalCost:)`.
    func run(items: Int64, cost: Double = 0, _ body: (Int64, Int) -> Void) throws(AnatomyNetError) {
        currentCost = cost
        currentItems = max(items, 1)
        let stopped = run(items, body) { runner, finished in
            Unmanaged<Runner>.fromOpaque(runner!).takeUnretainedValue().tick(finished: finished)
        }
        finishedCost += cost
        if stopped != 0 { throw Self.cancelled }
    }

    /// For what the calling thread does alone, to be called now and then: reports the progress reached before it.
    func checkCancelled() throws(AnatomyNetError) {
        if tick(finished: 0) != 0 { throw Self.cancelled }
    }

    /// Like `run`, for what is to be done also after the call has finished or was cancelled: progress is not
    /// reported.
    func runInAnyCase(items: Int64, _ body: (Int64, Int) -> Void) {
        _ = run(items, body, tick: nil)
    }

    private func run(_ items: Int64, _ body: (Int64, Int) -> Void, tick: ans_tick?) -> Int32 {
        withoutActuallyEscaping(body) { body in
            var work = Work(body: body)
            return withUnsafeMutablePointer(to: &work) { work in
                ans_run(
                    session, items,
                    { work, item, worker in
                        work!.assumingMemoryBound(to: Work.self).pointee.body(item, Int(worker))
                    },
                    work, tick, Unmanaged.passUnretained(self).toOpaque())
            }
        }
    }

    private struct Work {
        let body: (Int64, Int) -> Void
    }

    private func tick(finished: Int64) -> Int32 {
        guard progress != nil else { return 0 }
        let now = MonotonicClock.seconds
        guard now - lastReport >= reportInterval else { return 0 }
        lastReport = now
        let share = currentCost * Double(finished) / Double(currentItems)
        return report(min((finishedCost + share) / totalCost, 1)) ? 0 : 1
    }

    private func report(_ fraction: Double) -> Bool {
        guard let progress else { return true }
        reported = max(reported, fraction)
        return progress(reported)
    }

    private static let cancelled = AnatomyNetError(.cancelled, "the progress callback cancelled the call")
}
