/// How a tensor's elements are stored, little-endian; the raw value is safetensors' name for it.
public enum ElementType: String, Sendable, CaseIterable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"

    /// Bytes of an element.
    public var size: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        case .int64: 8
        }
    }
}

/// One tensor of a weight file.
public struct WeightTensor: Sendable {
    /// PyTorch's name, such as "layer1.0.conv1.weight".
    public let name: String
    /// How its elements are stored.
    public let type: ElementType
    /// Sizes of the dimensions, slowest first as in PyTorch; empty for a scalar.
    public let shape: [Int]
    /// Where the elements lie in the data section, in bytes; of any alignment.
    public let range: Range<Int>
    /// Product of the shape.
    public let elementCount: Int
}
