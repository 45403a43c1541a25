import AnatomyNet
import ArgumentParser
import MachinePeak
import MedicalImageFiles
import SegmentationPictures

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Time each layer of a network on this machine.",
        discussion: """
            Segments a volume of noise several times and reports each step's median. GMAC/s are counted as a \
            direct convolution would need them, so that a fast algorithm exceeds the peak; peak and memory \
            bandwidth are measured first, with the same threads and instructions. MB count every map once for each \
            of its readers and once for its writer, and the weights once.
            """)

    @Argument(help: ArgumentHelp("Weight file.", valueName: "model"))
    var model: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The volume, in voxels: \(GridSize.form).", valueName: "x,y,z"))
    var size = GridSize.headAndNeck

    @OptionGroup
    var threadsArgument: ThreadsArgument

    @Option(parsing: .unconditional, help: ArgumentHelp("Runs after the first.", valueName: "count"))
    var runs = 5

    @Option(help: "How feature maps are stored: float32 or bfloat16.")
    var storage: StorageArgument = .float32

    @Option(help: ArgumentHelp("Also write the table as JSON.", valueName: "file.json"))
    var json: String?

    @OptionGroup(title: "Model options (taken instead of what the weight file says)")
    var modelArguments: ModelArguments

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must be from 1 to 1000") }
    }

    func run() throws {
        var files = CommandFiles(model: model)
        if let json { try files.addReport(json) }
        let model = try modelArguments.load(model)
        let report = try measure(model)
        printTable(report)
        if let json { try JSONReport.write(report, to: json) }
    }

    private func measure(_ model: Model) throws -> BenchReport {
        let dimensions = size.values
        var geometry = Geometry(dimensions: dimensions)
        if case .fixed(let spacing) = model.description.spacing { geometry.spacing = spacing }
        let count = geometry.voxelCount
        let voxels = try Buffer<Int16>(count: count, purpose: "the volume")
        let labels = try Buffer<UInt8>(count: count, purpose: "labels")
        defer { withExtendedLifetime((voxels, labels)) {} }
        var state: UInt64 = 1
        for index in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            voxels[index] = Int16(truncatingIfNeeded: Int(state >> 53) - 1024)
        }
        let volume = try Volume(
            voxels: voxels.pointer, voxelBytes: UInt64(2 * count), voxelType: .int16, geometry: geometry)

        var options = SegmentationOptions()
        options.threads = threadsArgument.threads
        options.featureMapStorage = storage.value
        // Noise has no spacing that a model could know.
        options.allowsUntrainedSpacing = true
        var collected: [[StepTiming]] = []
        var threads = 1
        options.timings = { steps, used in
            collected.append(steps)
            threads = used
        }
        var seconds: [Double] = []
        for run in 0...runs {
            options.log = run == 0 ? { Terminal.log($0, $1) } : nil
            let start = ContinuousClock.now
            try Segmenter(model).segment(volume, options: options, labels: labels.elements)
            seconds.append((ContinuousClock.now - start) / .seconds(1))
        }
        let graph = model.architecture.graph
        let peak = machine_peak_multiply_adds(model.instructionSet.rawValue, Int32(threads))
        return BenchReport(
            generator: Generator.name, model: self.model, sha256: model.fingerprint,
            dimensions: [dimensions.x, dimensions.y, dimensions.z], threads: threads,
            instructionSet: "\(model.instructionSet)", storage: storage.rawValue,
            machinePeakGMACPerSecond: peak / 1e9,
            machineCopyGBPerSecond: machine_peak_copied_bytes(Int32(threads)) / 1e9,
            firstCallSeconds: seconds[0],
            warmMedianSeconds: median(Array(seconds[1...])), runs: runs,
            steps: collected[0].indices.map { step in
                let timing = collected[0][step]
                return BenchReport.Step(
                    timing.step, in: graph, activation: model.description.activation,
                    seconds: median(collected[1...].map { $0[step].seconds }),
                    multiplications: timing.multiplications, bytes: timing.bytes, peak: peak)
            })
    }

    private func printTable(_ report: BenchReport) {
        print(
            "\(size.defaultValueDescription) voxels, \(report.threads) threads, \(report.instructionSet), "
                + "maps in \(report.storage); medians of \(report.runs) runs after the first")
        print(
            "machine peak \(decimal(report.machinePeakGMACPerSecond, places: 0)) GMAC/s by direct computation, "
                + "memory copies \(decimal(report.machineCopyGBPerSecond, places: 0)) GB/s")
        print("")
        var table = TextTable([
            ("step", .left), ("kind", .left), ("channels", .right), ("ms", .right), ("%", .right),
            ("GMAC/s", .right),
            ("of peak", .right), ("MB", .right), ("GB/s", .right),
        ])
        let total = report.steps.reduce(0) { $0 + $1.milliseconds }
        for step in report.steps {
            let computes = step.gmac > 0
            table.add([
                step.name, step.kind, step.channels, decimal(step.milliseconds, places: 1),
                decimal(100 * step.milliseconds / total, places: 1),
                computes ? decimal(step.gmacPerSecond, places: 0) : "",
                computes ? percent(step.shareOfPeak) : "",
                decimal(step.megabytes, places: 0), decimal(step.gigabytesPerSecond, places: 1),
            ])
        }
        table.print()
        let gmac = report.steps.reduce(0) { $0 + $1.gmac }
        print("")
        print(
            "whole call: first \(decimal(report.firstCallSeconds, places: 3)) s, warm \(decimal(report.warmMedianSeconds, places: 3)) s, "
                + "\(decimal(gmac / report.warmMedianSeconds, places: 0)) GMAC/s, "
                + "\(percent(share(of: report.machinePeakGMACPerSecond, gmac / report.warmMedianSeconds))) of peak"
        )
    }

    private func percent(_ share: Double?) -> String {
        share.map { "\(decimal(100 * $0, places: 0)) %" } ?? "–"
    }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

