import SegmentationPictures

/// A whole number with its digits in groups of three.
func grouped(_ value: Int) -> String {
    let digits = Array("\(value.magnitude)")
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text += "\u{202F}" }
        text.append(digit)
    }
    return text
}

/// Sizes along x, y and z, such as "0.9 × 0.9 × 2.5 mm".
func millimetres(_ sizes: SIMD3<Double>) -> String {
    (0..<3).map { shortest(sizes[$0], places: 4) }.joined(separator: " × ") + " mm"
}
