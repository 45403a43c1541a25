import AnatomyNet
import SegmentationPictures

/// How large an organ is and where it lies.
struct OrganMeasurement: Encodable {
    let label: Int
    let name: String
    let voxels: Int
    /// nil where the voxel size is unknown.
    let millilitres: Double?
    /// Mean place of its voxels' centres in DICOM LPS; nil if it has none, or if the image's place is unknown.
    let centroidMillimetresLPS: [Double]?
    /// Corners of the smallest box along the patient's axes that holds its voxels.
    let boxLowerMillimetresLPS: [Double]?
    let boxUpperMillimetresLPS: [Double]?
    /// Mean probability of its voxels, 0 to 1; nil if it has none, or if no network found them.
    let meanConfidence: Double?
    /// Whether it may continue outside of the image.
    let touchesBorder: Bool

    /// What the library measured, background left out.
    ///
    /// - Parameter arePlaced: whether it is known where the image lies in the patient.
    static func organs(
        _ measurements: [Measurement], names: [String], arePlaced: Bool
    ) -> [OrganMeasurement] {
        zip(measurements, names).dropFirst().map { measurement, name in
            let centroid = arePlaced ? measurement.centroid : nil
            let box = arePlaced ? measurement.boundingBox : nil
            return OrganMeasurement(
                label: measurement.label, name: name, voxels: measurement.voxels,
                millilitres: measurement.volume,
                centroidMillimetresLPS: centroid.map { [$0.x, $0.y, $0.z] },
                boxLowerMillimetresLPS: box.map { [$0.lower.x, $0.lower.y, $0.lower.z] },
                boxUpperMillimetresLPS: box.map { [$0.upper.x, $0.upper.y, $0.upper.z] },
                meanConfidence: measurement.meanConfidence, touchesBorder: measurement.touchesBorder)
        }
    }

    static func table(_ organs: [OrganMeasurement]) -> TextTable {
        var table = TextTable([
            ("label", .right), ("organ", .left), ("voxels", .right), ("mL", .right),
            ("centroid, mm L", .right), ("P", .right), ("S", .right),
            ("box, mm L", .right), ("P", .right), ("S", .right), ("confidence", .right), ("", .left),
        ])
        for organ in organs {
            let centroid =
                organ.centroidMillimetresLPS.map { $0.map { decimal($0, places: 1) } } ?? ["–", "–", "–"]
            let box = (0..<3).map { axis in
                guard let lower = organ.boxLowerMillimetresLPS, let upper = organ.boxUpperMillimetresLPS
                else {
                    return "–"
                }
                return "\(decimal(lower[axis], places: 0)) to \(decimal(upper[axis], places: 0))"
            }
            let volume = organ.millilitres.map { decimal($0, places: 2) } ?? "–"
            let confidence = organ.meanConfidence.map { decimal($0, places: 3) } ?? "–"
            let note = organ.touchesBorder ? "touches the border" : ""
            table.add(
                ["\(organ.label)", organ.name, grouped(organ.voxels), volume] + centroid + box + [
                    confidence, note,
                ])
        }
        return table
    }
}
