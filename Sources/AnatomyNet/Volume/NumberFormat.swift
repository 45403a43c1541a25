import Glibc

extension Double {
    /// With at most `digits` digits after the point, for messages: 0.001 with 2 digits is "0".
    func formatted(_ digits: Int) -> String {
        guard isFinite, abs(self) < 1e15 else { return "\(self)" }
        let scale = pow(10, Double(digits))
        let rounded = (self * scale).rounded() / scale
        // Not "-0", and no ".0" behind whole numbers.
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}

extension ClosedRange<Int> {
    /// What is allowed, for messages.
    var words: String { "\(lowerBound) to \(upperBound)" }
}

extension ClosedRange<Double> {
    /// The same.
    var words: String { "\(lowerBound.formatted(2)) to \(upperBound.formatted(2))" }
}
