/// What a caller decides about a model in place of its weight file; nil: as the file says.
public struct ModelOverrides: Sendable, Equatable {
    public var architecture: String?
    public var activation: ActivationKind?
    /// In (0, 1); used if the activation is LeakyReLU.
    public var negativeSlope: Double?
    public var classNames: [String]?
    public var intensity: IntensityMapping?
    public var orientation: String?
    public var spacing: ModelSpacing?
    public var paddingMultiple: Int?
    public var batchNorm: BatchNormStatistics?

    public enum ActivationKind: Sendable, Equatable {
        case relu, leakyReLU
    }

    public init() {}
}
