/// How a written file stores a voxel.
public enum WrittenVoxelType: Sendable {
    case uint8, int16, float32

    /// Bytes of one voxel.
    public var size: Int {
        switch self {
        case .uint8: 1
        case .int16: 2
        case .float32: 4
        }
    }
}

/// Writes images on a given grid, annotated.
public struct ImageWriter: Sendable {
    public var grid: ImageGrid
    public var annotation: ImageAnnotation

    public init(grid: ImageGrid, annotation: ImageAnnotation) {
        self.grid = grid
        self.annotation = annotation
    }

    /// Writes voxels in the machine's byte order, dense, x fastest, one for each of the grid's.
    ///
    /// The file appears under its name only when it is complete; one that stood there is replaced.
    /// - Throws: `ImageFileError`.
    public func write(_ voxels: UnsafeRawPointer, as type: WrittenVoxelType, to path: String) throws {
        let format = try ImageFormat(ofFileAt: path, among: ImageFormat.writableEndings)
        // The ending decides about the format and its compression, so the temporary name keeps it.
        let ending = try ImageFormat.writableEnding(of: path)
        try PartialFiles.complete(path, ending: ending) { temporary in
            switch format {
            case .nifti: try writeNifti(voxels, as: type, to: temporary, named: path)
            case .nrrd: try writeNrrd(voxels, as: type, to: temporary, named: path)
            }
        }
    }
}
