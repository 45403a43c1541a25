/// What an output says about itself: where it comes from and what its labels mean.
public struct ImageAnnotation: Sendable {
    /// Stands in the metadata of everything that is written.
    public static let notForClinicalUse = "Not for clinical use"

    /// The program and version that made the image, such as "libanatomynet 0.1.0".
    public var generator: String
    /// SHA-256 of the weight file, if a model made the image.
    public var modelFingerprint: String?
    /// Names of the labels, label 0 (background) first; empty if the image is not a label map.
    public var labelNames: [String]
    /// Further facts, in the order in which they are written.
    public var facts: [(key: String, value: String)]

    public init(
        generator: String, modelFingerprint: String? = nil, labelNames: [String] = [],
        facts: [(key: String, value: String)] = []
    ) {
        self.generator = generator
        self.modelFingerprint = modelFingerprint
        self.labelNames = labelNames
        self.facts = facts
    }

    /// Everything as keys and values, for formats that have them.
    var entries: [(key: String, value: String)] {
        var entries = [("conditions of use", Self.notForClinicalUse), ("generator", generator)]
        if let modelFingerprint { entries.append(("model SHA-256", modelFingerprint)) }
        entries += facts.map { ($0.key, $0.value) }
        entries += labelNames.enumerated().map { ("label \($0.offset)", $0.element) }
        return entries.map { (key: $0.0, value: $0.1) }
    }

    /// One line of at most 79 bytes, for NIfTI's `descrip`.
    var line: String {
        var line = "\(Self.notForClinicalUse). \(generator)"
        if let modelFingerprint { line += " model \(modelFingerprint.prefix(16))" }
        while line.utf8.count > 79 { line.removeLast() }
        return line
    }
}

/// The colours that organs have in pictures and in formats that keep a colour for a label.
public enum LabelColour {
    /// Red, green and blue from 0 to 1, for a label above 0; twelve distinct hues, then again.
    public static func components(ofLabel label: Int) -> (red: Double, green: Double, blue: Double) {
        palette[(max(label, 1) - 1) % palette.count]
    }

    private static let palette: [(red: Double, green: Double, blue: Double)] = [
        (0.98, 0.75, 0.18),  // brain stem: amber
        (0.95, 0.30, 0.65),  // chiasm: magenta
        (0.45, 0.78, 0.98),  // mandible: sky
        (0.62, 0.90, 0.30),  // left optic nerve: lime
        (0.18, 0.72, 0.40),  // right optic nerve: green
        (1.00, 0.50, 0.38),  // left parotid: coral
        (0.85, 0.22, 0.20),  // right parotid: red
        (0.70, 0.58, 1.00),  // left submandibular: lavender
        (0.50, 0.35, 0.90),  // right submandibular: violet
        (0.20, 0.80, 0.78),
        (0.90, 0.62, 0.80),
        (0.75, 0.75, 0.45),
    ]
}
