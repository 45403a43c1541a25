import AnatomyNetKernels

extension ScoreResampler {
    /// Labels the caller's voxels whose network planes are there now and were not before.
    func interpolateObliquely(
        _ planes: Range<Int>, _ map: NetworkGrid.AffineMap, _ logits: [ank_block], runner: Runner
    ) throws(AnatomyNetError) {
        let network = grid.geometry.dimensions
        // Voxels whose lower plane is one of these have both planes now and had not before.
        let isLast = planes.upperBound == network.z
        let bases = max(planes.lowerBound - 1, 0)..<(isLast ? network.z : planes.upperBound - 1)
        let groups = (target.dimensions.y + layout.rows - 1) / layout.rows
        try runner.run(items: Int64(target.dimensions.z * groups)) { item, worker in
            let z = target.lower.z + Int(item) / groups
            let firstRow = target.lower.y + Int(item) % groups * layout.rows
            for y in firstRow..<min(firstRow + layout.rows, target.upper.y) {
                let part = voxels(ofRow: y, plane: z, between: bases, map)
                guard !part.isEmpty else { continue }
                interpolate(part, y: y, z: z, map, logits, worker: worker)
            }
        }
    }

    /// The voxels of a row of the caller's whose lower network plane is one of `bases`.
    private func voxels(
        ofRow y: Int, plane z: Int, between bases: Range<Int>, _ map: NetworkGrid.AffineMap
    ) -> Range<Int> {
        let count = grid.geometry.dimensions.z
        func base(_ x: Int) -> Int {
            AxisInterpolation.place(map.network(SIMD3(Double(x), Double(y), Double(z))).z, in: count).base
        }
        // The lower plane is monotonic along the row.
        func firstVoxel(where isPast: (Int) -> Bool) -> Int {
            var low = target.lower.x
            var high = target.upper.x
            while low < high {
                let middle = (low + high) / 2
                if isPast(base(middle)) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        if map.inverse.x.z >= 0 {
            return firstVoxel { $0 >= bases.lowerBound }..<firstVoxel { $0 >= bases.upperBound }
        }
        return firstVoxel { $0 < bases.upperBound }..<firstVoxel { $0 < bases.lowerBound }
    }

    private func interpolate(
        _ voxels: Range<Int>, y: Int, z: Int, _ map: NetworkGrid.AffineMap, _ logits: [ank_block],
        worker: Int
    ) {
        let network = grid.geometry.dimensions
        var scores = scratch(worker).scores
        var pointers: [UnsafeMutablePointer<Float>] = []
        for (index, block) in layout.blocks.enumerated() {
            var result = scores
            for x in voxels {
                let position = map.network(SIMD3(Double(x), Double(y), Double(z)))
                let alongX = AxisInterpolation.place(position.x, in: network.x)
                let alongY = AxisInterpolation.place(position.y, in: network.y)
                let alongZ = AxisInterpolation.place(position.z, in: network.z)
                let low = plane(alongZ.base, of: index, logits)
                let high = plane(min(alongZ.base + 1, network.z - 1), of: index, logits)
                let nextY = min(alongY.base + 1, network.y - 1)
                let base = alongX.base * block.lanes
                let next = min(alongX.base + 1, network.x - 1) * block.lanes
                for lane in stride(from: 0, to: block.lanes, by: 8) {
                    func alongRow(_ row: UnsafePointer<Float>) -> SIMD8<Float> {
                        (1 - alongX.fraction) * Self.load(row + base + lane)
                            + alongX.fraction * Self.load(row + next + lane)
                    }
                    let lowPlane =
                        (1 - alongY.fraction) * alongRow(low.row(alongY.base))
                        + alongY.fraction * alongRow(low.row(nextY))
                    let highPlane =
                        (1 - alongY.fraction) * alongRow(high.row(alongY.base))
                        + alongY.fraction * alongRow(high.row(nextY))
                    Self.store(
                        (1 - alongZ.fraction) * lowPlane + alongZ.fraction * highPlane, at: result + lane)
                }
                result += block.lanes
            }
            pointers.append(scores)
            scores += (layout.rows * layout.rowVoxels + 16) * block.lanes
        }
        classify(
            pointers, rowStrides: layout.blocks.map { layout.rowVoxels * $0.lanes }, rows: 1,
            width: voxels.count, at: SIMD3(voxels.lowerBound, y, z), worker: worker)
    }
}
