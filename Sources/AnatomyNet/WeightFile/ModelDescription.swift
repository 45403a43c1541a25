/// Everything a weight file's metadata says about its model, with the caller's overrides and the
/// documented defaults in their places: overrides before metadata before defaults.
public struct ModelDescription: Sendable, Equatable {
    /// A name such as "AnatomyNet"; whether the library has such a network is not checked here.
    public let architecture: String
    /// Channels of the encoder's levels, as stated; nil: to be read off the tensors.
    public let channels: [Int]?
    /// Residual blocks of a layer, as stated; nil: to be read off the tensors.
    public let blocks: Int?
    public let squeezeReduction: SqueezeReduction
    public let activation: Activation
    /// As stated, background first; nil: see `classNames(count:)`.
    public let statedClassNames: [String]?
    public let intensity: IntensityMapping
    public let orientation: Orientation
    public let spacing: ModelSpacing
    /// mm along x, y, z: the range of input spacings that the model was trained on; nil: unknown.
    public let spacingMinimum: SIMD3<Double>?
    public let spacingMaximum: SIMD3<Double>?
    /// Volumes are padded to a multiple of this on each axis, in voxels.
    public let paddingMultiple: Int
    public let batchNorm: BatchNormStatistics
    public let license: String
    public let provenance: String
    /// The kind of error that a wrong number of class names is: the caller's or the file's.
    private let classNamesKind: AnatomyNetError.Kind
    /// What neither the caller nor the file decided, in words: "activation: LeakyReLU, slope 0.01".
    public let defaults: [String]

