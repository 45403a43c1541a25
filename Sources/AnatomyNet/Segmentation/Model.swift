import AnatomyNetKernels

/// A loaded network: immutable, so that any number of threads may segment with one model at once.
public final class Model: Sendable {
    public let architecture: Architecture
    public let description: ModelDescription
    /// Class names in the order of the labels, background first.
    public let classNames: [String]
    /// The weight file's metadata, in its order.
    public let metadata: [(key: String, value: String)]
    /// SHA-256 of the whole weight file, lower-case hexadecimal.
    public let fingerprint: String
    /// What every dimension of the network's grid is padded to a multiple of, in voxels.
    public let paddingMultiple: Int
    /// Of the activation; 0 is ReLU.
    public let negativeSlope: Double
    let network: BoundNetwork

    /// The instruction sets that kernels exist for.
    public enum InstructionSet: Int32, Sendable, CaseIterable {
        case portable = 1, avx2, avx512
    }

    /// The name of the best instruction set of this machine.
    public static var bestInstructionSet: String { String(cString: ank_kernels_for(0).pointee.name) }

    /// - Parameters:
    ///   - file: the weight file.
    ///   - overrides: what takes precedence over the file's metadata.
    ///   - instructionSet: nil: the best of this machine.
    public init(
        _ file: WeightFile, overrides: ModelOverrides = ModelOverrides(), instructionSet: InstructionSet? = nil
    ) throws(AnatomyNetError) {
        let description = try ModelDescription(metadata: file.metadata, overrides: overrides)
        let architecture = try Architecture(
            name: description.architecture, channels: description.channels, blocks: description.blocks,
            squeezeReduction: description.squeezeReduction, shape: { file[$0]?.shape })
        try file.check(against: architecture.graph.expectedTensors)
        guard let kernels = ank_kernels_for(instructionSet?.rawValue ?? 0) else {
            throw AnatomyNetError(
                .option,
                "instruction_set asks for \(instructionSet.map { "\($0)" } ?? "one") that this machine does not have; its "
                    + "best is \(Self.bestInstructionSet)")
        }
        let unit = architecture.graph.paddingUnit
        guard description.paddingMultiple % unit == 0 else {
            throw AnatomyNetError(
                overrides.paddingMultiple == nil ? .metadata : .option,
                "the padding multiple is \(description.paddingMultiple); this network needs a multiple of \(unit)")
        }
        let classCount = architecture.graph.classCount
        if let names = description.classNames, names.count != classCount {
            throw AnatomyNetError(
                overrides.classNames == nil ? .metadata : .option,
                "\(names.count) class names are given; the network has \(classCount) classes, background included")
        }
        self.architecture = architecture
        self.description = description
        classNames = description.classNames ?? Self.defaultClassNames(count: classCount)
        metadata = file.metadata
        fingerprint = file.fingerprint
        paddingMultiple = description.paddingMultiple
        negativeSlope = description.negativeSlope(leakyByDefault: architecture.usesLeakyActivation)
        network = try BoundNetwork(
            graph: architecture.graph, kernels: kernels, batchNorm: description.batchNorm,
            negativeSlope: Float(negativeSlope), tensor: { (name) throws(AnatomyNetError) in try file.floats(name) })
    }

    /// The paper's nine organs where the numbers agree, numbered names otherwise.
    private static func defaultClassNames(count: Int) -> [String] {
        let organs = [
            "background", "BrainStem", "Chiasm", "Mandible", "OpticNerve_L", "OpticNerve_R", "Parotid_L",
            "Parotid_R", "Submandibular_L", "Submandibular_R",
        ]
        return count == organs.count ? organs : ["background"] + (1..<count).map { "class_\($0)" }
    }
}
