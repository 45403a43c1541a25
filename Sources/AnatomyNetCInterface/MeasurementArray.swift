import AnatomyNet
import CAnatomyNet

/// A caller's array of measurements, whose elements may be of another version's size.
struct MeasurementArray {
    private let elements: UnsafeMutableRawPointer
    private let stride: Int
    private let count: Int

    /// nil if no measurements are wanted.
    ///
    /// - Throws: `.structSize`, `.bufferTooShort`, or `.overlap` with the voxels or another output.
    init?(
        _ outputs: UnsafePointer<anatomynet_outputs>?, classCount: Int, apartFrom volume: Volume,
        labels: UnsafeMutablePointer<UInt8>, probabilities: ProbabilityRequest?
    ) throws(AnatomyNetError) {
        guard let outputs else { return nil }
        let given = try anatomynet_outputs(callers: outputs, "outputs")
        guard let first = given.measurements else { return nil }
        let capacity = Int(clamping: given.measurements_bytes)
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
        for index in 1..<count {
            let size = Int((elements + index * stride).loadUnaligned(as: UInt32.self))
            guard size == stride else {
                throw AnatomyNetError(
                    .structSize,
                    "outputs->measurements[\(index)].struct_size is \(size), but \(stride) in element 0: call "
                        + "anatomynet_measurement_init on every element")
            }
        }
        let own = Range(addressesFrom: elements, bytes: stride * count)
        var others = [("voxels", volume.memory)]
        others.append(("labels", Range(addressesFrom: labels, bytes: volume.geometry.voxelCount)))
        if let probabilities, let base = probabilities.values.baseAddress {
            let bytes = 4 * probabilities.classes.count * volume.geometry.voxelCount
            others.append(("probabilities", Range(addressesFrom: base, bytes: bytes)))
        }
        for (name, memory) in others where memory.overlaps(own) {
            throw AnatomyNetError(
                .overlap, "outputs->measurements overlaps the memory of \(name); it must be apart")
        }
    }

    func write(_ measurements: [Measurement]) throws(AnatomyNetError) {
        for measurement in measurements {
            let element = elements + measurement.label * stride
            try anatomynet_measurement(measurement).write(
                to: element.assumingMemoryBound(to: anatomynet_measurement.self), "outputs->measurements")
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
