/// The published networks by name, with their default numbers and what can be read off a weight
/// file's tensors.
public struct Architecture: Sendable, Equatable {
    /// One of `names`.
    public let name: String
    /// Its layers, with the channels, blocks and classes that were read off the tensors.
    public let graph: LayerGraph

    /// Every name that a weight file may state.
    public static let names =
        ["AnatomyNet", "baselineSERes18Conc", "baselineSERes18Sum", "baselineRes18Conc", "baselineRes18Sum"]
        + ["baseline", "baseline2Pool", "baseline3Pool", "baseline4Pool"]

    /// Larger networks are refused: their tables would no longer be small.
    static let largestChannelCount = 1024
    static let largestBlockCount = 16
    static let largestClassCount = 255

    /// - Parameters:
    ///   - description: names the network; channels and blocks that it does not state are read off the
    ///     tensors.
    ///   - shape: a tensor's shape by name; nil where there is no such tensor.
    /// - Throws: `.unsupported` for an unknown name, `.metadata` for numbers that are not allowed, `.tensor` for a
    ///   tensor that is missing or has too many classes.
    public init(_ description: ModelDescription, shape: (String) -> [Int]?) throws(AnatomyNetError) {
        let name = description.architecture
        guard Self.names.contains(name) else {
            throw AnatomyNetError(
                .unsupported,
                "the architecture \"\(name)\" is unknown; known are \(Self.names.joined(separator: ", "))")
        }
        self.name = name
        let isPlain = Self.isPlain(name)
        let channels = try Self.channels(description, isPlain: isPlain, shape: shape)
        let classCount = try Self.classCount(isPlain: isPlain, shape: shape)
        graph =
            isPlain
            ? PlainFamily(channels: channels, poolings: Self.poolings(name), classCount: classCount).graph
            : try Self.residualFamily(description, channels: channels, classCount: classCount, shape: shape)
                .graph
    }

    /// The channels of the four stages, as stated or as the tensors have them.
    private static func channels(
        _ description: ModelDescription, isPlain: Bool, shape: (String) -> [Int]?
    ) throws(AnatomyNetError) -> [Int] {
        let stages =
            isPlain
            ? (1...4).map { "down\($0).mpconv.0.conv.0.weight" }
            : ["conv1.weight"] + (1...3).map { "layer\($0).0.conv1.weight" }
        var channels = description.channels ?? []
        if channels.isEmpty { channels = try firstDimensions(of: stages, shape: shape) }
        guard channels.count == 4, channels.allSatisfy({ (1...largestChannelCount).contains($0) }),
            channels[0] >= 2
        else {
            throw AnatomyNetError(
                .metadata,
                "the channels are \(channels); four numbers from 1 to \(largestChannelCount) are allowed, the "
                    + "first at least 2")
        }
        return channels
    }

    private static func classCount(
        isPlain: Bool, shape: (String) -> [Int]?
    ) throws(AnatomyNetError) -> Int {
        let classLayer = isPlain ? "up4.conv.conv.3.weight" : "layer11.0.weight"
        let classCount = try firstDimensions(of: [classLayer], shape: shape)[0]
        guard (2...largestClassCount).contains(classCount) else {
            throw AnatomyNetError(
                .tensor,
                "the tensor \"\(classLayer)\" has \(classCount) classes; from 2 to \(largestClassCount) are allowed"
            )
        }
        return classCount
    }

    private static func residualFamily(
        _ description: ModelDescription, channels: [Int], classCount: Int, shape: (String) -> [Int]?
    ) throws(AnatomyNetError) -> ResidualFamily {
        let name = description.architecture
        let reduction = description.squeezeReduction
        let blocks = description.blocks ?? blockCount(shape)
        guard (1...largestBlockCount).contains(blocks) else {
            throw AnatomyNetError(
                .metadata,
                "a stage has \(blocks) residual blocks; from 1 to \(largestBlockCount) are allowed")
        }
        let hasSqueeze = hasSqueeze(name)
        let smallest = channels.min() ?? 0
        let allowed = 1..<smallest + 1
        guard
            !hasSqueeze || (allowed.contains(reduction.encoder) && allowed.contains(reduction.decoder))
        else {
            throw AnatomyNetError(
                .metadata,
                "the squeeze reductions are \(reduction.encoder) and \(reduction.decoder); each must be "
                    + "from 1 to the smallest number of channels, \(smallest)")
        }
        let family = ResidualFamily(
            channels: channels, blocks: blocks, squeezeReduction: hasSqueeze ? reduction : nil,
            merge: name.hasSuffix("Sum") ? .sum : .concatenate, head: head(shape), classCount: classCount)
        guard family.merge == .concatenate || Set(channels).count == 1 else {
            throw AnatomyNetError(
                .metadata,
                "the channels are \(channels); a network that adds its skips has the same number in all stages"
            )
        }
        return family
    }

    /// The head of a residual network is known by the tensors that only a residual block has.
    private static func head(_ shape: (String) -> [Int]?) -> ResidualFamily.Head {
        let blockOnly = ["layer10.conv2.weight", "layer10.downsample.0.weight"]
        guard blockOnly.allSatisfy({ shape($0) == nil }) else { return .residualBlock }
        return .convolution(
            hasBias: shape("layer10.conv1.bias") != nil, isNormalized: shape("layer10.bn1.weight") != nil)
    }

    private static func blockCount(_ shape: (String) -> [Int]?) -> Int {
        var count = 0
        while shape("layer1.\(count).conv1.weight") != nil { count += 1 }
        return count
    }

    /// Whether the network has squeeze-and-excitation.
    static func hasSqueeze(_ name: String) -> Bool { name == "AnatomyNet" || name.hasPrefix("baselineSE") }

    private static func isPlain(_ name: String) -> Bool { poolings(name) > 0 }

    private static func poolings(_ name: String) -> Int {
        switch name {
        case "baseline": 1
        case "baseline2Pool": 2
        case "baseline3Pool": 3
        case "baseline4Pool": 4
        default: 0
        }
    }

    /// The network that a plain state dict belongs to. `AnatomyNet` and `baselineSERes18Conc` have the
    /// same tensors; the paper's is taken.
    static func recognised(_ shape: (String) -> [Int]?) -> String {
        if shape("down1.mpconv.0.conv.0.weight") != nil {
            let raised = (1...4).filter { shape("up\($0).up.weight") != nil }.count
            return raised <= 1 ? "baseline" : "baseline\(raised)Pool"
        }
        let squeezes = shape("layer1.0.se.fc.0.weight") != nil
        let adds = shape("layer4.conv1x1x1.weight") != nil
        switch (squeezes, adds) {
        case (true, false): return "AnatomyNet"
        case (true, true): return "baselineSERes18Sum"
        case (false, true): return "baselineRes18Sum"
        case (false, false): return shape("layer1.0.conv1.weight") == nil ? "AnatomyNet" : "baselineRes18Conc"
        }
    }

    private static func firstDimensions(
        of tensors: [String], shape: (String) -> [Int]?
    ) throws(AnatomyNetError) -> [Int] {
        var dimensions: [Int] = []
        for name in tensors {
            guard let found = shape(name) else {
                throw AnatomyNetError(.tensor, "the tensor \"\(name)\" is missing")
            }
            guard found.count == 5 else {
                throw AnatomyNetError(
                    .tensor,
                    "the tensor \"\(name)\" has the shape \(found); a convolution's weight has five dimensions"
                )
            }
            dimensions.append(found[0])
        }
        return dimensions
    }
}
