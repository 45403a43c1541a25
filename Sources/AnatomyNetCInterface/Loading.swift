// The names are those of the C header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import AnatomyNet
import CAnatomyNet

@_cdecl("anatomynet_load") @implementation
public func anatomynet_load(
    _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<anatomynet_load_options>!,
    _ model: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    load(options: options, into: model) { () throws(AnatomyNetError) in
        try WeightFile.read(path: try required(path, "path"))
    }
}

@_cdecl("anatomynet_load_memory") @implementation
public func anatomynet_load_memory(
    _ bytes: UnsafeRawPointer!, _ size: UInt64, _ options: UnsafePointer<anatomynet_load_options>!,
    _ model: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    load(options: options, into: model) { () throws(AnatomyNetError) in
        let bytes = try required(bytes, "bytes")
        guard let count = Int(exactly: size) else {
            throw AnatomyNetError(.container, "size is \(size); no memory is that large")
        }
        return try WeightFile.read(bytes: UnsafeRawBufferPointer(start: bytes, count: count))
    }
}

@_cdecl("anatomynet_free") @implementation
public func anatomynet_free(_ model: OpaquePointer!) {
    if let model { ModelHandle.release(model) }
}

private func load(
    options: UnsafePointer<anatomynet_load_options>?, into model: UnsafeMutablePointer<OpaquePointer?>?,
    _ read: () throws(AnatomyNetError) -> WeightFile
) -> Int32 {
    model?.pointee = nil
    return reporting { () throws(AnatomyNetError) in
        let model = try required(model, "model")
        var given = anatomynet_load_options.defaults
        if let options { given = try anatomynet_load_options(callers: options, "options") }
        let overrides = try given.overrides
        let instructionSet = try given.instructionSet
        let keepsMemory = try flag(given.keep_memory, "keep_memory")
        guard given.reserved == 0 else {
            throw AnatomyNetError(.option, "options->reserved is \(given.reserved); it must be 0")
        }
        let loaded = try Model(
            try read(), overrides: overrides, instructionSet: instructionSet, keepsMemory: keepsMemory)
        let handle = try ModelHandle(loaded)
        if let log = given.log {
            for taken in loaded.description.defaults {
                "the weight file does not state it, so the default is taken: \(taken)".withCString {
                    log(ANATOMYNET_LOG_INFORMATION, $0, given.log_user)
                }
            }
        }
        model.pointee = handle.retained
    }
}

extension anatomynet_load_options {
    fileprivate var overrides: ModelOverrides {
        get throws(AnatomyNetError) {
            var overrides = ModelOverrides()
            switch Int32(bitPattern: activation) {
            case 0: break
            case ANATOMYNET_ACTIVATION_RELU: overrides.activation = .relu
            case ANATOMYNET_ACTIVATION_LEAKY_RELU: overrides.activation = .leakyReLU
            default: throw Self.unknown("activation", activation, allowed: "0, 1 (ReLU) and 2 (LeakyReLU)")
            }
            if negative_slope != 0 { overrides.negativeSlope = negative_slope }
            switch Int32(bitPattern: batch_norm) {
            case 0: break
            case ANATOMYNET_BATCH_NORM_RUNNING: overrides.batchNorm = .running
            case ANATOMYNET_BATCH_NORM_VOLUME: overrides.batchNorm = .volume
            default: throw Self.unknown("batch_norm", batch_norm, allowed: "0, 1 (running) and 2 (volume)")
            }
            if padding_multiple != 0 { overrides.paddingMultiple = Int(padding_multiple) }
            switch Int32(bitPattern: intensity_window) {
            case 0: break
            case ANATOMYNET_WINDOW_NONE: overrides.intensity = .identity
            case ANATOMYNET_WINDOW_LINEAR:
                overrides.intensity = .window(lower: window_lower, upper: window_upper)
            default:
                throw Self.unknown(
                    "intensity_window", intensity_window, allowed: "0, 1 (none) and 2 (linear)")
            }
            switch Int32(bitPattern: spacing_mode) {
            case 0: break
            case ANATOMYNET_SPACING_NONE: overrides.spacing = .any
            case ANATOMYNET_SPACING_FIXED: overrides.spacing = .fixed(SIMD3(spacing.0, spacing.1, spacing.2))
            default: throw Self.unknown("spacing_mode", spacing_mode, allowed: "0, 1 (none) and 2 (fixed)")
            }
            overrides.architecture = try Self.string(architecture, "architecture")
            overrides.orientation = try Self.string(orientation, "orientation")
            overrides.classNames = try names
            return overrides
        }
    }

    private var names: [String]? {
        get throws(AnatomyNetError) {
            guard let class_names else { return nil }
            guard (2...255).contains(class_count) else {
                throw AnatomyNetError(
                    .option, "options->class_count is \(class_count); with class_names, 2 to 255 are allowed")
            }
            var names: [String] = []
            for index in 0..<Int(class_count) {
                guard let name = try Self.string(class_names[index], "class_names[\(index)]") else {
                    throw AnatomyNetError(.nullArgument, "options->class_names[\(index)] is NULL")
                }
                names.append(name)
            }
            return names
        }
    }

    fileprivate var instructionSet: Model.InstructionSet? {
        get throws(AnatomyNetError) {
            if instruction_set == 0 { return nil }
            guard let set = Int32(exactly: instruction_set).flatMap(Model.InstructionSet.init) else {
                throw Self.unknown(
                    "instruction_set", instruction_set,
                    allowed: "0 (best), 1 (portable), 2 (AVX2) and 3 (AVX-512)")
            }
            return set
        }
    }

    /// A caller's text: short, and UTF-8.
    private static func string(
        _ pointer: UnsafePointer<CChar>?, _ name: String
    ) throws(AnatomyNetError) -> String? {
        guard let pointer else { return nil }
        var length = 0
        while length <= 255, pointer[length] != 0 { length += 1 }
        let bytes = UnsafeRawBufferPointer(start: pointer, count: length)
        guard length <= 255, let text = String(validating: bytes, as: UTF8.self) else {
            throw AnatomyNetError(.option, "options->\(name) is not UTF-8 of at most 255 bytes")
        }
        return text
    }

    private static func unknown(_ field: String, _ value: UInt32, allowed: String) -> AnatomyNetError {
        AnatomyNetError(.option, "options->\(field) is \(value); allowed are \(allowed)")
    }
}
