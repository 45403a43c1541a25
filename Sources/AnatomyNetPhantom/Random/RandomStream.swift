/// A stream of random numbers that depends on nothing but its seed and topic.
///
/// The generator is SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014):
/// the n-th number is a bijective hash of `key + n · 0x9E3779B97F4A7C15`, in 64-bit integer arithmetic that
/// wraps. The same seed gives the same numbers on every machine.
struct RandomStream {
    /// What the numbers are drawn for. Each topic has a stream of its own, so that one more draw for the
    /// skull leaves the brain as it was.
    enum Topic: UInt64 {
        case proportions = 1
        case pose
        case fieldOfView
        case tissues
        case deformation
        case texture
        case surface
        case skull
        case face
        case teeth
        case mandible
        case brain
        case orbits
        case glands
        case spine
        case throat
        case muscles
        case vessels
        case nodes
        case couch
        case scanner
        case noise
        case streaks
    }

    /// The hash that makes SplitMix64: a bijection of 64-bit words.
    static func mix(_ word: UInt64) -> UInt64 {
        var value = word
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private let key: UInt64
    private var counter: UInt64 = 0

    init(seed: UInt64, topic: Topic) {
        key = Self.mix(Self.mix(seed &+ Self.increment) ^ (topic.rawValue &* Self.increment))
    }

    /// The number at `index`, whatever was drawn before: voxels get their noise in any order.
    func word(at index: UInt64) -> UInt64 {
        Self.mix(key &+ (index &+ 1) &* Self.increment)
    }

    mutating func next() -> UInt64 {
        defer { counter &+= 1 }
        return word(at: counter)
    }

    /// Uniform in [0, 1), with 53 random bits.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// Bell-shaped (the sum of four uniform numbers) with the given standard deviation, never further than
    /// 3.47 of them from the mean.
    mutating func normal(mean: Double, deviation: Double) -> Double {
        mean + deviation * Self.bell(next())
    }

    mutating func chance(_ probability: Double) -> Bool {
        unit() < probability
    }

    mutating func integer(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// Mean 0 and variance 1 from the four 16-bit quarters of a word. A sum of four uniform numbers on
    /// (0, 1) has the variance 4/12, hence the factor √3.
    static func bell(_ word: UInt64) -> Double {
        let sum = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
        return (Double(sum) * 0x1p-16 - (2 - 0x1p-15)) * 1.7320508075688772
    }
}
