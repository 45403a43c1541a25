import AnatomyNetKernels

/// The memory of one run, with the plan's maps laid out in it.
final class Workspace {
    private let plan: Plan
    private let memory: Buffer<UInt8>
    /// For each layer, the blocks that it writes.
    private let blocks: [[ank_block]]

    init(_ plan: Plan) throws(AnatomyNetError) {
        self.plan = plan
        memory = try Buffer(count: plan.bytes, purpose: "the feature maps")
        let base = UnsafeMutableRawPointer(memory.pointer)
        blocks = plan.maps.map { map in
            guard let map else { return [] }
            return Self.blocks(
                of: map.layout, data: base + plan.arena.offset(of: map.data),
                tables: base + plan.arena.offset(of: map.tables))
        }
        zeroRow.initialize(repeating: 0, count: plan.zeroRowFloats)
    }

    /// Fills in the tables of plane pointers. Voxel 0 of a plane is aligned to a cache line; the
    /// zero voxel before it lies in the line before.
    private static func blocks(
        of layout: FeatureMapLayout, data: UnsafeMutableRawPointer, tables: UnsafeMutableRawPointer
    ) -> [ank_block] {
        var data = data
        var tables = tables
        return layout.blocks.indices.map { index in
            let depth = layout.grid.depth
            let table = tables.bindMemory(to: UnsafeMutablePointer<Float>?.self, capacity: depth + 2)
            let voxels = (data + 64).bindMemory(
                to: Float.self, capacity: layout.planeStride(index) * layout.storedPlanes)
            table[0] = nil
            for plane in 0..<depth {
                table[plane + 1] = voxels + layout.planeStride(index) * (plane % layout.storedPlanes)
            }
            table[depth + 1] = nil
            data += layout.bytes(index)
            tables += layout.tableBytes
            let block = layout.blocks[index]
            return ank_block(
                planes: table + 1, row_stride: Int64(layout.rowStride(index)), lanes: Int32(block.lanes),
                channels: Int32(block.channels))
        }
    }

    /// The blocks of a layer's own map.
    func blocks(of layer: Int) -> [ank_block] { blocks[layer] }

    /// The blocks that a layer reads, concatenations resolved.
    func inputBlocks(of layer: Layer) -> [ank_block] {
        let graph = plan.network.graph
        let maps = graph.inputMaps(of: layer)
        let companion = graph.imageCompanion(of: maps)
        return maps.flatMap { map -> [ank_block] in
            if map == 0, companion != nil { return [] }
            var blocks = blocks[map]
            if map == companion { blocks[blocks.count - 1].channels += 1 }
            return blocks
        }
    }

    var zeroRow: UnsafeMutablePointer<Float> {
        pointer(to: plan.zeroRow).bindMemory(to: Float.self, capacity: plan.zeroRowFloats)
    }

    func scratch(worker: Int) -> UnsafeMutableRawPointer {
        pointer(to: plan.scratch) + worker * plan.scratchBytes
    }

    /// Room for the sums that a layer needs.
    func sums(of layer: Int, depth: Int) -> PlaneSums? {
        guard let reservation = plan.sums[layer] else { return nil }
        return PlaneSums(depth: depth, base: pointer(to: reservation).assumingMemoryBound(to: Double.self))
    }

    /// The bytes that the plan keeps for its caller during the head.
    var headRoom: UnsafeMutableRawPointer { pointer(to: plan.headRoom) }

    private func pointer(to reservation: Arena.Reservation) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(memory.pointer) + plan.arena.offset(of: reservation)
    }
}
