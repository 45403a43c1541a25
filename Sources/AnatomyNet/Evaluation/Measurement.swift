/// What a segmentation says about one class: size, place and trustworthiness.
public struct Measurement: Sendable, Equatable {
    /// Of the class; 0 is background.
    public var label: Int
    /// How many voxels have the label.
    public var voxels: Int
    /// mL; nil where the volume's spacing is unknown.
    public var volume: Double?
    /// The mean of the voxels' centres in mm, in patient coordinates (LPS); nil without voxels or
    /// spacing.
    public var centroid: SIMD3<Double>?
    /// The smallest box along the patient's axes that holds the voxels wholly (half a voxel beyond the
    /// centres of the outermost); nil without voxels or spacing.
    public var boundingBox: PatientBox?
    /// The mean probability of the class over the voxels that the network gave to it, before any
    /// post-processing; nil without such voxels.
    public var meanConfidence: Double?
    /// Whether a voxel lies at the border of the volume, or of the region that was asked for: the organ
    /// may continue outside.
    public var touchesBorder: Bool

    /// mm, in patient coordinates (LPS).
    public struct PatientBox: Sendable, Equatable {
        /// The corner toward the patient's right, front and feet.
        public var lower: SIMD3<Double>
        /// The corner toward the patient's left, back and head.
        public var upper: SIMD3<Double>
    }
}

extension Measurement {
    /// Measures labels that exist already, such as a true segmentation; confidences are nil.
    ///
    /// - Parameter labels: of the whole volume, dense, x fastest.
    /// - Returns: one measurement a class, in the order of the labels, background included.
    /// - Throws: what `Geometry.check` throws; `.bufferTooShort`; `.unknownClass` if a label is not below
    ///   `classCount`; `.outOfMemory`.
    public static func all(
        of labels: UnsafeBufferPointer<UInt8>, geometry: Geometry, classCount: Int
    ) throws(AnatomyNetError) -> [Measurement] {
        try geometry.check()
        guard labels.count >= geometry.voxelCount, let base = labels.baseAddress else {
            throw AnatomyNetError(
                .bufferTooShort,
                "there are \(labels.count) labels; the volume has \(geometry.voxelCount) voxels")
        }
        if let largest = labels.prefix(geometry.voxelCount).max(), largest >= classCount {
            throw AnatomyNetError(
                .unknownClass,
                "a voxel has the label \(largest); there are the classes 0 to \(classCount - 1)")
        }
        return try Measurer(
            geometry: geometry, box: .whole(geometry.dimensions), classCount: classCount
        ).measure(
            labels: base, confidences: [Double?](repeating: nil, count: classCount),
            runner: Runner(workers: 1, progress: nil))
    }
}
