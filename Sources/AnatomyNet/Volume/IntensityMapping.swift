/// What becomes of HU before they enter the network.
public enum IntensityMapping: Sendable, Equatable {
    /// They enter as they are.
    case identity
    /// (clip(HU, lower, upper) - lower) / (upper - lower)
    case window(lower: Double, upper: Double)
}
