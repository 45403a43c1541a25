import Glibc
import MedicalImageFiles

/// Where outputs go.
enum OutputPlace {
    /// Refuses to overwrite an input with an output.
    static func check(_ output: String, isNot input: String) throws {
        var first = stat()
        var second = stat()
        if stat(output, &first) == 0, stat(input, &second) == 0, first.st_ino == second.st_ino,
            first.st_dev == second.st_dev
        {
            throw ImageFileError(output, "is the input; choose another name for the output")
        }
    }

    /// Makes a folder unless it exists.
    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o777) != 0, errno != EEXIST {
            throw ImageFileError(path, String(cString: strerror(errno)))
        }
    }

    static func fileName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The ending that tells the image format, such as ".nii.gz".
    static func imageEnding(_ path: String) -> String {
        ImageFormat.writableEndings.last { path.lowercased().hasSuffix($0) } ?? ""
    }

    /// A name that is a file's: without separators.
    static func safeName(_ name: String) -> String {
        let safe = String(name.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
        return safe.hasPrefix(".") ? "_\(safe)" : safe
    }
}
