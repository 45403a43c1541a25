import AnatomyNetKernels

extension ScoreResampler {
    /// Labels the caller's planes whose network planes are there now and were not before.
    func interpolateSeparably(
        _ planes: Range<Int>, _ logits: [ank_block], runner: Runner
    ) throws(AnatomyNetError) {
        let alongZ = interpolations[2]
        let firstPlane = nextPlane
        while nextPlane < target.upper.z, alongZ.next(nextPlane) < planes.upperBound { nextPlane += 1 }
        let groups = (target.dimensions.y + layout.rows - 1) / layout.rows
        try runner.run(items: Int64((nextPlane - firstPlane) * groups)) { item, worker in
            let z = firstPlane + Int(item) / groups
            let y = target.lower.y + Int(item) % groups * layout.rows
            let rows = min(layout.rows, target.upper.y - y)
            let scratch = scratch(worker)
            let low = self.planes(alongZ.base(z), logits)
            let high = self.planes(alongZ.next(z), logits)
            var pointers: [UnsafeMutablePointer<Float>] = []
            var scores = scratch.scores
            for (index, block) in layout.blocks.enumerated() {
                for row in 0..<rows {
                    interpolateRow(
                        y: y + row, low: low[index], high: high[index], fraction: alongZ.fraction(z),
                        lanes: block.lanes, mixed: scratch.mixedRow,
                        into: scores + row * layout.rowVoxels * block.lanes)
                }
                pointers.append(scores)
                scores += (layout.rows * layout.rowVoxels + 16) * block.lanes
            }
            classify(
                pointers, rowStrides: layout.blocks.map { layout.rowVoxels * $0.lanes }, rows: rows,
                width: layout.width, at: SIMD3(target.lower.x, y, z), worker: worker)
        }
    }

    /// One row of the caller's: mixed of four rows of the network's, then interpolated along it.
    private func interpolateRow(
        y: Int, low: PlaneOfScores, high: PlaneOfScores, fraction: Float, lanes: Int,
        mixed: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        let alongX = interpolations[0]
        let alongY = interpolations[1]
        let base = alongY.base(y)
        let next = alongY.next(y)
        let fractionY = alongY.fraction(y)
        let lowBase = low.row(base)
        let lowNext = low.row(next)
        let highBase = high.row(base)
        let highNext = high.row(next)
        let weightLowBase = (1 - fraction) * (1 - fractionY)
        let weightLowNext = (1 - fraction) * fractionY
        let weightHighBase = fraction * (1 - fractionY)
        let weightHighNext = fraction * fractionY
        for index in 0..<grid.geometry.dimensions.x * lanes {
            mixed[index] =
                weightLowBase * lowBase[index] + weightLowNext * lowNext[index]
                + (weightHighBase * highBase[index] + weightHighNext * highNext[index])
        }
        for x in 0..<layout.width {
            let place = target.lower.x + x
            let fraction = alongX.fraction(place)
            let base = mixed + alongX.base(place) * lanes
            let next = mixed + alongX.next(place) * lanes
            let result = output + x * lanes
            for lane in stride(from: 0, to: lanes, by: 8) {
                Self.store(
                    (1 - fraction) * Self.load(base + lane) + fraction * Self.load(next + lane),
                    at: result + lane)
            }
        }
    }
}
