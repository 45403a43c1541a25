/// A tensor that a network asks of a weight file.
public struct ExpectedTensor: Sendable {
    public enum Kind: Sendable {
        /// Finite numbers of any floating-point type.
        case weight
        /// As `weight`, and not negative.
        case variance
        /// A count of int64, such as `num_batches_tracked`; its value is not looked at.
        case counter
    }

    public let name: String
    public let shape: [Int]
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
