import AnatomyNetKernels

extension ScoreResampler {
    /// One plane of one block of the network's scores.
    struct PlaneOfScores {
        var base: UnsafePointer<Float>
        var rowStride: Int

        @inline(__always)
        func row(_ y: Int) -> UnsafePointer<Float> { base + y * rowStride }
    }

    /// The plane in the slab, or the one kept of the slab before.
    @inline(__always)
    func plane(_ z: Int, of index: Int, _ logits: [ank_block]) -> PlaneOfScores {
        if z != carriedIndex {
            let block = logits[index]
            return PlaneOfScores(
                base: UnsafePointer(block.planes[z].unsafelyUnwrapped), rowStride: Int(block.row_stride))
        }
        let network = grid.geometry.dimensions
        let lanesBefore = layout.blocks[..<index].reduce(0) { $0 + $1.lanes }
        return PlaneOfScores(
            base: carried + lanesBefore * network.x * network.y,
            rowStride: network.x * layout.blocks[index].lanes)
    }

    func planes(_ z: Int, _ logits: [ank_block]) -> [PlaneOfScores] {
        layout.blocks.indices.map { plane(z, of: $0, logits) }
    }

    private var carried: UnsafeMutablePointer<Float> {
        (memory + layout.carriedPlane).assumingMemoryBound(to: Float.self)
    }

    /// Keeps a plane: the storage of the slab is used again for the next.
    func carry(_ z: Int, of logits: [ank_block]) {
        let network = grid.geometry.dimensions
        guard z < network.z - 1 else { return }
        var destination = carried
        for block in logits {
            guard let plane = block.planes[z] else { continue }
            let row = network.x * Int(block.lanes)
            for y in 0..<network.y {
                destination.update(from: plane + y * Int(block.row_stride), count: row)
                destination += row
            }
        }
        carriedIndex = z
    }

    @inline(__always)
    static func load(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
        UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
    }

    @inline(__always)
    static func store(_ value: SIMD8<Float>, at pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: SIMD8<Float>.self)
    }
}
