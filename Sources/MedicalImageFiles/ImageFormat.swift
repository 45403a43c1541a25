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
        let name = path.lowercased()
        guard let ending = endings.first(where: { name.hasSuffix($0) }) else {
            throw ImageFileError(
                path,
                "not a name of a medical image file; it must end with \(endings.joined(separator: ", "))")
        }
        self = [".nrrd", ".nhdr"].contains(ending) ? .nrrd : .nifti
    }

    /// Whether a file of this name can be written.
    ///
    /// - Throws: `ImageFileError` if it cannot, so that a run can be refused before it starts.
    public static func checkWritable(_ path: String) throws(ImageFileError) {
        _ = try ImageFormat(ofFileAt: path, among: writableEndings)
    }
}
