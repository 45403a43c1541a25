/// Everything a weight file's metadata says about its model, with the caller's overrides and the
/// documented defaults in their places: overrides before metadata before defaults.
public struct ModelDescription: Sendable, Equatable {
    /// A name such as "AnatomyNet"; whether the library has such a network is not checked here.
    public let architecture: String
    /// Channels of the encoder's levels, as stated; nil: to be read off the tensors.
    public let channels: [Int]?
    /// Residual blocks of a layer, as stated; nil: to be read off the tensors.
    public let blocks: Int?
    /// Of squeeze-and-excitation blocks; without meaning for networks that have none.
    public let squeezeReduction: SqueezeReduction
    /// The network's activation function.
    public let activation: Activation
    /// As stated, background first; nil: see `classNames(count:)`.
    public let statedClassNames: [String]?
    /// From HU to what the network sees.
    public let intensity: IntensityMapping
    /// In which the network sees volumes.
    public let orientation: Orientation
    /// Of the voxels that the network sees.
    public let spacing: ModelSpacing
    /// mm along x, y, z: the ends of the input spacings that the model is meant for; either may be
    /// nil: unknown.
    public let spacingMinimum: SIMD3<Double>?
    /// See `spacingMinimum`.
    public let spacingMaximum: SIMD3<Double>?
    /// Volumes are padded to a multiple of this on each axis, in voxels.
    public let paddingMultiple: Int
    /// Whose statistics batch normalisation takes.
    public let batchNorm: BatchNormStatistics
    /// Of the weights, as stated; empty: not stated.
    public let license: String
    /// Where the weights come from, as stated; empty: not stated.
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
        var settings = try ModelSettings(metadata: metadata, overrides: overrides)
        try settings.verifyFormatVersion()
        architecture = try settings.architecture(byDefault: architectureByDefault)
        channels = try settings.channels()
        blocks = try settings.blocks()
        squeezeReduction = try settings.squeezeReduction(of: architecture)
        activation = try settings.activation(of: architecture)
        classNamesKind = overrides.classNames == nil ? .metadata : .option
        statedClassNames = try settings.classNames()
        intensity = try settings.intensity()
        orientation = try settings.orientation()
        spacing = try settings.spacing()
        (spacingMinimum, spacingMaximum) = try settings.trainedSpacings()
        paddingMultiple = try settings.paddingMultiple(of: architecture)
        batchNorm = try settings.batchNorm()
        license = settings.text(.license)
        provenance = settings.text(.provenance)
        defaults = settings.defaults
    }

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
