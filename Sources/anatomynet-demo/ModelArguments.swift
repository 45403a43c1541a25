import AnatomyNet
import ArgumentParser

/// How to load a model: what is given here takes precedence over the weight file.
struct ModelArguments: ParsableArguments {
    enum Activation: String, ExpressibleByArgument, CaseIterable {
        case relu
        case leakyReLU = "leaky-relu"
    }

    enum BatchNorm: String, ExpressibleByArgument, CaseIterable {
        case running, volume
    }

    enum InstructionSet: String, ExpressibleByArgument, CaseIterable {
        case best, portable, avx2, avx512
    }

    @Option(help: ArgumentHelp("The network, if the weight file does not say it.", valueName: "name"))
    var architecture: String?

    @Option(help: "The activation: relu or leaky-relu.")
    var activation: Activation?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Slope of LeakyReLU below 0.", valueName: "slope"))
    var negativeSlope: Double?

    @Option(help: "Statistics of batch normalisation: running (of the weight file) or volume.")
    var batchNorm: BatchNorm?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("HU that become 0 and 1: \(Interval.form); or none.", valueName: "lower,upper"))
    var window: NoneOr<Interval>?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Voxels are padded to a multiple of this.", valueName: "voxels"))
    var paddingMultiple: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Voxel size that the network expects, in mm: \(Triple.form); or none.", valueName: "x,y,z"))
    var spacing: NoneOr<Triple>?

    @Option(help: ArgumentHelp("Orientation that the network expects, such as LPS.", valueName: "code"))
    var orientation: String?

    @Option(
        help: ArgumentHelp("Names of the classes, background first: \(NameList.form).", valueName: "a,b,..."))
    var classNames: NameList?

    @Option(help: "Kernels: best, portable, avx2 or avx512.")
    var instructionSet: InstructionSet = .best

    func load(_ path: String) throws -> Model {
        try Model(WeightFile.read(path: path), overrides: overrides, instructionSet: instructions)
    }

    private var instructions: Model.InstructionSet? {
        switch instructionSet {
        case .best: nil
        case .portable: .portable
        case .avx2: .avx2
        case .avx512: .avx512
        }
    }

    private var overrides: ModelOverrides {
        var overrides = ModelOverrides()
        overrides.architecture = architecture
        overrides.activation = activation.map { $0 == .relu ? .relu : .leakyReLU }
        overrides.negativeSlope = negativeSlope
        overrides.batchNorm = batchNorm.map { $0 == .running ? .running : .volume }
        overrides.paddingMultiple = paddingMultiple
        overrides.orientation = orientation
        overrides.classNames = classNames?.names
        overrides.intensity = window.map { window in
            switch window {
            case .none: .identity
            case .value(let interval): .window(lower: interval.lower, upper: interval.upper)
            }
        }
        overrides.spacing = spacing.map { spacing in
            switch spacing {
            case .none: .any
            case .value(let triple): .fixed(triple.values)
            }
        }
        return overrides
    }
}
