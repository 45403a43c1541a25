@testable import AnatomyNetPhantom

/// A few patients that several tests look at, made once: 240 × 240 × 200 mm at 2.5 mm, the size a network is
/// trained with on a small machine.
enum Cohort {
    static let seeds: [UInt64] = [1, 2, 3, 4]
    static let spacing = Phantom.Spacing(x: 2.5, y: 2.5, z: 2.5)
    static let patients: [Phantom] = seeds.map { seed in
        do {
            return try Phantom(seed: seed, size: .init(x: 96, y: 96, z: 80), spacing: spacing)
        } catch {
            fatalError("\(error)")
        }
    }
}

extension Phantom {
    /// Volume in mL and centroid in mm (LPS) of an organ.
    func measure(_ organ: Organ) -> (volume: Double, centroid: Point) {
        var count = 0.0
        var sum = Point(0, 0, 0)
        for (index, label) in labels.enumerated() where label == organ.rawValue {
            count += 1
            sum.x += Double(index % size.x)
            sum.y += Double(index / size.x % size.y)
            sum.z += Double(index / (size.x * size.y))
        }
        let centroid = Point(
            origin.x + spacing.x * sum.x / count, origin.y + spacing.y * sum.y / count,
            origin.z + spacing.z * sum.z / count)
        return (count * spacing.x * spacing.y * spacing.z / 1000, centroid)
    }
}
