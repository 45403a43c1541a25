/// What a caller decides about a model in place of its weight file; nil: as the file says.
public struct ModelOverrides: Sendable, Equatable {
    /// One of `Architecture.names`.
    public var architecture: String?
    /// The network's activation function.
    public var activation: ActivationKind?
    /// In (0, 1); used if the activation is LeakyReLU.
    public var negativeSlope: Double?
    /// Background first, one for each of the network's classes.
    public var classNames: [String]?
    /// From HU to what the network sees.
    public var intensity: IntensityMapping?
    /// In which the network sees volumes, such as "LPS".
    public var orientation: String?
    /// Of the voxels that the network sees.
    public var spacing: ModelSpacing?
    /// Voxels: a multiple of the network's own, at most 64.
    public var paddingMultiple: Int?
    /// Whose statistics batch normalisation takes.
    public var batchNorm: BatchNormStatistics?

    /// The activations that a network may have.
    public enum ActivationKind: Sendable, Equatable {
        case relu, leakyReLU
    }

    public init() {}
}
