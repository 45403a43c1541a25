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
    /// Corners of the smallest box along the patient's axes that holds its voxels.
    var boxLowerMillimetresLPS: [Double]?
    var boxUpperMillimetresLPS: [Double]?
    /// Mean probability of its voxels, 0 to 1.
    var meanConfidence: Double?
    /// Whether it may continue outside of the image.
    var touchesBorder: Bool?

    /// What the library measured while it segmented, background left out.
    static func organs(_ measurements: [Measurement], names: [String]) -> [OrganMeasurement] {
        zip(measurements, names).dropFirst().map { measurement, name in
            OrganMeasurement(
                label: measurement.label, name: name, voxels: measurement.voxels,
                millilitres: measurement.volume,
                centroidMillimetresLPS: measurement.centroid.map { [$0.x, $0.y, $0.z] },
                boxLowerMillimetresLPS: measurement.boundingBox.map { [$0.lower.x, $0.lower.y, $0.lower.z] },
                boxUpperMillimetresLPS: measurement.boundingBox.map { [$0.upper.x, $0.upper.y, $0.upper.z] },
                meanConfidence: measurement.meanConfidence, touchesBorder: measurement.touchesBorder)
        }
    }

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
            let count = counts[label]
            let sum = sums[label]
            let centroid = SIMD3(Double(sum.x), Double(sum.y), Double(sum.z)) / Double(count)
            let place = geometry.position(ofVoxel: centroid)
            return OrganMeasurement(
                label: label, name: name, voxels: count, millilitres: voxelVolume.map { $0 * Double(count) },
                centroidMillimetresLPS: count > 0 && geometry.spacing != nil
                    ? [place.x, place.y, place.z] : nil)
        }
    }

    static func table(_ organs: [OrganMeasurement]) -> TextTable {
        var table = TextTable([
            ("label", .right), ("organ", .left), ("voxels", .right), ("mL", .right),
            ("centroid, mm L", .right),
            ("P", .right), ("S", .right), ("confidence", .right), ("", .left),
        ])
        for organ in organs {
            let centroid =
                organ.centroidMillimetresLPS.map { $0.map { decimal($0, places: 1) } } ?? ["–", "–", "–"]
            let volume = organ.millilitres.map { decimal($0, places: 2) } ?? "–"
            let confidence = organ.meanConfidence.map { decimal($0, places: 3) } ?? "–"
            let note = organ.touchesBorder == true ? "touches the border" : ""
            table.add(
                ["\(organ.label)", organ.name, grouped(organ.voxels), volume] + centroid + [confidence, note])
        }
        return table
    }
}
