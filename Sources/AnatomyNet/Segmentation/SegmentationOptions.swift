/// How to segment. All defaults are the values of an instance made without arguments.
public struct SegmentationOptions {
    /// Threads at most, up to `largestThreadCount`; 0: what the process may use. The result does not depend on it.
    public var threads = 0
    /// Bytes that the call may allocate, checked before work starts, and again where keeping the largest components
    /// takes more than was foreseen; nil: no limit.
    public var memoryLimit: UInt64?
    /// The part of the volume in which organs are wanted; nil: all of it.
    public var region: Region?
    /// Whether a volume is accepted whose spacing lies outside the range that the model states.
    public var allowsUntrainedSpacing = false
    /// Whether only the largest connected component of each organ stays.
    public var keepsLargestComponents = false
    /// How feature maps lie in memory.
    public var featureMapStorage = FeatureMapStorage.float32
    /// Receives the finished fraction, 0 to 1, on the calling thread; false cancels.
    public var progress: ((Double) -> Bool)?
    /// Receives, at the end, what each step took on how many threads.
    public var timings: ((_ steps: [StepTiming], _ threads: Int) -> Void)?
    /// Receives messages on the calling thread.
    public var log: ((LogLevel, String) -> Void)?

    public init() {}

    /// More threads than this are refused.
    public static let largestThreadCount = 1024
}

/// How much a message matters.
public enum LogLevel: Sendable {
    case information, warning
}

/// Softmax probabilities that a caller wants beside the labels.
public struct ProbabilityRequest {
    /// The classes, in the order of the planes.
    public var classes: [Int]
    /// Receives one float for each class and voxel: class-major, each class in the labels' order.
    public var values: UnsafeMutableBufferPointer<Float>

    public init(classes: [Int], values: UnsafeMutableBufferPointer<Float>) {
        self.classes = classes
        self.values = values
    }
}
