import AnatomyNetKernels

/// A loaded network: immutable, so that any number of threads may segment with one model at once.
public final class Model: Sendable {
    /// The network.
    public let architecture: Architecture
    /// What the weight file, the caller or a default says of it: window, spacing, orientation and so on.
    public let description: ModelDescription
    /// Class names in the order of the labels, background first.
    public let classNames: [String]
    /// The weight file's metadata, in its order.
    public let metadata: [(key: String, value: String)]
    /// SHA-256 of the whole weight file, lower-case hexadecimal.
    public let fingerprint: String
    let network: BoundNetwork
    /// Where a finished call leaves its memory for the next.
    let keptMemory: KeptMemory

    /// The instruction sets that kernels exist for.
    public enum InstructionSet: Int32, Sendable, CaseIterable {
        case portable = 1
        case avx2, avx512

        /// Whether this machine can run it.
        public var isAvailable: Bool { ank_kernels_for(rawValue) != nil }
    }

    /// What this model's weights are laid out for.
    public let instructionSet: InstructionSet

    /// The name of the best instruction set of this machine.
    public static var bestInstructionSet: String { String(cString: bestInstructionSetName) }

    /// The same as a C string of static storage.
    public static var bestInstructionSetName: UnsafePointer<CChar> { ank_kernels_for(0).pointee.name }

    /// - Parameters:
    ///   - file: the weight file.
    ///   - overrides: what takes precedence over the file's metadata.
    ///   - instructionSet: nil: the best of this machine.
    ///   - keepsMemory: whether the memory of the largest call so far stays with the model for those
    ///     that follow, until the model goes.
    /// - Throws: `.metadata`, `.tensor`, `.weightValue`, `.checksum`, `.unsupported` for what the file says; `.option`
    ///   for an override or an instruction set that this machine does not have; `.outOfMemory`.
    public init(
        _ file: WeightFile, overrides: ModelOverrides = ModelOverrides(),
        instructionSet: InstructionSet? = nil, keepsMemory: Bool = false
    ) throws(AnatomyNetError) {
        WorkspaceMemory.askSystem()
        try Headroom.check()
        let description = try ModelDescription(
            metadata: file.metadata, overrides: overrides,
            architectureByDefault: Architecture.recognised { file.tensor($0)?.shape })
        let architecture = try Architecture(description) { file.tensor($0)?.shape }
        try file.check(against: architecture.graph.expectedTensors, network: architecture.name)
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
                "the padding multiple is \(description.paddingMultiple); this network needs a multiple of \(unit)"
            )
        }
        self.architecture = architecture
        self.description = description
        classNames = try description.classNames(count: architecture.graph.classCount)
        metadata = file.metadata
        fingerprint = file.fingerprint
        keptMemory = KeptMemory(keepsPages: keepsMemory)
        self.instructionSet =
            InstructionSet.allCases.last {
                ank_kernels_for($0.rawValue) == kernels
            } ?? .portable
        network = try BoundNetwork(
            graph: architecture.graph, kernels: kernels, batchNorm: description.batchNorm,
            negativeSlope: Float(description.activation.negativeSlope),
            tensor: { (name) throws(AnatomyNetError) in try file.floats(name) })
    }
}
