/// What decides about a model, setting by setting: the caller's override before the file's metadata
/// before the documented default.
///
/// Each function verifies both, also where the file's value is overridden. Throws: `.metadata` for the
/// file's, `.option` for the caller's.
struct ModelSettings {
    private let metadata: [(key: String, value: String)]
    private let overrides: ModelOverrides
    /// What neither decided, in words.
    private(set) var defaults: [String] = []

    /// - Throws: `.metadata` for a key of this library that it does not know.
    init(metadata: [(key: String, value: String)], overrides: ModelOverrides) throws(AnatomyNetError) {
        for (key, _) in metadata where key.hasPrefix(MetadataKey.prefix) {
            guard MetadataKey(rawValue: key) != nil else {
                throw AnatomyNetError(
                    .metadata, "the metadata key \(quoted(key)) is unknown to this library")
            }
        }
        self.metadata = metadata
        self.overrides = overrides
    }

    private func value(_ key: MetadataKey) -> MetadataValue? {
        metadata.first { $0.key == key.rawValue }.map { MetadataValue(subject: $0.key, text: $0.value) }
    }

    private func option(_ name: String, _ text: String) -> MetadataValue {
        MetadataValue(subject: name, text: text, kind: .option)
    }

    /// Free text; empty where there is none.
    func text(_ key: MetadataKey) -> String { value(key)?.text ?? "" }

    /// - Throws: `.unsupported`.
    func verifyFormatVersion() throws(AnatomyNetError) {
        if let stated = value(.formatVersion), stated.text != "1" {
            throw AnatomyNetError(
                .unsupported, "\(stated.subject) is \(quoted(stated.text)); this library reads version 1")
        }
    }

    // MARK: The network

    mutating func architecture(byDefault: String) throws(AnatomyNetError) -> String {
        let architecture: String
        if let stated = overrides.architecture ?? value(.architecture)?.text {
            architecture = stated
        } else {
            architecture = byDefault
            defaults.append("architecture: \(architecture)")
        }
        guard architecture.utf8.count <= 64 else {
            throw AnatomyNetError(
                .unsupported, "the architecture \(quoted(architecture)) is unknown: its name is too long")
        }
        return architecture
    }

    func channels() throws(AnatomyNetError) -> [Int]? {
        try value(.channels)?.integers(count: 4, in: 1...Architecture.largestChannelCount)
    }

    func blocks() throws(AnatomyNetError) -> Int? {
        try value(.blocks)?.integers(count: 1, in: 1...Architecture.largestBlockCount)[0]
    }

    mutating func squeezeReduction(of architecture: String) throws(AnatomyNetError) -> SqueezeReduction {
        let reductions = 1...Architecture.largestChannelCount
        let stated = try value(.squeezeReduction)?.integers(count: 2, in: reductions)
        let reduction = stated ?? [15, 16]
        if stated == nil, Architecture.hasSqueeze(architecture) {
            defaults.append("squeeze reduction: \(reduction[0]), \(reduction[1])")
        }
        return SqueezeReduction(encoder: reduction[0], decoder: reduction[1])
    }

    mutating func activation(of architecture: String) throws(AnatomyNetError) -> Activation {
        let statedKind = try value(.activation)?.choice([
            ("relu", ModelOverrides.ActivationKind.relu), ("leaky_relu", .leakyReLU),
        ])
        let statedSlope = try value(.negativeSlope).map { (slope) throws(AnatomyNetError) in
            try slope.negativeSlope(slope.numbers(count: 1)[0])
        }
        let overridingSlope = try overrides.negativeSlope.map { (slope) throws(AnatomyNetError) in
            try option("negative_slope", "\(slope)").negativeSlope(slope)
        }
        let kind = overrides.activation ?? statedKind ?? (architecture == "AnatomyNet" ? .leakyReLU : .relu)
        if overrides.activation == nil && statedKind == nil {
            defaults.append("activation: \(kind == .relu ? "ReLU" : "LeakyReLU")")
        }
        guard kind == .leakyReLU else { return .relu }
        if let slope = overridingSlope ?? statedSlope { return .leakyReLU(negativeSlope: slope) }
        defaults.append("negative slope: 0.01")
        return .leakyReLU(negativeSlope: 0.01)
    }

