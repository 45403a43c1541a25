import AnatomyNet
import ArgumentParser

/// The runner: arguments, files, a progress bar, tables and pictures around the library.
@main
struct AnatomyNetDemo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anatomynet-demo",
        abstract: "Organs at risk in head-and-neck CT. Not for clinical use.",
        version: Generator.name,
        subcommands: [
            SegmentCommand.self, InfoCommand.self, EvaluateCommand.self, PhantomCommand.self,
            BenchCommand.self,
        ])

    static func main() {
        Interruption.removePartialFiles()
        do {
            var command = try parseAsRoot()
            try command.run()
            try Terminal.flushStandardOutput()
        } catch {
            exit(withError: (error as? AnatomyNetError)?.inRunnerTerms ?? error)
        }
    }
}
