import FoundationEssentials
import Glibc
import MedicalImageFiles

/// Writes results as JSON.
enum JSONReport {
    static func write(_ report: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(report)) + [UInt8(ascii: "\n")]
        guard let file = fopen(path, "wb") else {
            throw ImageFileError.system(path, "cannot be written")
        }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else {
            throw ImageFileError(path, "writing failed; is the disk full?")
        }
    }
}
