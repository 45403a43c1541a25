/// A tensor that a network asks of a weight file.
public struct ExpectedTensor: Sendable {
    /// What its elements must be.
    public enum Kind: Sendable {
        /// Finite numbers of any floating-point type.
        case weight
        /// As `weight`, and not negative.
        case variance
        /// A count of int64, such as `num_batches_tracked`; its value is not looked at.
        case counter
    }

    /// PyTorch's name, such as "layer1.0.conv1.weight".
    public let name: String
    /// Sizes of the dimensions, slowest first as in PyTorch.
    public let shape: [Int]
    /// What its elements must be.
    public let kind: Kind
    /// Whether the file may lack it.
    public let isOptional: Bool

    public init(name: String, shape: [Int], kind: Kind = .weight, isOptional: Bool = false) {
        self.name = name
        self.shape = shape
        self.kind = kind
        self.isOptional = isOptional
    }
}
