import CNifti

/// The file formats of this module, told apart by the ending of the name.
public enum ImageFormat: Sendable {
    case nifti, nrrd

    /// Endings of files that can be read.
    public static let readableEndings = [
        ".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz", ".nrrd", ".nhdr",
    ]
    /// Endings of files that can be written: formats that hold header and voxels in one file.
    public static let writableEndings = [".nii", ".nii.gz", ".nrrd"]

    /// - Throws: `ImageFileError` if the ending is none of `endings`.
    init(ofFileAt path: String, among endings: [String]) throws(ImageFileError) {
        let ending = try Self.ending(of: path, among: endings)
        self = [".nrrd", ".nhdr"].contains(ending) ? .nrrd : .nifti
    }

    /// The ending of the name of an image that can be written, such as ".nii.gz".
    ///
    /// - Throws: `ImageFileError` if no image of this name can be written, so that a run can be
    ///   refused before it starts.
    public static func writableEnding(of path: String) throws(ImageFileError) -> String {
        try ending(of: path, among: writableEndings)
    }

    /// The files that an image of this name is read from, as far as its name tells: header and voxels of a NIfTI
    /// pair lie in two. A NRRD header names its data files itself; they are not among these.
    public static func files(ofImageAt path: String) -> [String] {
        guard case .nifti? = try? ImageFormat(ofFileAt: path, among: readableEndings) else { return [path] }
        let pair = [nifti_findhdrname(path), nifti_findimgname(path, NIFTI_FTYPE_NIFTI1_2)]
        defer { for name in pair { free(name) } }
        return [path] + pair.compactMap { $0.map { String(cString: $0) } }
    }

    private static func ending(of path: String, among endings: [String]) throws(ImageFileError) -> String {
        let name = path.lowercased()
        guard let ending = endings.first(where: { name.hasSuffix($0) }) else {
            throw ImageFileError(
                path,
                "not a name of a medical image file; it must end with \(endings.joined(separator: ", "))")
        }
        return ending
    }
}
