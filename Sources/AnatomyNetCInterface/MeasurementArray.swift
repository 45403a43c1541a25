import AnatomyNet
import CAnatomyNet

/// A caller's array of measurements, whose elements may be of another version's size.
struct MeasurementArray {
    private let elements: UnsafeMutableRawPointer
    private let stride: Int
    private let count: Int

    /// nil if no measurements are wanted.
    ///
    /// - Throws: `.structSize`, `.bufferTooShort`.
    init?(_ outputs: anatomynet_outputs?, classCount: Int) throws(AnatomyNetError) {
        guard let outputs, let first = outputs.measurements else { return nil }
        let capacity = Int(clamping: outputs.measurements_bytes)
        guard capacity >= 8 else {
            throw AnatomyNetError(
                .bufferTooShort, "outputs->measurements_bytes is \(capacity), less than an element")
        }
        elements = UnsafeMutableRawPointer(first)
        stride = Int(first.pointee.struct_size)
        count = classCount
        guard anatomynet_measurement.isStructSize(stride) else {
            throw AnatomyNetError(
                .structSize,
                "outputs->measurements[0].struct_size is \(stride): call anatomynet_measurement_init on every element"
            )
        }
        guard capacity >= stride * count else {
            throw AnatomyNetError(
                .bufferTooShort,
                "outputs->measurements_bytes is \(capacity); \(stride * count) are needed for the model's \(count) classes"
            )
        }
        for index in 0..<count {
            let name = "outputs->measurements[\(index)]"
            let element = elements + index * stride
            let size = Int(element.loadUnaligned(as: UInt32.self))
            guard size == stride else {
                throw AnatomyNetError(
                    .structSize,
                    "\(name).struct_size is \(size), but \(stride) in element 0: call anatomynet_measurement_init on "
                        + "every element")
            }
            _ = try anatomynet_measurement.verifiedSize(of: element, name)
        }
    }

    /// - Throws: `.overlap` with the voxels or another output.
    func requireApart(
        from volume: Volume, labels: UnsafeMutablePointer<UInt8>, probabilities: ProbabilityRequest?
    ) throws(AnatomyNetError) {
        let voxels = volume.geometry.voxelCount
        var others = [
            ("the voxels", volume.memory), ("labels", Range(addressesFrom: labels, bytes: voxels)),
        ]
        if let probabilities, let base = probabilities.values.baseAddress {
            let bytes = 4 * probabilities.classes.count * voxels
            others.append(("probabilities", Range(addressesFrom: base, bytes: bytes)))
        }
        try Range(addressesFrom: elements, bytes: stride * count).requireApart(
            "outputs->measurements", from: others)
    }

    func write(_ measurements: [Measurement]) {
        for measurement in measurements {
            anatomynet_measurement(measurement).write(to: elements + measurement.label * stride, size: stride)
        }
    }
}

extension anatomynet_measurement {
    fileprivate init(_ measurement: Measurement) {
        self = .defaults
        label = UInt32(measurement.label)
        voxels = UInt64(measurement.voxels)
        volume_ml = measurement.volume ?? .nan
        mean_confidence = measurement.meanConfidence ?? .nan
        touches_border = measurement.touchesBorder ? 1 : 0
        let nowhere = SIMD3(repeating: Double.nan)
        let centroid = measurement.centroid ?? nowhere
        let lower = measurement.boundingBox?.lower ?? nowhere
        let upper = measurement.boundingBox?.upper ?? nowhere
        self.centroid = (centroid.x, centroid.y, centroid.z)
        box_lower = (lower.x, lower.y, lower.z)
        box_upper = (upper.x, upper.y, upper.z)
    }
}
