/// For each aligned index along one axis, the two network indices around it and the weight of the
/// second: linear interpolation, clamped to the grid.
struct AxisInterpolation {
    private let bases: Buffer<Int32>
    private let fractions: Buffer<Float>
    let isIdentity: Bool
    let networkCount: Int

    init(map: NetworkGrid.AxisMap, networkCount: Int, alignedCount: Int) throws(AnatomyNetError) {
        isIdentity = map == .identity
        self.networkCount = networkCount
        bases = try Buffer(count: alignedCount, purpose: "a resampling table")
        fractions = try Buffer(count: alignedCount, purpose: "a resampling table")
        for index in 0..<alignedCount {
            let (base, fraction) = Self.place(map.networkIndex(Double(index)), in: networkCount)
            bases[index] = Int32(base)
            fractions[index] = fraction
        }
    }

    static func bytes(alignedCount: Int) -> Int { 8 * alignedCount }

    @inline(__always)
    static func place(_ position: Double, in count: Int) -> (base: Int, fraction: Float) {
        let clamped = min(max(position, 0), Double(count - 1))
        let base = min(Int(clamped), max(count - 2, 0))
        return (base, Float(clamped - Double(base)))
    }

    @inline(__always)
    func base(_ index: Int) -> Int { Int(bases[index]) }

    /// The second of the two indices.
    @inline(__always)
    func next(_ index: Int) -> Int { min(Int(bases[index]) + 1, networkCount - 1) }

    @inline(__always)
    func fraction(_ index: Int) -> Float { fractions[index] }
}
