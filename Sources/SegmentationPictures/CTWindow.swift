/// Which HU are shown between black and white.
struct CTWindow {
    /// HU from black to white.
    let width: Double
    /// HU in the middle of the greys.
    let level: Double

    /// The usual soft tissue window of the head and neck.
    static let softTissue = CTWindow(width: 350, level: 40)

    func grey(_ hounsfieldUnits: Double) -> UInt8 {
        let brightness = (hounsfieldUnits - level) / width + 0.5
        // Comparisons with NaN are false: it becomes black.
        return brightness > 0 ? UInt8(min(brightness, 1) * 255) : 0
    }

    var description: String {
        "window \(shortest(width, places: 1)) HU, level \(shortest(level, places: 1)) HU"
    }
}
