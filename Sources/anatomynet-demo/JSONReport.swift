import FoundationEssentials
import Glibc
import MedicalImageFiles

/// Writes results as JSON.
enum JSONReport {
    static func write(_ report: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(report)) + [UInt8(ascii: "\n")]
        try PartialFiles.complete(path, ending: ".json") { temporary in
            guard let file = fopen(temporary, "wb") else {
                throw ImageFileError.system(path, "cannot be written")
            }
            let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count && fflush(file) == 0
            let failure = ImageFileError.system(path, "cannot be written")
            guard fclose(file) == 0, isWritten else { throw failure }
        }
    }
}
