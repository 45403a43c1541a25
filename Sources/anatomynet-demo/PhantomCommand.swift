import AnatomyNet
import AnatomyNetPhantom
import ArgumentParser
import MedicalImageFiles
import SegmentationPictures

struct PhantomCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phantom", abstract: "Make a head-and-neck CT to try things with, and its truth.",
        discussion: "The same seed, size and spacing give the same voxels on every machine.")

    @Argument(help: ArgumentHelp("Where the CT goes: .nii, .nii.gz or .nrrd.", valueName: "ct"))
    var output: String

    @Option(help: ArgumentHelp("Where the true labels go.", valueName: "image"))
    var truth: String?

    @Option(help: ArgumentHelp("Also draw the CT with its true organs.", valueName: "file.png"))
    var picture: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Which patient: a whole number from 0 to \(UInt64.max).", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Voxel size in mm: \(Triple.form).", valueName: "x,y,z"))
    var spacing = Triple([Phantom.defaultSpacing.x, Phantom.defaultSpacing.y, Phantom.defaultSpacing.z])

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Voxels: \(GridSize.form).", valueName: "x,y,z"))
    var size = GridSize([Phantom.defaultSize.x, Phantom.defaultSize.y, Phantom.defaultSize.z])

    func run() throws {
        var files = CommandFiles()
        try files.addImage(output)
        if let truth { try files.addImage(truth) }
        if let picture { try files.addPicture(picture) }
        let size = size.values
        let spacing = spacing.values
        let phantom = try Phantom(
            seed: seed, size: .init(x: size.x, y: size.y, z: size.z),
            spacing: .init(x: spacing.x, y: spacing.y, z: spacing.z))
        let geometry = Geometry(
            dimensions: size, spacing: spacing,
            origin: [phantom.origin.x, phantom.origin.y, phantom.origin.z])
        let grid = ImageGrid(geometry: geometry)
        var annotation = ImageAnnotation(
            generator: Generator.name, facts: [(key: "contents", value: "phantom with seed \(seed)")])
        try phantom.hounsfieldUnits.withUnsafeBytes { voxels in
            guard let base = voxels.baseAddress else { return }
            try ImageWriter(grid: grid, annotation: annotation).write(base, as: .int16, to: output)
        }
        let names = Organ.labelNames
        try phantom.labels.withUnsafeBufferPointer { labels in
            if let truth, let base = labels.baseAddress {
                annotation.labelNames = names
                try ImageWriter(grid: grid, annotation: annotation).write(base, as: .uint8, to: truth)
            }
            let measurements = try Measurement.all(of: labels, geometry: geometry, classCount: names.count)
            OrganMeasurement.table(OrganMeasurement.organs(measurements, names: names, arePlaced: true))
                .print()
            if let picture {
                let overview = OverviewPicture(
                    image: try MedicalImage.read(output), geometry: geometry, labels: labels,
                    labelNames: names,
                    title: "Phantom with seed \(seed), true organs")
                try overview.write(to: picture, annotation: annotation)
            }
        }
    }
}
