/// One value of the metadata or of the options, and how to read it.
struct MetadataValue {
    /// The key or option, as messages name it.
    let subject: String
    let text: String
    /// The kind of the errors thrown here.
    var kind = AnatomyNetError.Kind.metadata

    func refused(_ allowed: String) -> AnatomyNetError {
        AnatomyNetError(kind, "\(subject) is \(quoted(text)); \(allowed)")
    }

    /// The value of the choice that the text names.
    func choice<Value>(_ choices: [(name: String, value: Value)]) throws(AnatomyNetError) -> Value {
        guard let choice = choices.first(where: { $0.name == text }) else {
            throw refused("allowed are \(choices.map(\.name).joined(separator: ", "))")
        }
        return choice.value
    }

    /// Decimal integers, comma-separated.
    func integers(count: Int, in range: ClosedRange<Int>) throws(AnatomyNetError) -> [Int] {
        let parts = text.split(separator: ",", maxSplits: count, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Int? in
            guard part.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
            return Int(part)
        }
        guard parts.count == count, numbers.count == count, numbers.allSatisfy(range.contains) else {
            throw refused(
                count == 1
                    ? "allowed are \(range.words)"
                    : "it must be \(count) comma-separated numbers, allowed are \(range.words)")
        }
        return numbers
    }

    /// Finite decimal numbers, comma-separated.
    func numbers(count: Int) throws(AnatomyNetError) -> [Double] {
        let parts = text.split(separator: ",", maxSplits: count, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Double? in
            // Double(_:) would also accept "nan", "inf" and hexadecimal.
            guard part.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
            return Double(part).flatMap { $0.isFinite ? $0 : nil }
        }
        guard parts.count == count, numbers.count == count else {
            throw refused(
                count == 1
                    ? "it must be a decimal number" : "it must be \(count) comma-separated decimal numbers")
        }
        return numbers
    }

    /// A JSON array of strings.
    func strings() throws(AnatomyNetError) -> [String] {
        var strings: [String] = []
        var isInside = false
        var text = self.text
        let result: Result<Void, AnatomyNetError> = text.withUTF8 { bytes in
            do throws(AnatomyNetError) {
                try readJSON(bytes, subject: subject, kind: kind) { (event) throws(AnatomyNetError) in
                    switch event {
                    case .beginArray where !isInside: isInside = true
                    case .string(let string) where isInside:
                        guard strings.count < Self.classLimit else {
                            throw AnatomyNetError(
                                kind, "\(subject) names more than \(Self.classLimit) classes")
                        }
                        strings.append(string)
                    case .endArray: break
                    default:
                        throw AnatomyNetError(
                            kind, "\(subject) must be a JSON array of strings, but holds \(event.name)")
                    }
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return strings
    }

    private static let classLimit = Architecture.largestClassCount
    private static let classNameLimit = 128

    /// `names`, which must be distinct and fit to be shown on a line.
    func verifiedClassNames(_ names: [String]) throws(AnatomyNetError) -> [String] {
        guard 2...Self.classLimit ~= names.count else {
            throw AnatomyNetError(
                kind, "\(subject) has \(names.count) names; allowed are 2 to \(Self.classLimit)")
        }
        var seen: Set<String> = []
        for (label, name) in names.enumerated() {
            let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            guard 1...Self.classNameLimit ~= name.utf8.count, isPlain else {
                throw AnatomyNetError(
                    kind,
                    "\(subject) has \(quoted(name)) for label \(label); a name has 1 to \(Self.classNameLimit) "
                        + "bytes and no control characters")
            }
            guard seen.insert(name).inserted else {
                throw AnatomyNetError(kind, "\(subject) has the name \(quoted(name)) twice")
            }
        }
        return names
    }

    func negativeSlope(_ slope: Double) throws(AnatomyNetError) -> Double {
        guard slope > 0, slope < 1 else { throw refused("allowed are numbers above 0 and below 1") }
        return slope
    }

    func window(lower: Double, upper: Double) throws(AnatomyNetError) -> IntensityMapping {
        // Below a hundredth of an HU float32 could no longer tell the bounds apart.
        guard -100_000...100_000 ~= lower, -100_000...100_000 ~= upper, upper - lower >= 0.01 else {
            throw refused(
                "it must be a lower and, at least 0.01 above, an upper bound from -100000 to 100000 HU")
        }
        return .window(lower: lower, upper: upper)
    }

    func orientation() throws(AnatomyNetError) -> Orientation {
        guard let orientation = Orientation(text) else {
            throw refused("it must be one of L/R, one of P/A and one of S/I, such as LPS")
        }
        return orientation
    }

    func spacing(_ numbers: [Double]) throws(AnatomyNetError) -> SIMD3<Double> {
        guard numbers.allSatisfy({ Geometry.allowedSpacings ~= $0 }) else {
            throw refused("allowed are \(Geometry.allowedSpacings.words) mm")
        }
        return SIMD3(numbers[0], numbers[1], numbers[2])
    }
}
