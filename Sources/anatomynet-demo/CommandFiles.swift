import Glibc
import MedicalImageFiles

/// The files that a command reads and writes.
///
/// Outputs are added before anything is computed: what cannot be written must not cost minutes, and
/// no output may replace an input or another output.
struct CommandFiles {
    /// Which file a name stands for, hard and soft links followed.
    private enum Identity: Equatable {
        case existing(device: dev_t, node: ino_t)
        case new(String)

        init(_ path: String) {
            var status = stat()
            if stat(path, &status) == 0 {
                self = .existing(device: status.st_dev, node: status.st_ino)
            } else {
                let folder = FilePath.folder(path)
                let resolved = realpath(folder, nil)
                defer { free(resolved) }
                self = .new("\(resolved.map { String(cString: $0) } ?? folder)/\(FilePath.name(path))")
            }
        }
    }

    private let inputs: [Identity]
    private var outputs: [Identity] = []

    init(model: String? = nil, images: [String] = []) {
        inputs = ((model.map { [$0] } ?? []) + images.flatMap(ImageFormat.files(ofImageAt:))).map(
            Identity.init)
    }

    /// - Throws: `ImageFileError`, as all that follow.
    mutating func addImage(_ path: String) throws {
        _ = try ImageFormat.writableEnding(of: path)
        try addFile(path)
    }

    mutating func addPicture(_ path: String) throws {
        guard path.lowercased().hasSuffix(".png") else {
            throw ImageFileError(path, "not a name of a picture that can be written; it must end with .png")
        }
        try addFile(path)
    }

    mutating func addReport(_ path: String) throws {
        try addFile(path)
    }

    /// A folder that is made unless it exists, and the images that go into it.
    mutating func addFolder(_ path: String, ofImages images: [String]) throws {
        try add(path)
        var status = stat()
        if stat(path, &status) == 0 {
            try Self.checkFolder(path, of: path)
        } else {
            try Self.checkFolder(FilePath.folder(path), of: path)
        }
        for image in images { try addName(image) }
    }

    /// Makes a folder unless it exists.
    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o777) != 0, errno != EEXIST {
            throw ImageFileError.system(path, "cannot be made")
        }
    }

    private mutating func addFile(_ path: String) throws {
        try addName(path)
        // A file takes the place of one that has its name, which is the folder's to allow.
        if !PartialFiles.isThereButNoFile(path) {
            try Self.checkFolder(FilePath.folder(path), of: path)
        } else if access(path, W_OK) != 0 {
            throw ImageFileError.system(path, "cannot be written")
        }
    }

    private mutating func addName(_ path: String) throws {
        try add(path)
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw ImageFileError(path, "is a folder; give the name of a file")
        }
    }

    private mutating func add(_ path: String) throws {
        let identity = Identity(path)
        if inputs.contains(identity) {
            throw ImageFileError(path, "is the input; choose another name for the output")
        }
        if outputs.contains(identity) {
            throw ImageFileError(path, "is another output, too; choose another name for one of them")
        }
        outputs.append(identity)
    }

    private static func checkFolder(_ folder: String, of path: String) throws {
        // "/.": what is no folder does not pass for one.
        if access("\(folder)/.", W_OK | X_OK) != 0 {
            throw ImageFileError.system(
                path, "nothing can be written into the folder \(folder); make it or choose another")
        }
    }
}
