import AnatomyNet
import ArgumentParser
import MedicalImageFiles
import SegmentationPictures

struct SegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment", abstract: "Find the organs in a CT.",
        discussion: """
            Images are NIfTI-1 (.nii, .nii.gz, .hdr/.img) or NRRD (.nrrd, .nhdr). Labels have exactly the \
            geometry of the input; their names, the model's SHA-256 and "Not for clinical use" stand in the \
            metadata.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Weight file.", valueName: "file"))
    var model: String

    @Option(name: .shortAndLong, help: ArgumentHelp("CT in HU.", valueName: "image"))
    var input: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the labels go: .nii, .nii.gz or .nrrd.", valueName: "image"))
    var output: String

    @Option(help: ArgumentHelp("Also write each class's probability into this folder.", valueName: "folder"))
    var probabilities: String?

    @Option(help: ArgumentHelp("Also draw an overview.", valueName: "file.png"))
    var picture: String?

    @Option(help: ArgumentHelp("Also write the table as JSON.", valueName: "file.json"))
    var json: String?

    @OptionGroup
    var threadsArgument: ThreadsArgument

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Memory that segmenting may take, in MB.", valueName: "MB"))
    var memoryLimit: Int?

    @OptionGroup
    var inputOrientation: InputOrientation

    @Option(help: "How feature maps are stored: float32, or bfloat16 in half the memory.")
    var storage: StorageArgument = .float32

    @Flag(help: "Keep of each organ only the largest connected component.")
    var keepLargestComponents = false

    @Flag(help: "Accept a spacing outside the range that the model states.")
    var allowUntrainedSpacing = false

    @OptionGroup(title: "Model options (taken instead of what the weight file says)")
    var modelArguments: ModelArguments

    func validate() throws {
        if let memoryLimit, memoryLimit < 1 || memoryLimit > 1 << 40 {
            throw ValidationError("--memory-limit must be a positive number of MB")
        }
    }

    func run() throws {
        var files = CommandFiles(model: model, images: [input])
        try files.addImage(output)
        if let picture { try files.addPicture(picture) }
        if let json { try files.addReport(json) }
        let model = try modelArguments.load(model)
        if let probabilities {
            try files.addFolder(
                probabilities,
                ofImages: model.classNames.map { try probabilityImage(of: $0, in: probabilities) })
        }
        let image = try MedicalImage.read(input)
        let geometry = try inputOrientation.geometry(of: image.grid, input)
        let isPlaced = image.grid.isOriginKnown
        let warnings = Warnings()
        image.grid.doubts.forEach(warnings.add)
        if !isPlaced {
            warnings.add(
                "\(input) does not say where it lies in the patient, so the organs' places are unknown")
        }
        let volume = try image.volume(geometry: geometry)
        let count = geometry.voxelCount
        let labels = try Buffer<UInt8>(count: count, purpose: "labels")
        let classCount = probabilities == nil ? 0 : model.classNames.count
        let scores = try Buffer<Float>(count: classCount * count, purpose: "probabilities")

        let found = UnsafeMutableBufferPointer(start: labels.pointer, count: count)
        // Pointers into these are used to the end.
        defer { withExtendedLifetime((image, labels, scores)) {} }

        let start = ContinuousClock.now
        let measurements = try segment(
            volume, with: model, warnings: warnings, labels: found,
            probabilities: probabilities.map { _ in
                ProbabilityRequest(
                    classes: Array(0..<classCount),
                    values: UnsafeMutableBufferPointer(start: scores.pointer, count: scores.count))
            })
        let seconds = (ContinuousClock.now - start) / .seconds(1)

        let annotation = ImageAnnotation(
            generator: Generator.name, modelFingerprint: model.fingerprint, labelNames: model.classNames,
            facts: provenance(of: model))
        try ImageWriter(grid: image.grid, annotation: annotation).write(
            labels.pointer, as: .uint8, to: output)
        if let probabilities {
            try write(scores, of: model, count: count, grid: image.grid, annotation, to: probabilities)
        }
        let organs = OrganMeasurement.organs(measurements, names: model.classNames, arePlaced: isPlaced)
        printSummary(model, geometry, organs, seconds)
        if let json {
            try JSONReport.write(
                report(
                    model, GridReport(geometry, isPlaced: isPlaced), organs, seconds, warnings.messages),
                to: json)
        }
        if let picture {
            let overview = OverviewPicture(
                image: image, geometry: geometry, labels: UnsafeBufferPointer(found),
                labelNames: model.classNames,
                title: "Organs at risk: \(FilePath.name(input))")
            try overview.write(to: picture, annotation: annotation)
        }
    }

    private func report(
        _ model: Model, _ grid: GridReport, _ organs: [OrganMeasurement], _ seconds: Double,
        _ warnings: [String]
    ) -> SegmentReport {
        SegmentReport(
            conditionsOfUse: ImageAnnotation.notForClinicalUse, generator: Generator.name, input: input,
            output: output,
            model: ModelReport(
                path: self.model, sha256: model.fingerprint, architecture: model.architecture.name,
                provenance: model.description.provenance),
            grid: grid, warnings: warnings, seconds: seconds, organs: organs)
    }

    private func segment(
        _ volume: Volume, with model: Model, warnings: Warnings, labels: UnsafeMutableBufferPointer<UInt8>,
        probabilities: ProbabilityRequest?
    ) throws -> [Measurement] {
        let bar = ProgressBar()
        defer { bar.clear() }
        var options = SegmentationOptions()
        options.threads = threadsArgument.threads
        options.memoryLimit = memoryLimit.map { UInt64($0) * 1_000_000 }
        options.progress = { fraction in
            bar.show(fraction)
            return true
        }
        options.log = { warnings.log($0, $1) }
        options.keepsLargestComponents = keepLargestComponents
        options.allowsUntrainedSpacing = allowUntrainedSpacing
        options.featureMapStorage = storage.value
        return try Segmenter(model).segment(
            volume, options: options, labels: labels, probabilities: probabilities, measures: true)
    }

    private func provenance(of model: Model) -> [(key: String, value: String)] {
        let description = model.description
        return [
            ("model", model.architecture.name), ("model provenance", description.provenance),
            ("model licence", description.license),
            (
                "input orientation",
                inputOrientation.inputOrientation.map { "\($0), by --input-orientation" } ?? ""
            ),
        ]
        .filter { !$0.1.isEmpty }.map { (key: $0.0, value: $0.1) }
    }

    private func write(
        _ scores: Buffer<Float>, of model: Model, count: Int, grid: ImageGrid, _ annotation: ImageAnnotation,
        to folder: String
    ) throws {
        try CommandFiles.makeFolder(folder)
        for (label, name) in model.classNames.enumerated() {
            var annotation = annotation
            annotation.labelNames = []
            annotation.facts.append((key: "contents", value: "probability of \(name)"))
            try ImageWriter(grid: grid, annotation: annotation).write(
                scores.pointer + label * count, as: .float32,
                to: probabilityImage(of: name, in: folder))
        }
    }

    /// Where the probability of a class goes, in the format of the labels.
    private func probabilityImage(of name: String, in folder: String) throws -> String {
        "\(folder)/\(FilePath.safeName(name))\(try ImageFormat.writableEnding(of: output))"
    }

    private func printSummary(
        _ model: Model, _ geometry: Geometry, _ organs: [OrganMeasurement], _ seconds: Double
    ) {
        let spacing = geometry.spacing.map { " of \(millimetres($0))" }
        let size = geometry.dimensions
        print("image   \(input), \(size.x) × \(size.y) × \(size.z) voxels\(spacing ?? " of unknown size")")
        print(
            "model   \(model.architecture.name), \(grouped(model.architecture.graph.parameterCount)) parameters, SHA-256 \(model.fingerprint)"
        )
        if !model.description.provenance.isEmpty { print("        \(model.description.provenance)") }
        print("labels  \(output), in \(decimal(seconds, places: 2)) s")
        print("")
        OrganMeasurement.table(organs).print()
        print("")
        print("\(ImageAnnotation.notForClinicalUse).")
    }
}

private struct SegmentReport: Encodable {
    let conditionsOfUse: String
    let generator: String
    let input: String
    let output: String
    let model: ModelReport
    let grid: GridReport
    let warnings: [String]
    let seconds: Double
    let organs: [OrganMeasurement]
}

private struct ModelReport: Encodable {
    let path: String
    let sha256: String
    let architecture: String
    let provenance: String
}

/// An image's grid, for a report.
private struct GridReport: Encodable {
    let dimensions: [Int]
    let spacingMillimetres: [Double]?
    /// nil where the file does not say it.
    let originMillimetresLPS: [Double]?
    /// The unit vectors of the x, y and z index, one after the other.
    let directionLPS: [Double]

    init(_ geometry: Geometry, isPlaced: Bool) {
        let size = geometry.dimensions
        let origin = geometry.origin
        let direction = geometry.direction
        dimensions = [size.x, size.y, size.z]
        spacingMillimetres = geometry.spacing.map { [$0.x, $0.y, $0.z] }
        originMillimetresLPS = isPlaced ? [origin.x, origin.y, origin.z] : nil
        directionLPS = [direction.x, direction.y, direction.z].flatMap { [$0.x, $0.y, $0.z] }
    }
}
