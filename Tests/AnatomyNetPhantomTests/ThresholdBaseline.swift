@testable import AnatomyNetPhantom

/// The best that thresholds and connected components can do, with the answers at hand.
///
/// For an organ, each candidate window comes from quantiles of the organ's own HU in the truth of all patients;
/// the image is taken as it is or smoothed by a 3 × 3 × 3 mean; the mask as it is or opened by one voxel (eroded,
/// split into components, the component grown back); and of all components (faces touching) the one that
/// matches the truth best is taken, so that even "which one is it, and on which side?" is answered for free.
/// The best combination per organ counts. A real method knows none of this and does worse.
struct ThresholdBaseline {
    struct Recipe {
        var isSmoothed: Bool
        var isOpened: Bool
        var quantiles: (low: Double, high: Double)
    }

    /// Mean DSC per organ over the patients, with the organ's best recipe.
    static func scores(_ patients: [Phantom], opening: Bool) -> [Organ: Double] {
        let images = patients.map { patient in
            [false: patient.hounsfieldUnits.map(Float.init), true: smoothed(patient)]
        }
        var best: [Organ: Double] = [:]
        for organ in Organ.allCases {
            for isSmoothed in [false, true] {
                var pool: [Float] = []
                for (patient, image) in zip(patients, images) {
                    for index in patient.labels.indices where patient.labels[index] == organ.rawValue {
                        pool.append(image[isSmoothed]![index])
                    }
                }
                pool.sort()
                for (low, high) in [
                    (0, 1), (0.02, 0.98), (0.05, 0.95), (0.1, 0.9), (0.2, 0.8), (0.1, 1), (0.3, 1),
                ] {
                    let last = Double(pool.count - 1)
                    let window = pool[Int(low * last)]...pool[Int(high * last)]
                    for isOpened in opening ? [false, true] : [false] {
                        var sum = 0.0
                        for (patient, image) in zip(patients, images) {
                            sum += dice(
                                image[isSmoothed]!, window, isOpened, truth: patient.labels, organ,
                                patient.size)
                        }
                        best[organ] = max(best[organ] ?? 0, sum / Double(patients.count))
                    }
                }
            }
        }
        return best
    }

    private static func smoothed(_ patient: Phantom) -> [Float] {
        let size = patient.size
        let strides = [1, size.x, size.x * size.y]
        let lengths = [size.x, size.y, size.z]
        var image = patient.hounsfieldUnits.map(Float.init)
        for axis in 0..<3 {
            let source = image
            for index in image.indices {
                let place = index / strides[axis] % lengths[axis]
                let before = place > 0 ? index - strides[axis] : index
                let after = place < lengths[axis] - 1 ? index + strides[axis] : index
                image[index] = (source[before] + source[index] + source[after]) / 3
            }
        }
        return image
    }

    private static func dice(
        _ image: [Float], _ window: ClosedRange<Float>, _ isOpened: Bool, truth: [UInt8], _ organ: Organ,
        _ size: Phantom.Size
    ) -> Double {
        let mask = image.map { window.contains($0) }
        let core = isOpened ? eroded(mask, size) : mask
        let organVoxels = truth.reduce(0) { $0 + ($1 == organ.rawValue ? 1 : 0) }
        var visited = [Bool](repeating: false, count: mask.count)
        var best = 0.0
        // Only components that meet the organ can score.
        for seed in core.indices where core[seed] && !visited[seed] && truth[seed] == organ.rawValue {
            var component = [seed]
            visited[seed] = true
            var next = 0
            while next < component.count {
                forEachNeighbour(component[next], size) { neighbour in
                    if core[neighbour] && !visited[neighbour] {
                        visited[neighbour] = true
                        component.append(neighbour)
                    }
                }
                next += 1
            }
            var hits = 0
            var members = component.count
            if isOpened {
                var grown = Set(component)
                for index in component {
                    forEachNeighbour(index, size) { neighbour in
                        if mask[neighbour] { grown.insert(neighbour) }
                    }
                }
                members = grown.count
                for index in grown where truth[index] == organ.rawValue { hits += 1 }
            } else {
                for index in component where truth[index] == organ.rawValue { hits += 1 }
            }
            best = max(best, 2 * Double(hits) / Double(members + organVoxels))
        }
        return best
    }

    private static func eroded(_ mask: [Bool], _ size: Phantom.Size) -> [Bool] {
        var result = mask
        for index in mask.indices where mask[index] {
            var neighbours = 0
            forEachNeighbour(index, size) { if mask[$0] { neighbours += 1 } }
            result[index] = neighbours == 6
        }
        return result
    }

    @inline(__always)
    private static func forEachNeighbour(_ index: Int, _ size: Phantom.Size, _ body: (Int) -> Void) {
        let area = size.x * size.y
        let x = index % size.x
        let y = index / size.x % size.y
        let z = index / area
        if x > 0 { body(index - 1) }
        if x < size.x - 1 { body(index + 1) }
        if y > 0 { body(index - size.x) }
        if y < size.y - 1 { body(index + size.x) }
        if z > 0 { body(index - area) }
        if z < size.z - 1 { body(index + area) }
    }
}
