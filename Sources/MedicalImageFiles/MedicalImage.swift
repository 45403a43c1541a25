import AnatomyNet

/// A three-dimensional image read from a file.
///
/// Immutable after it was read, hence safe to share between threads.
public final class MedicalImage: @unchecked Sendable {
    public let grid: ImageGrid
    public let voxelType: Volume.VoxelType
    /// value = rescaleSlope · stored + rescaleIntercept.
    public let rescaleSlope: Double
    public let rescaleIntercept: Double
    /// What the file says that its labels mean, without the background: names of labels from 1 to 255.
    public let labelNames: [Int: String]
    /// Voxels as bytes of `voxelType`, dense, x fastest, machine byte order.
    let voxels: Buffer<UInt8>

    init(
        grid: ImageGrid, voxelType: Volume.VoxelType, rescaleSlope: Double = 1, rescaleIntercept: Double = 0,
        labelNames: [Int: String], voxels: Buffer<UInt8>
    ) {
        self.grid = grid
        self.voxelType = voxelType
        self.rescaleSlope = rescaleSlope
        self.rescaleIntercept = rescaleIntercept
        self.labelNames = labelNames
        self.voxels = voxels
    }

    /// Reads a NIfTI-1 or NRRD file. One time point or component is allowed, more are not.
    ///
    /// - Throws: `ImageFileError` or, when memory is refused, `AnatomyNetError`.
    public static func read(_ path: String) throws -> MedicalImage {
        switch try ImageFormat(ofFileAt: path, among: ImageFormat.readableEndings) {
        case .nifti: try readNifti(path)
        case .nrrd: try readNrrd(path)
        }
    }

    /// The image as the library takes it. Valid as long as this object lives.
    ///
    /// - Parameter geometry: that of the grid, with a direction where the image does not say it.
    /// - Throws: `AnatomyNetError` if the geometry or the rescale values are unusable.
    public func volume(geometry: Geometry) throws(AnatomyNetError) -> Volume {
        try Volume(
            voxels: UnsafeRawPointer(voxels.pointer), voxelBytes: UInt64(voxels.count), voxelType: voxelType,
            rescaleSlope: rescaleSlope, rescaleIntercept: rescaleIntercept, geometry: geometry)
    }

    /// The value (HU for a CT) of the voxel with this index in memory, which must be within the image.
    public func value(atVoxel index: Int) -> Double {
        let stored: Double
        switch voxelType {
        case .int16: stored = Double(load(index, as: Int16.self))
        case .uint16: stored = Double(load(index, as: UInt16.self))
        case .float32: stored = Double(load(index, as: Float.self))
        }
        return rescaleSlope * stored + rescaleIntercept
    }

    /// The image as labels, one byte a voxel.
    ///
    /// - Throws: `ImageFileError` naming the first voxel that is not an integer from 0 to 255;
    ///   `AnatomyNetError` when memory is refused.
    public func labels(path: String) throws -> Buffer<UInt8> {
        let count = grid.geometry.voxelCount
        let labels = try Buffer<UInt8>(count: count, purpose: "labels of \(path)")
        for index in 0..<count {
            let value = value(atVoxel: index)
            guard let label = UInt8(exactly: value) else {
                let size = grid.geometry.dimensions
                let place = "(\(index % size.x), \(index / size.x % size.y), \(index / size.x / size.y))"
                throw ImageFileError(
                    path, "voxel \(place) is \(value), which is no label; labels are integers from 0 to 255")
            }
            labels.pointer[index] = label
        }
        return labels
    }

    @inline(__always)
    private func load<Stored: BitwiseCopyable>(_ index: Int, as type: Stored.Type) -> Stored {
        UnsafeRawPointer(voxels.pointer).loadUnaligned(
            fromByteOffset: index * MemoryLayout<Stored>.stride, as: type)
    }
}

/// Checks the dimensions a file claims before anything is computed from them.
///
/// - Returns: the dimensions and how many voxels they make.
func checkedDimensions(_ sizes: [Int], path: String) throws(ImageFileError) -> (SIMD3<Int>, count: Int) {
    guard sizes.count == 3, sizes.allSatisfy({ (1...Geometry.largestDimension).contains($0) }) else {
        let found = sizes.map(String.init).joined(separator: " × ")
        throw ImageFileError(
            path,
            "an image of \(found) voxels; three dimensions from 1 to \(Geometry.largestDimension) are allowed"
        )
    }
    return ([sizes[0], sizes[1], sizes[2]], sizes[0] * sizes[1] * sizes[2])
}
