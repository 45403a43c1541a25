import MedicalImageFiles

/// Which HU are shown between black and white.
public struct CTWindow: Sendable, Equatable {
    /// HU from black to white.
    public var width: Double
    /// HU in the middle of the greys.
    public var level: Double

    public init(width: Double, level: Double) {
        self.width = width
        self.level = level
    }

    /// The usual soft tissue window of the head and neck.
    public static let softTissue = CTWindow(width: 350, level: 40)

    func grey(_ hounsfieldUnits: Double) -> UInt8 {
        let brightness = (hounsfieldUnits - level) / width + 0.5
        // Comparisons with NaN are false: it becomes black.
        return brightness > 0 ? UInt8(min(brightness, 1) * 255) : 0
    }

    var description: String { "window \(decimal(width)) HU, level \(decimal(level)) HU" }

    private func decimal(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }
}
