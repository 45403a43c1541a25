/// The non-linearity of a network.
public enum Activation: Sendable, Equatable {
    case relu
    /// x where x > 0, else `negativeSlope` x.
    case leakyReLU(negativeSlope: Double)

    /// activation(v) = max(v, negativeSlope · v).
    public var negativeSlope: Double {
        switch self {
        case .relu: 0
        case .leakyReLU(let slope): slope
        }
    }
}
