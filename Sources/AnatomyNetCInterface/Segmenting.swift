// The names are those of the C header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import AnatomyNet
import CAnatomyNet

@_cdecl("anatomynet_segment") @implementation
public func anatomynet_segment(
    _ model: OpaquePointer!, _ volume: UnsafePointer<anatomynet_volume>!,
    _ options: UnsafePointer<anatomynet_segment_options>!, _ labels: UnsafeMutablePointer<UInt8>!,
    _ labels_bytes: UInt64, _ outputs: UnsafePointer<anatomynet_outputs>!
) -> Int32 {
    reporting { () throws(AnatomyNetError) in
        let handle = try ModelHandle.from(model)
        let given = try anatomynet_volume(callers: try required(volume, "volume"), "volume")
        let labels = try required(labels, "labels")
        let ct = try given.volume
        let settings = try segmentationOptions(options)
        let wanted = try outputs.map { (pointer) throws(AnatomyNetError) in
            try anatomynet_outputs(callers: pointer, "outputs")
        }
        let request = try probabilityRequest(wanted)
        let array = try MeasurementArray(wanted, classCount: handle.model.classNames.count)
        try array?.requireApart(from: ct, labels: labels, probabilities: request)
        let measurements = try Segmenter(handle.model).segment(
            ct, options: settings,
            labels: UnsafeMutableBufferPointer(start: labels, count: Int(clamping: labels_bytes)),
            probabilities: request, measures: array != nil)
        array?.write(measurements)
    }
}

@_cdecl("anatomynet_estimate_memory") @implementation
public func anatomynet_estimate_memory(
    _ model: OpaquePointer!, _ volume: UnsafePointer<anatomynet_volume>!,
    _ options: UnsafePointer<anatomynet_segment_options>!, _ bytes: UnsafeMutablePointer<UInt64>!
) -> Int32 {
    reporting { () throws(AnatomyNetError) in
        let handle = try ModelHandle.from(model)
        let given = try anatomynet_volume(callers: try required(volume, "volume"), "volume")
        let bytes = try required(bytes, "bytes")
        bytes.pointee = try Segmenter(handle.model).estimateMemory(
            try given.geometry, options: try segmentationOptions(options))
    }
}

extension anatomynet_volume {
    fileprivate var volume: Volume {
        get throws(AnatomyNetError) {
            let type: Volume.VoxelType
            switch Int32(bitPattern: voxel_type) {
            case ANATOMYNET_INT16: type = .int16
            case ANATOMYNET_UINT16: type = .uint16
            case ANATOMYNET_FLOAT32: type = .float32
            default:
                throw AnatomyNetError(
                    .voxelType,
                    "volume->voxel_type is \(voxel_type); allowed are 1 (int16), 2 (uint16) and 3 (float32)")
            }
            return try Volume(
                voxels: try required(voxels, "volume->voxels"), voxelBytes: voxels_bytes, voxelType: type,
                strides: SIMD3(Int(strides.0), Int(strides.1), Int(strides.2)), rescaleSlope: rescale_slope,
                rescaleIntercept: rescale_intercept, geometry: try geometry)
        }
    }

    fileprivate var geometry: Geometry {
        get throws(AnatomyNetError) {
            let millimetres = SIMD3(spacing.0, spacing.1, spacing.2)
            let columns = direction
            return Geometry(
                dimensions: SIMD3(Int(dimensions.0), Int(dimensions.1), Int(dimensions.2)),
                spacing: millimetres == .zero ? nil : millimetres,
                origin: SIMD3(origin.0, origin.1, origin.2),
                direction: Direction(
                    x: SIMD3(columns.0, columns.3, columns.6), y: SIMD3(columns.1, columns.4, columns.7),
                    z: SIMD3(columns.2, columns.5, columns.8)))
        }
    }
}

private func segmentationOptions(
    _ pointer: UnsafePointer<anatomynet_segment_options>?
) throws(AnatomyNetError) -> SegmentationOptions {
    var options = SegmentationOptions()
    guard let pointer else { return options }
    let given = try anatomynet_segment_options(callers: pointer, "options")
    options.threads = Int(given.threads)
    options.memoryLimit = given.memory_limit == 0 ? nil : given.memory_limit
    options.region = try region(given)
    options.allowsUntrainedSpacing = try flag(given.allow_untrained_spacing, "allow_untrained_spacing")
    options.keepsLargestComponents = try flag(given.keep_largest_components, "keep_largest_components")
    guard let storage = FeatureMapStorage(rawValue: given.feature_map_storage) else {
        throw AnatomyNetError(
            .option,
            "options->feature_map_storage is \(given.feature_map_storage); allowed are 0 (float32) and 1 (bfloat16)"
        )
    }
    options.featureMapStorage = storage
    if let progress = given.progress {
        options.progress = { fraction in progress(fraction, given.progress_user) == 0 }
    }
    if let log = given.log {
        options.log = { level, message in
            message.withCString {
                log(
                    level == .warning ? ANATOMYNET_LOG_WARNING : ANATOMYNET_LOG_INFORMATION, $0,
                    given.log_user)
            }
        }
    }
    return options
}

private func region(_ options: anatomynet_segment_options) throws(AnatomyNetError) -> Region? {
    let context: Region.Context
    switch Int32(bitPattern: options.region_mode) {
    case ANATOMYNET_REGION_NONE: return nil
    case ANATOMYNET_REGION_LABELS: context = .wholeVolume
    case ANATOMYNET_REGION_CROP: context = .margin(options.region_margin)
    default:
        throw AnatomyNetError(
            .option,
            "options->region_mode is \(options.region_mode); allowed are 0 (none), 1 (labels) and 2 (crop)")
    }
    let first = options.region_first
    let size = options.region_dimensions
    return Region(
        first: SIMD3(Int(first.0), Int(first.1), Int(first.2)),
        dimensions: SIMD3(Int(size.0), Int(size.1), Int(size.2)), context: context)
}

private func probabilityRequest(
    _ outputs: anatomynet_outputs?
) throws(AnatomyNetError) -> ProbabilityRequest? {
    guard let given = outputs, given.class_count > 0 else { return nil }
    guard given.class_count <= 255 else {
        throw AnatomyNetError(
            .unknownClass, "outputs->class_count is \(given.class_count); at most 255 are allowed")
    }
    let values = try required(given.probabilities, "outputs->probabilities")
    let classes = (0..<Int(given.class_count)).map { plane in
        given.classes.map { Int($0[plane]) } ?? plane
    }
    return ProbabilityRequest(
        classes: classes,
        values: UnsafeMutableBufferPointer(
            start: values,
            count: Int(clamping: given.probabilities_bytes / UInt64(MemoryLayout<Float>.stride))))
}
