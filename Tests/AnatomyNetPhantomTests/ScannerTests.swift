import Testing

@testable import AnatomyNetPhantom

@Suite struct ScannerTests {
    /// The summed HU of a ball must be its volume times its contrast, whatever the slices' thickness: that is
    /// what partial volume means. The reference is 4/3 π r³.
    @Test(arguments: [
        Phantom.Spacing(x: 1, y: 1, z: 1), Phantom.Spacing(x: 1.5, y: 1.5, z: 2.5),
        Phantom.Spacing(x: 1, y: 1, z: 5), Phantom.Spacing(x: 3, y: 3, z: 3),
    ])
    func partialVolumeConservesMass(spacing: Phantom.Spacing) {
        let size = Phantom.Size(
            x: Int(48 / spacing.x), y: Int(48 / spacing.y), z: Int(50 / spacing.z))
        let rasterizer = Rasterizer(
            size: size, spacing: spacing, origin: Point(spacing.x / 2, spacing.y / 2, spacing.z / 2),
            texture: ValueNoise(RandomStream(seed: 1, topic: .texture)), shading: 0)
        let radius = 11.0
        var scene = Scene()
        scene.add(
            Ellipsoid(Point(24.3, 23.6, 24.8), radii: Point(radius, radius, radius)), Tissue(mean: 0),
            marking: .organ(.chiasm))
        let placement = rasterizer.placement(of: scene) { $0 }
        let count = size.x * size.y
        var mass = 0.0
        var labelled = 0
        var graded = 0
        for slice in 0..<size.z {
            var values = [Float](repeating: 0, count: count)
            var labels = [UInt8](repeating: 0, count: count)
            values.withUnsafeMutableBufferPointer { values in
                labels.withUnsafeMutableBufferPointer { labels in
                    rasterizer.render(slice: slice, [placement], values: values, labels: labels)
                }
            }
            for index in 0..<count {
                mass += Double(values[index] + 1000) / 1000
                labelled += labels[index] == Organ.chiasm.rawValue ? 1 : 0
                graded += values[index] > -990 && values[index] < -10 ? 1 : 0
                let p = Point(
                    (Double(index % size.x) + 0.5) * spacing.x - 24.3,
                    (Double(index / size.x) + 0.5) * spacing.y - 23.6,
                    (Double(slice) + 0.5) * spacing.z - 24.8)
                // The label is what is at the centre, exactly.
                #expect((labels[index] != 0) == (p.length < radius))
            }
        }
        let voxel = spacing.x * spacing.y * spacing.z
        let volume = 4 * Double.pi / 3 * radius * radius * radius
        // Averaging a convex surface over samples of at most 1.3 mm errs by the curvature: below 1 %.
        #expect(abs(mass * voxel - volume) < 0.01 * volume)
        #expect(graded > labelled / 10)
    }

    private func slice(
        _ size: Phantom.Size, _ fill: (Int, Int) -> Float,
        _ body: (UnsafeMutableBufferPointer<Float>) -> Void
    ) -> [Float] {
        var values = (0..<size.x * size.y).map { fill($0 % size.x, $0 / size.x) }
        values.withUnsafeMutableBufferPointer { body($0) }
        return values
    }

    @Test func noiseIsCorrelatedBetweenNeighboursAndStrongerInSmallVoxels() {
        // The same 240 × 240 mm of water in both: noise also depends on what the beam crosses.
        func statistics(_ count: Int, _ spacing: Phantom.Spacing) -> (deviation: Float, correlation: Float) {
            let size = Phantom.Size(x: count, y: count, z: 8)
            let noise = QuantumNoise(seed: 4, size: size, spacing: spacing)
            let values = slice(size, { _, _ in 0 }, { noise.add(to: $0, slice: 3) })
            let variance = values.map { $0 * $0 }.reduce(0, +) / Float(values.count)
            let product = zip(values, values.dropFirst()).map { $0 * $1 }.reduce(0, +) / Float(values.count)
            return (variance.squareRoot(), product / variance)
        }
        let fine = statistics(240, Phantom.Spacing(x: 1, y: 1, z: 1.5))
        let coarse = statistics(96, Phantom.Spacing(x: 2.5, y: 2.5, z: 2.5))
        #expect(fine.deviation > coarse.deviation * 1.2)
        #expect(fine.correlation > 0.3)
        #expect(coarse.correlation < fine.correlation)
        #expect(coarse.deviation > 1)
    }

    @Test func metalStreaksAndNothingElseDoes() {
        let size = Phantom.Size(x: 120, y: 120, z: 8)
        let spacing = Phantom.Spacing(x: 1.5, y: 1.5, z: 2.5)
        let streaks = MetalStreaks(seed: 2, size: size, spacing: spacing)
        let clean = slice(size, { x, _ in x < 60 ? 40 : 1500 }, { streaks.add(to: $0, slice: 0) })
        #expect(clean.enumerated().allSatisfy { $1 == ($0 % 120 < 60 ? 40 : 1500) })

        // Two fillings on one line: the tissue between them darkens, elsewhere far less happens.
        func isMetal(_ x: Int, _ y: Int) -> Bool {
            (58...61).contains(y) && ((38...41).contains(x) || (78...81).contains(x))
        }
        let streaked = slice(
            size, { x, y in isMetal(x, y) ? 9000 : 40 }, { streaks.add(to: $0, slice: 0) })
        func mean(_ columns: ClosedRange<Int>, _ rows: ClosedRange<Int>) -> Float {
            let values = rows.flatMap { y in columns.map { streaked[y * 120 + $0] } }
            return values.reduce(0, +) / Float(values.count)
        }
        #expect(mean(50...69, 58...61) < mean(50...69, 20...35) - 30)
    }
}