/// Of a peak, in the same unit; nil where it could not be measured.
private func share(of peak: Double, _ rate: Double) -> Double? { peak > 0 ? rate / peak : nil }

/// What `bench` measured.
struct BenchReport: Encodable {
    let generator: String
    let model: String
    let sha256: String
    /// Voxels along x, y, z.
    let dimensions: [Int]
    let threads: Int
    let instructionSet: String
    let storage: String
    let machinePeakGMACPerSecond: Double
    let machineCopyGBPerSecond: Double
    let firstCallSeconds: Double
    let warmMedianSeconds: Double
    let runs: Int
    let steps: [Step]

    struct Step: Encodable {
        let name: String
        let kind: String
        let channels: String
        let milliseconds: Double
        let gmac: Double
        let gmacPerSecond: Double
        /// nil where the peak could not be measured.
        let shareOfPeak: Double?
        let megabytes: Double
        let gigabytesPerSecond: Double

        init(
            _ step: StepTiming.Step, in graph: LayerGraph, activation: Activation, seconds: Double,
            multiplications: Double, bytes: Double, peak: Double
        ) {
            switch step {
            case .input: (name, kind, channels) = ("input", "intensities", "")
            case .labels: (name, kind, channels) = ("labels", "arg-max", "")
            case .layer(let index):
                let layer = graph.layers[index]
                name = layer.name
                kind = layer.operation.summary(graph, activation: activation)
                channels = "\(graph.inputChannels(of: layer)) → \(layer.channels)"
            }
            milliseconds = seconds * 1e3
            gmac = multiplications / 1e9
            // Steps of a tiny volume can be shorter than the clock's tick.
            let seconds = max(seconds, 1e-9)
            gmacPerSecond = multiplications / 1e9 / seconds
            shareOfPeak = share(of: peak, multiplications / seconds)
            megabytes = bytes / 1e6
            gigabytesPerSecond = bytes / 1e9 / seconds
        }
    }
}
