import AnatomyNet
import MedicalImageFiles

/// How large an organ is and where it lies.
struct OrganMeasurement: Encodable {
    let label: Int
    let name: String
    let voxels: Int
    /// nil where the voxel size is unknown.
    let millilitres: Double?
    /// Mean place of its voxels' centres in DICOM LPS; nil if it has none.
    let centroidMillimetresLPS: [Double]?

    /// Measures every label that has a name, background left out.
    static func measure(
        _ labels: UnsafeBufferPointer<UInt8>, names: [String], geometry: Geometry
    ) -> [OrganMeasurement] {
        let size = geometry.dimensions
        var counts = [Int](repeating: 0, count: 256)
        var sums = [SIMD3<Int>](repeating: .zero, count: 256)
        var voxel = 0
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    let label = Int(labels[voxel])
                    voxel += 1
                    if label == 0 { continue }
                    counts[label] += 1
                    sums[label] &+= [x, y, z]
                }
            }
        }
        let voxelVolume = geometry.spacing.map { $0.x * $0.y * $0.z / 1000 }
        return names.enumerated().dropFirst().map { label, name in
            let count = counts[label], sum = sums[label]
            let centroid = SIMD3(Double(sum.x), Double(sum.y), Double(sum.z)) / Double(count)
            let place = geometry.position(ofVoxel: centroid)
            return OrganMeasurement(
                label: label, name: name, voxels: count, millilitres: voxelVolume.map { $0 * Double(count) },
                centroidMillimetresLPS: count > 0 && geometry.spacing != nil ? [place.x, place.y, place.z] : nil)
        }
    }

    static func table(_ organs: [OrganMeasurement]) -> TextTable {
        var table = TextTable([
            ("label", .right), ("organ", .left), ("voxels", .right), ("mL", .right), ("centroid, mm L", .right),
            ("P", .right), ("S", .right),
        ])
        for organ in organs {
            let centroid = organ.centroidMillimetresLPS.map { $0.map { decimal($0, places: 1) } } ?? ["–", "–", "–"]
            let volume = organ.millilitres.map { decimal($0, places: 2) } ?? "–"
            table.add(["\(organ.label)", organ.name, grouped(organ.voxels), volume] + centroid)
        }
        return table
    }
}
