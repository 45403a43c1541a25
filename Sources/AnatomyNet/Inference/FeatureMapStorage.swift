import AnatomyNetKernels

/// How feature maps lie in memory between two layers. All arithmetic is float32 either way.
public enum FeatureMapStorage: UInt32, Sendable, CaseIterable {
    case float32 = 0
    /// Rounded to the nearest bfloat16 (8 bits of significand): half the memory. The input image and
    /// the logits stay float32.
    case bfloat16 = 1

    var elementBytes: Int {
        switch self {
        case .float32: 4
        case .bfloat16: 2
        }
    }

    /// The kernels' name of it.
    var format: Int32 {
        switch self {
        case .float32: Int32(ANK_FLOAT32)
        case .bfloat16: Int32(ANK_BFLOAT16)
        }
    }
}
