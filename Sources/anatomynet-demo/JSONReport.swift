import FoundationEssentials
import MedicalImageFiles

/// Writes results as JSON.
enum JSONReport {
    static func write(_ report: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(report).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ImageFileError(path, "cannot be written: \(error)")
        }
    }
}

/// An image's grid, for a report.
struct GridReport: Encodable {
    let dimensions: [Int]
    let spacingMillimetres: [Double]?
    let originMillimetresLPS: [Double]
    /// The unit vectors of the x, y and z index, one after the other.
    let directionLPS: [Double]
}
