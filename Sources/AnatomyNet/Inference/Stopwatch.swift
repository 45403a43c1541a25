/// Adds up what the steps of one call take. Used on the calling thread only.
final class Stopwatch {
    fileprivate var seconds: [Double]

    init(steps: Int) {
        seconds = [Double](repeating: 0, count: steps)
    }

    subscript(step: Int) -> Double { seconds[step] }
}

extension Stopwatch? {
    /// Runs `body` and adds its time to a step's, if there is a stopwatch.
    func measure(_ step: Int, _ body: () throws(AnatomyNetError) -> Void) throws(AnatomyNetError) {
        guard let stopwatch = self else { return try body() }
        let start = MonotonicClock.seconds
        defer { stopwatch.seconds[step] += MonotonicClock.seconds - start }
        try body()
    }
}
