/// Where a label's voxels are in a view, for choosing what to show.
struct OrganStatistics {
    /// For each label and patient axis: how many of its voxels each slice has.
    private(set) var slices: [[[Int]]]
    private(set) var voxels: [Int]

    init(_ labels: UnsafeBufferPointer<UInt8>, view: PatientView) {
        slices = (0..<256).map { _ in [[], [], []] }
        voxels = [Int](repeating: 0, count: 256)
        for z in 0..<view.size.z {
            for y in 0..<view.size.y {
                for x in 0..<view.size.x {
                    let label = Int(labels[view.voxel(x, y, z)])
                    if label == 0 { continue }
                    if slices[label][0].isEmpty {
                        slices[label] = (0..<3).map { [Int](repeating: 0, count: view.size[$0]) }
                    }
                    voxels[label] += 1
                    slices[label][0][x] += 1
                    slices[label][1][y] += 1
                    slices[label][2][z] += 1
                }
            }
        }
    }

    /// Labels that occur, background left out.
    var labels: [Int] { voxels.indices.filter { voxels[$0] > 0 } }

    /// The slice with most of a label's voxels.
    func fullestSlice(of label: Int, axis: Int) -> Int? {
        slices[label][axis].indices.max { slices[label][axis][$0] < slices[label][axis][$1] }
    }

    /// The slices from the first to the last with voxels of a label.
    func range(of label: Int, axis: Int) -> Range<Int>? {
        guard let first = slices[label][axis].firstIndex(where: { $0 > 0 }),
            let last = slices[label][axis].lastIndex(where: { $0 > 0 })
        else { return nil }
        return first..<last + 1
    }

    /// Slices that show the organs, `count` of them at most, in order.
    ///
    /// Each next one adds most of what the chosen ones do not show yet; how well a slice shows an
    /// organ is the organ's area in it relative to its largest area, so that small organs count as
    /// much as large ones.
    func mostTellingSlices(axis: Int, count: Int) -> [Int] {
        let areas = labels.map { label in
            let largest = Double(slices[label][axis].max() ?? 1)
            return slices[label][axis].map { Double($0) / largest }
        }
        guard let length = areas.first?.count else { return [] }
        var shown = [Double](repeating: 0, count: areas.count)
        var chosen: [Int] = []
        while chosen.count < count {
            func gain(_ slice: Int) -> Double {
                areas.indices.reduce(0) { $0 + max(0, areas[$1][slice] - shown[$1]) }
            }
            let gains = (0..<length).map(gain)
            guard let best = gains.indices.max(by: { gains[$0] < gains[$1] }), gains[best] > 0.05 else {
                break
            }
            chosen.append(best)
            for organ in areas.indices { shown[organ] = max(shown[organ], areas[organ][best]) }
        }
        return chosen.sorted()
    }
}
