/// The metadata keys that this library reads. `docs/weight-format.md` describes each.
enum MetadataKey: String, CaseIterable {
    case formatVersion = "anatomynet.format_version"
    case architecture = "anatomynet.architecture"
    case channels = "anatomynet.channels"
    case blocks = "anatomynet.blocks"
    case squeezeReduction = "anatomynet.squeeze_reduction"
    case activation = "anatomynet.activation"
    case negativeSlope = "anatomynet.negative_slope"
    case classes = "anatomynet.classes"
    case intensityWindow = "anatomynet.intensity_window"
    case orientation = "anatomynet.orientation"
    case spacing = "anatomynet.spacing"
    case spacingMinimum = "anatomynet.spacing_minimum"
    case spacingMaximum = "anatomynet.spacing_maximum"
    case paddingMultiple = "anatomynet.padding_multiple"
    case batchNorm = "anatomynet.batch_norm"
    case dataSHA256 = "anatomynet.data_sha256"
    case license = "anatomynet.license"
    case provenance = "anatomynet.provenance"

    /// What all of them begin with; every other key is kept and never interpreted.
    static let prefix = "anatomynet."
}