    mutating func batchNorm() throws(AnatomyNetError) -> BatchNormStatistics {
        let stated = try value(.batchNorm)?.choice([
            ("running", BatchNormStatistics.running), ("volume", .volume),
        ])
        if let statistics = overrides.batchNorm ?? stated { return statistics }
        defaults.append("batch normalisation: running statistics")
        return .running
    }

    mutating func classNames() throws(AnatomyNetError) -> [String]? {
        let stated = try value(.classes).map { (list) throws(AnatomyNetError) in
            try list.verifiedClassNames(list.strings())
        }
        if let names = overrides.classNames {
            return try option("class_names", "").verifiedClassNames(names)
        }
        if stated == nil { defaults.append("class names") }
        return stated
    }

    // MARK: What the network sees

    mutating func intensity() throws(AnatomyNetError) -> IntensityMapping {
        let stated = try value(.intensityWindow).map { (window) throws(AnatomyNetError) in
            if window.text == "none" { return IntensityMapping.identity }
            let bounds = try window.numbers(count: 2)
            return try window.window(lower: bounds[0], upper: bounds[1])
        }
        if case .window(let lower, let upper) = overrides.intensity {
            return try option("intensity_window", "\(lower),\(upper)").window(lower: lower, upper: upper)
        }
        if let mapping = overrides.intensity ?? stated { return mapping }
        defaults.append("intensity window: none")
        return .identity
    }

    mutating func orientation() throws(AnatomyNetError) -> Orientation {
        let stated = try value(.orientation).map { (code) throws(AnatomyNetError) in
            try code.orientation()
        }
        if let code = overrides.orientation { return try option("orientation", code).orientation() }
        if let stated { return stated }
        defaults.append("orientation: LPS")
        return .lps
    }

    mutating func spacing() throws(AnatomyNetError) -> ModelSpacing {
        let stated = try value(.spacing).map { (spacing) throws(AnatomyNetError) in
            if spacing.text == "none" { return ModelSpacing.any }
            return .fixed(try spacing.spacing(spacing.numbers(count: 3)))
        }
        if case .fixed(let millimetres) = overrides.spacing {
            let text = "\(millimetres.x),\(millimetres.y),\(millimetres.z)"
            let numbers = [millimetres.x, millimetres.y, millimetres.z]
            return .fixed(try option("spacing", text).spacing(numbers))
        }
        if let spacing = overrides.spacing ?? stated { return spacing }
        defaults.append("spacing: none")
        return .any
    }

    func trainedSpacings() throws(AnatomyNetError) -> (minimum: SIMD3<Double>?, maximum: SIMD3<Double>?) {
        func end(_ key: MetadataKey) throws(AnatomyNetError) -> SIMD3<Double>? {
            guard let stated = value(key), stated.text != "none" else { return nil }
            return try stated.spacing(stated.numbers(count: 3))
        }
        let minimum = try end(.spacingMinimum)
        let maximum = try end(.spacingMaximum)
        if let minimum, let maximum, any(minimum .> maximum) {
            throw AnatomyNetError(
                .metadata,
                "\(MetadataKey.spacingMinimum.rawValue) exceeds \(MetadataKey.spacingMaximum.rawValue)")
        }
        return (minimum, maximum)
    }

    private static let paddingMultiples = 1...64

    mutating func paddingMultiple(of architecture: String) throws(AnatomyNetError) -> Int {
        let stated = try value(.paddingMultiple)?.integers(count: 1, in: Self.paddingMultiples)[0]
        if let multiple = overrides.paddingMultiple {
            guard Self.paddingMultiples.contains(multiple) else {
                throw AnatomyNetError(
                    .option, "padding_multiple is \(multiple); allowed are \(Self.paddingMultiples.words)")
            }
            return multiple
        }
        if let stated { return stated }
        let multiple = architecture == "baseline4Pool" ? 16 : 8
        defaults.append("padding multiple: \(multiple)")
        return multiple
    }
}