    /// - Parameters:
    ///   - metadata: of a weight file.
    ///   - overrides: the caller's decisions.
    ///   - architectureByDefault: the network that the tensors' names suggest.
    /// - Throws: `.metadata` for a malformed, contradictory or unknown `anatomynet.` key of the file,
    ///   `.option` for the same in the overrides, `.unsupported` for a format version.
    public init(
        metadata: [(key: String, value: String)], overrides: ModelOverrides = ModelOverrides(),
        architectureByDefault: String = "AnatomyNet"
    ) throws(AnatomyNetError) {
        for (key, _) in metadata where key.hasPrefix(MetadataKey.prefix) {
            guard MetadataKey(rawValue: key) != nil else {
                throw AnatomyNetError(
                    .metadata, "the metadata key \(quoted(key)) is unknown to this library")
            }
        }
        func value(_ key: MetadataKey) -> MetadataValue? {
            metadata.first { $0.key == key.rawValue }.map { MetadataValue(subject: $0.key, text: $0.value) }
        }
        func option(_ name: String, _ text: String) -> MetadataValue {
            MetadataValue(subject: name, text: text, kind: .option)
        }
        var defaults: [String] = []

        if let stated = value(.formatVersion), stated.text != "1" {
            throw AnatomyNetError(
                .unsupported, "\(stated.subject) is \(quoted(stated.text)); this library reads version 1")
        }

        let architecture: String
        if let stated = overrides.architecture ?? value(.architecture)?.text {
            architecture = stated
        } else {
            architecture = architectureByDefault
            defaults.append("architecture: \(architecture)")
        }
        guard architecture.utf8.count <= 64 else {
            throw AnatomyNetError(
                .unsupported, "the architecture \(quoted(architecture)) is unknown: its name is too long")
        }
        self.architecture = architecture

        channels = try value(.channels)?.integers(count: 4, in: 1...Architecture.largestChannelCount)
        blocks = try value(.blocks)?.integers(count: 1, in: 1...Architecture.largestBlockCount)[0]
        let reductions = 1...Architecture.largestChannelCount
        let reduction = try value(.squeezeReduction)?.integers(count: 2, in: reductions) ?? [15, 16]
        squeezeReduction = SqueezeReduction(encoder: reduction[0], decoder: reduction[1])

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
        switch kind {
        case .relu: activation = .relu
        case .leakyReLU: activation = .leakyReLU(negativeSlope: overridingSlope ?? statedSlope ?? 0.01)
        }
        if overrides.activation == nil && statedKind == nil {
            defaults.append("activation: \(kind == .relu ? "ReLU" : "LeakyReLU")")
        }
        if kind == .leakyReLU && overridingSlope == nil && statedSlope == nil {
            defaults.append("negative slope: 0.01")
        }

        let fileNames = try value(.classes).map { (list) throws(AnatomyNetError) in
            try list.verifiedClassNames(list.strings())
        }
        classNamesKind = overrides.classNames == nil ? .metadata : .option
        if let names = overrides.classNames {
            statedClassNames = try option("class_names", "").verifiedClassNames(names)
        } else {
            statedClassNames = fileNames
            if fileNames == nil { defaults.append("class names") }
        }

        let statedIntensity = try value(.intensityWindow).map { (window) throws(AnatomyNetError) in
            if window.text == "none" { return IntensityMapping.identity }
            let bounds = try window.numbers(count: 2)
            return try window.window(lower: bounds[0], upper: bounds[1])
        }
        if case .window(let lower, let upper) = overrides.intensity {
            intensity = try option("intensity_window", "\(lower),\(upper)").window(lower: lower, upper: upper)
        } else if let mapping = overrides.intensity ?? statedIntensity {
            intensity = mapping
        } else {
            intensity = .identity
            defaults.append("intensity window: none")
        }

        let statedOrientation = try value(.orientation).map { (code) throws(AnatomyNetError) in
            try code.orientation()
        }
        if let code = overrides.orientation {
            orientation = try option("orientation", code).orientation()
        } else if let statedOrientation {
            orientation = statedOrientation
        } else {
            orientation = .lps
            defaults.append("orientation: LPS")
        }

        let statedSpacing = try value(.spacing).map { (spacing) throws(AnatomyNetError) in
            if spacing.text == "none" { return ModelSpacing.any }
            return .fixed(try spacing.spacing(spacing.numbers(count: 3)))
        }
        if case .fixed(let millimetres) = overrides.spacing {
            let text = "\(millimetres.x),\(millimetres.y),\(millimetres.z)"
            let numbers = [millimetres.x, millimetres.y, millimetres.z]
            spacing = .fixed(try option("spacing", text).spacing(numbers))
        } else if let stated = overrides.spacing ?? statedSpacing {
            spacing = stated
        } else {
            spacing = .any
            defaults.append("spacing: none")
        }
        func spacingBound(_ key: MetadataKey) throws(AnatomyNetError) -> SIMD3<Double>? {
            guard let bound = value(key), bound.text != "none" else { return nil }
            return try bound.spacing(bound.numbers(count: 3))
        }
        spacingMinimum = try spacingBound(.spacingMinimum)
        spacingMaximum = try spacingBound(.spacingMaximum)
        if let spacingMinimum, let spacingMaximum, any(spacingMinimum .> spacingMaximum) {
            throw AnatomyNetError(
                .metadata,
                "\(MetadataKey.spacingMinimum.rawValue) exceeds \(MetadataKey.spacingMaximum.rawValue)")
        }

        let statedMultiple = try value(.paddingMultiple)?.integers(count: 1, in: Self.paddingMultiples)[0]
        if let multiple = overrides.paddingMultiple {
            guard Self.paddingMultiples.contains(multiple) else {
                throw AnatomyNetError(
                    .option, "padding_multiple is \(multiple); allowed are \(Self.paddingMultiples.words)")
            }
            paddingMultiple = multiple
        } else if let statedMultiple {
            paddingMultiple = statedMultiple
        } else {
            paddingMultiple = architecture == "baseline4Pool" ? 16 : 8
            defaults.append("padding multiple: \(paddingMultiple)")
        }

        let statedStatistics = try value(.batchNorm)?.choice([
            ("running", BatchNormStatistics.running), ("volume", .volume),
        ])
        if let statistics = overrides.batchNorm ?? statedStatistics {
            batchNorm = statistics
        } else {
            batchNorm = .running
            defaults.append("batch normalisation: running statistics")
        }

        license = value(.license)?.text ?? ""
        provenance = value(.provenance)?.text ?? ""
        self.defaults = defaults
    }

    private static let paddingMultiples = 1...64

    /// The names of all classes, background first.
    ///
    /// - Parameter count: the classes of the network, as its last layer has them.
    /// - Returns: the stated names; where there are none, those of the paper's model if there are ten,
    ///   else background, class_1, class_2, ...
    /// - Throws: `.metadata` if the file, `.option` if the caller names another number of classes.
    public func classNames(count: Int) throws(AnatomyNetError) -> [String] {
        if let statedClassNames {
            guard statedClassNames.count == count else {
                throw AnatomyNetError(
                    classNamesKind,
                    "\(statedClassNames.count) class names are stated; the network has \(count) classes")
            }
            return statedClassNames
        }
        if count == Self.classesOfThePaper.count { return Self.classesOfThePaper }
        return ["background"] + (1..<max(count, 1)).map { "class_\($0)" }
    }

    /// The classes of the paper's model, in label order.
    public static let classesOfThePaper = [
        "background", "BrainStem", "Chiasm", "Mandible", "OpticNerve_L", "OpticNerve_R", "Parotid_L",
        "Parotid_R", "Submandibular_L", "Submandibular_R",
    ]
}
