import AnatomyNet

/// Where an image's voxels lie, in the library's terms and in those of the file it came from.
///
/// The file's own header is kept, so that an image written on this grid in the same format has
/// exactly the same geometry: bit for bit, codes and units included.
public struct ImageGrid: Sendable {
    /// Dimensions, spacing in mm, origin and direction in DICOM LPS. The direction is the identity
    /// where `isOrientationKnown` is false, the origin 0 where `isOriginKnown` is.
    public var geometry: Geometry
    /// Whether the file says how its axes lie in the patient.
    public var isOrientationKnown: Bool
    /// Whether the file says where its first voxel lies.
    public var isOriginKnown: Bool
    /// What is doubtful about it, in sentences without the full stop.
    public var doubts: [String] = []
    var header: Header

    enum Header: Sendable {
        case nifti(NiftiHeader)
        case nrrd(NrrdHeader)
        case none
    }

    /// A grid that comes from no file.
    public init(geometry: Geometry) {
        self.geometry = geometry
        isOrientationKnown = true
        isOriginKnown = true
        header = .none
    }

    init(geometry: Geometry, isOrientationKnown: Bool, isOriginKnown: Bool, header: Header) {
        self.geometry = geometry
        self.isOrientationKnown = isOrientationKnown
        self.isOriginKnown = isOriginKnown
        self.header = header
    }

    /// Whether both grids put every voxel's centre at the same place, to a hundredth of a voxel.
    ///
    /// Formats hold geometry in different precision (NIfTI in float32), so equality of numbers
    /// would be too much to ask of two files that mean the same grid.
    public func coincides(with other: ImageGrid) -> Bool {
        guard geometry.dimensions == other.geometry.dimensions else { return false }
        let tolerance = 0.01 * (geometry.spacing ?? [1, 1, 1]).min()
        return geometry.largestDistance(from: other.geometry) <= tolerance
    }
}

extension Geometry {
    /// The largest distance in mm between a voxel of the one and the same voxel of the other, both of the same
    /// dimensions.
    func largestDistance(from other: Geometry) -> Double {
        (0..<8).map { corner in
            let index = SIMD3<Double>(
                corner & 1 == 0 ? 0 : Double(dimensions.x - 1),
                corner & 2 == 0 ? 0 : Double(dimensions.y - 1),
                corner & 4 == 0 ? 0 : Double(dimensions.z - 1))
            return (position(ofVoxel: index) - other.position(ofVoxel: index)).length
        }.max() ?? 0
    }

    /// The place of a voxel index, which may lie between voxels, in mm LPS; unknown spacing counts
    /// as 1 mm.
    public func position(ofVoxel index: SIMD3<Double>) -> SIMD3<Double> {
        let steps = index * (spacing ?? [1, 1, 1])
        return origin + direction.x * steps.x + direction.y * steps.y + direction.z * steps.z
    }
}
