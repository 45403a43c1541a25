import AnatomyNet
import AnatomyNetPhantom
import ArgumentParser
import MedicalImageFiles
import SegmentationPictures

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Compare predicted with true labels.",
        discussion:
            "DSC = 2TP / (2TP + FN + FP) for each organ; an organ that neither image has counts nowhere.")

    @Argument(help: ArgumentHelp("Predicted labels.", valueName: "predicted"))
    var predicted: String

    @Argument(help: ArgumentHelp("True labels on the same grid.", valueName: "truth"))
    var truth: String

    @Option(
        help: ArgumentHelp(
            "Names of the labels, background first: \(NameList.form); by default those in the files, or the "
                + "paper's nine organs.",
            valueName: "a,b,..."))
    var names: NameList?

    @Option(
        help: ArgumentHelp("Also draw truth green, prediction red, agreement yellow.", valueName: "file.png"))
    var picture: String?

    @Option(help: ArgumentHelp("The CT, to be seen below the organs in the picture.", valueName: "image"))
    var input: String?

    @Option(help: ArgumentHelp("Also write the table as JSON.", valueName: "file.json"))
    var json: String?

    @OptionGroup
    var inputOrientation: InputOrientation

    func validate() throws {
        if input != nil, picture == nil {
            throw ValidationError("--input is for the picture; add --picture or leave it out")
        }
    }

    func run() throws {
        var files = CommandFiles(images: [predicted, truth] + (input.map { [$0] } ?? []))
        if let picture { try files.addPicture(picture) }
        if let json { try files.addReport(json) }
        let predictedImage = try MedicalImage.read(predicted)
        let trueImage = try MedicalImage.read(truth)
        try check(predictedImage.grid, predicted, coincidesWith: trueImage.grid)
        let ct = try input.map { path in
            let image = try MedicalImage.read(path)
            try check(image.grid, path, coincidesWith: trueImage.grid)
            return image
        }
        for image in [predictedImage, trueImage] + (ct.map { [$0] } ?? []) {
            image.grid.doubts.forEach(Terminal.warn)
        }
        let geometry =
            picture != nil || inputOrientation.inputOrientation != nil
            ? try inputOrientation.geometry(of: trueImage.grid, truth) : trueImage.grid.geometry
        let statedNames = try statedNames(predicted: predictedImage.labelNames, truth: trueImage.labelNames)
        let predictedLabels = try predictedImage.labels(path: predicted)
        let trueLabels = try trueImage.labels(path: truth)
        // Pointers into these are used to the end.
        defer { withExtendedLifetime((predictedLabels, trueLabels)) {} }
        let found = UnsafeBufferPointer(start: predictedLabels.pointer, count: predictedLabels.count)
        let wanted = UnsafeBufferPointer(start: trueLabels.pointer, count: trueLabels.count)
        let similarities = DiceSimilarity.ofEachLabel(predicted: found, truth: wanted)
        let names = labelNames(statedNames, similarities)
        let organs = names.enumerated().dropFirst().map { label, name in
            OrganAgreement(label: label, name: name, similarities[label])
        }
        let coefficients = organs.compactMap(\.dsc)
        let mean = coefficients.isEmpty ? nil : coefficients.reduce(0, +) / Double(coefficients.count)
        printTable(organs, mean)
        if let json {
            let report = EvaluationReport(
                conditionsOfUse: ImageAnnotation.notForClinicalUse, generator: Generator.name,
                predicted: predicted,
                truth: truth, meanDSC: mean, organs: organs)
            try JSONReport.write(report, to: json)
        }
        if let picture {
            let agreement = AgreementPicture(
                predicted: found, truth: wanted, geometry: geometry, labelNames: names,
                coefficients: similarities.map(\.coefficient), image: ct)
            try agreement.write(to: picture, annotation: ImageAnnotation(generator: Generator.name))
        }
    }

    private func check(_ grid: ImageGrid, _ path: String, coincidesWith truthGrid: ImageGrid) throws {
        guard grid.isOrientationKnown == truthGrid.isOrientationKnown else {
            let (silent, outspoken) = grid.isOrientationKnown ? (truth, path) : (path, truth)
            throw ImageFileError(
                silent,
                "does not say how its axes lie in the patient, and \(outspoken) does; compare images with the same "
                    + "geometry")
        }
        guard grid.coincides(with: truthGrid) else {
            throw ImageFileError(
                path, "lies on another grid than \(truth); compare images with the same geometry")
        }
    }

    /// The names given, or those that the files say, or the paper's where neither says any.
    private func statedNames(predicted: [Int: String], truth: [Int: String]) throws -> [Int: String] {
        if let names { return Self.numbered(names.names) }
        for (label, name) in truth.sorted(by: { $0.key < $1.key }) {
            guard let other = predicted[label], other.lowercased() != name.lowercased() else { continue }
            throw ImageFileError(
                self.predicted,
                "calls label \(label) \(other), and \(self.truth) calls it \(name); compare images with the same "
                    + "labels, or say what they mean with --names")
        }
        let stated = predicted.merging(truth) { name, _ in name }
        return stated.isEmpty ? Self.numbered(Organ.labelNames) : stated
    }

    private static func numbered(_ names: [String]) -> [Int: String] {
        Dictionary(uniqueKeysWithValues: names.prefix(256).enumerated().map { ($0.offset, $0.element) })
    }

    /// For each label up to the last one named or used: its name, or its number.
    private func labelNames(_ stated: [Int: String], _ similarities: [DiceSimilarity]) -> [String] {
        let last = max(stated.keys.max() ?? 0, similarities.lastIndex { $0.coefficient != nil } ?? 0)
        return (0...last).map { stated[$0] ?? ($0 == 0 ? Organ.labelNames[0] : "label \($0)") }
    }

    private func printTable(_ organs: [OrganAgreement], _ mean: Double?) {
        var table = TextTable([
            ("label", .right), ("organ", .left), ("true voxels", .right), ("predicted", .right),
            ("DSC", .right),
        ])
        for organ in organs {
            table.add([
                "\(organ.label)", organ.name, grouped(organ.truePositives + organ.falseNegatives),
                grouped(organ.truePositives + organ.falsePositives),
                organ.dsc.map { decimal($0, places: 4) } ?? "–",
            ])
        }
        table.add(["", "mean", "", "", mean.map { decimal($0, places: 4) } ?? "–"])
        table.print()
        print("")
        print("\(ImageAnnotation.notForClinicalUse).")
    }
}

private struct OrganAgreement: Encodable {
    let label: Int
    let name: String
    let truePositives: Int
    let falsePositives: Int
    let falseNegatives: Int
    /// nil where neither image has the organ.
    let dsc: Double?

    init(label: Int, name: String, _ similarity: DiceSimilarity) {
        self.label = label
        self.name = name
        truePositives = similarity.truePositives
        falsePositives = similarity.falsePositives
        falseNegatives = similarity.falseNegatives
        dsc = similarity.coefficient
    }
}

private struct EvaluationReport: Encodable {
    let conditionsOfUse: String
    let generator: String
    let predicted: String
    let truth: String
    let meanDSC: Double?
    let organs: [OrganAgreement]
}
