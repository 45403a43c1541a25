// The names are those of the C header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import AnatomyNet
import CAnatomyNet
import Glibc

extension StaticString {
    /// A NUL-terminated C string of static storage.
    fileprivate var cString: UnsafePointer<CChar> {
        UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

@_cdecl("anatomynet_version") @implementation
public func anatomynet_version() -> UnsafePointer<CChar>! { LibraryVersion.string.cString }

@_cdecl("anatomynet_abi_version") @implementation
public func anatomynet_abi_version() -> UInt32 { LibraryVersion.abi }

@_cdecl("anatomynet_instruction_set") @implementation
public func anatomynet_instruction_set() -> UnsafePointer<CChar>! { Model.bestInstructionSetName }

@_cdecl("anatomynet_model_class_count") @implementation
public func anatomynet_model_class_count(_ model: OpaquePointer!) -> UInt32 {
    UInt32(ModelHandle.behind(model)?.classNames.count ?? 0)
}

@_cdecl("anatomynet_model_class_name") @implementation
public func anatomynet_model_class_name(_ model: OpaquePointer!, _ label: UInt32) -> UnsafePointer<CChar>! {
    guard let names = ModelHandle.behind(model)?.classNames, label < names.count else { return nil }
    return names[Int(label)].pointer
}

@_cdecl("anatomynet_model_architecture") @implementation
public func anatomynet_model_architecture(_ model: OpaquePointer!) -> UnsafePointer<CChar>! {
    ModelHandle.behind(model)?.architecture.pointer
}

@_cdecl("anatomynet_model_parameter_count") @implementation
public func anatomynet_model_parameter_count(_ model: OpaquePointer!) -> UInt64 {
    UInt64(ModelHandle.behind(model)?.model.architecture.graph.parameterCount ?? 0)
}

@_cdecl("anatomynet_model_fingerprint") @implementation
public func anatomynet_model_fingerprint(_ model: OpaquePointer!) -> UnsafePointer<CChar>! {
    ModelHandle.behind(model)?.fingerprint.pointer
}

@_cdecl("anatomynet_model_metadata") @implementation
public func anatomynet_model_metadata(
    _ model: OpaquePointer!, _ key: UnsafePointer<CChar>!
) -> UnsafePointer<CChar>! {
    guard let key else { return nil }
    return ModelHandle.behind(model)?.metadata.first { strcmp($0.key.pointer, key) == 0 }?.value.pointer
}

@_cdecl("anatomynet_model_metadata_key") @implementation
public func anatomynet_model_metadata_key(_ model: OpaquePointer!, _ index: UInt32) -> UnsafePointer<CChar>! {
    guard let metadata = ModelHandle.behind(model)?.metadata, index < metadata.count else { return nil }
    return metadata[Int(index)].key.pointer
}

@_cdecl("anatomynet_model_describe") @implementation
public func anatomynet_model_describe(
    _ model: OpaquePointer!, _ properties: UnsafeMutablePointer<anatomynet_model_properties>!
) -> Int32 {
    reporting { () throws(AnatomyNetError) in
        let model = try ModelHandle.from(model).model
        let properties = try required(properties, "properties")
        try anatomynet_model_properties(model).write(to: properties, "properties")
    }
}

extension anatomynet_model_properties {
    fileprivate init(_ model: Model) {
        let description = model.description
        self = .zeroed
        class_count = UInt32(model.classNames.count)
        parameter_count = UInt64(model.architecture.graph.parameterCount)
        spacing_mode = UInt32(ANATOMYNET_SPACING_NONE)
        if case .fixed(let millimetres) = description.spacing {
            spacing_mode = UInt32(ANATOMYNET_SPACING_FIXED)
            spacing = (millimetres.x, millimetres.y, millimetres.z)
        }
        if let least = description.spacingMinimum { spacing_minimum = (least.x, least.y, least.z) }
        if let greatest = description.spacingMaximum {
            spacing_maximum = (greatest.x, greatest.y, greatest.z)
        }
        intensity_window = UInt32(ANATOMYNET_WINDOW_NONE)
        if case .window(let lower, let upper) = description.intensity {
            intensity_window = UInt32(ANATOMYNET_WINDOW_LINEAR)
            window_lower = lower
            window_upper = upper
        }
        negative_slope = description.activation.negativeSlope
        activation = UInt32(
            description.activation == .relu ? ANATOMYNET_ACTIVATION_RELU : ANATOMYNET_ACTIVATION_LEAKY_RELU)
        batch_norm = UInt32(
            description.batchNorm == .running ? ANATOMYNET_BATCH_NORM_RUNNING : ANATOMYNET_BATCH_NORM_VOLUME)
        padding_multiple = UInt32(description.paddingMultiple)
        let letters = description.orientation.description.utf8.map { CChar(bitPattern: $0) }
        orientation = (letters[0], letters[1], letters[2], 0)
    }
}
