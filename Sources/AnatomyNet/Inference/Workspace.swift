import AnatomyNetKernels

/// The memory of one run, with the plan's maps laid out in it.
final class Workspace {
    private let plan: Plan
    private let memory: Buffer<UInt8>
    /// For each layer, the blocks that it writes.
    private let blocks: [[ank_block]]

    /// - Parameter memory: at least the plan's bytes, whatever they contain.
    init(_ plan: Plan, memory: Buffer<UInt8>) {
        self.plan = plan
        self.memory = memory
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
            let voxels = data + 64
            table[0] = nil
            for plane in 0..<depth {
                let stored = voxels + layout.planeBytes(index) * (plane % layout.storedPlanes)
                // The kernels know from the block's format what the elements are.
                table[plane + 1] = stored.assumingMemoryBound(to: Float.self)
            }
            table[depth + 1] = nil
            data += layout.bytes(index)
            tables += layout.tableBytes
            let block = layout.blocks[index]
            return ank_block(
                planes: table + 1, row_stride: Int64(layout.rowStride(index)), lanes: Int32(block.lanes),
                channels: Int32(block.channels), format: layout.storage.format)
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

    /// Where a layer leaves the sums of its output, if it does.
    func outputSums(of layer: Int) -> UnsafeMutablePointer<Double>? {
        plan.outputSums[layer].map { pointer(to: $0.data).assumingMemoryBound(to: Double.self) }
    }

    /// What the layers that a layer reads have left of their sums: for each of `inputBlocks(of:)`, from its
    /// first lane on.
    func inputSums(of layer: Layer) -> [KnownSums?] {
        let maps = plan.network.graph.inputMaps(of: layer)
        return maps.flatMap { map -> [KnownSums?] in
            guard let placement = plan.outputSums[map], let sums = outputSums(of: map),
                map != plan.network.graph.imageCompanion(of: maps)
            else { return [KnownSums?](repeating: nil, count: blocks[map].count) }
            var lane = 0
            return blocks[map].map { block in
                defer { lane += Int(block.lanes) }
                return KnownSums(values: sums + lane, addends: placement.addends, lanes: placement.lanes)
            }
        }
    }

    /// The bytes that the plan keeps for its caller during the head.
    var headRoom: UnsafeMutableRawPointer { pointer(to: plan.headRoom) }

    private func pointer(to reservation: Arena.Reservation) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(memory.pointer) + plan.arena.offset(of: reservation)
    }
}
