import AnatomyNet
import ArgumentParser

/// The number of threads on the command line.
struct ThreadsArgument: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads; 0: as many as this process may use.", valueName: "count"))
    var threads = 0

    func validate() throws {
        let most = SegmentationOptions.largestThreadCount
        guard (0...most).contains(threads) else {
            throw ValidationError("--threads must be from 0 to \(most)")
        }
    }
}
