/// How HU become the network's input: (clip(HU, lower, upper) - lower) / (upper - lower).
public struct IntensityWindow: Sendable, Equatable {
    /// HU that become 0.
    public let lower: Double
    /// HU that become 1.
    public let upper: Double

    /// nil unless both are finite and lower is below upper.
    public init?(lower: Double, upper: Double) {
        guard lower.isFinite, upper.isFinite, lower < upper else { return nil }
        self.lower = lower
        self.upper = upper
    }
}
