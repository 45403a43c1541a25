// The names are those of the C header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import AnatomyNet
import AnatomyNetSystem
import CAnatomyNet

extension AnatomyNetError.Kind {
    /// The value in `anatomynet.h`.
    var status: Int32 {
        switch self {
        case .nullArgument: ANATOMYNET_ERROR_NULL_ARGUMENT
        case .structSize: ANATOMYNET_ERROR_STRUCT_SIZE
        case .dimensions: ANATOMYNET_ERROR_DIMENSIONS
        case .voxelType: ANATOMYNET_ERROR_VOXEL_TYPE
        case .strides: ANATOMYNET_ERROR_STRIDES
        case .bufferTooShort: ANATOMYNET_ERROR_BUFFER_TOO_SHORT
        case .overlap: ANATOMYNET_ERROR_OVERLAP
        case .nonfiniteVoxel: ANATOMYNET_ERROR_NONFINITE_VOXEL
        case .option: ANATOMYNET_ERROR_OPTION
        case .spacing: ANATOMYNET_ERROR_SPACING
        case .orientation: ANATOMYNET_ERROR_ORIENTATION
        case .unknownClass: ANATOMYNET_ERROR_CLASS
        case .file: ANATOMYNET_ERROR_FILE
        case .container: ANATOMYNET_ERROR_CONTAINER
        case .metadata: ANATOMYNET_ERROR_METADATA
        case .tensor: ANATOMYNET_ERROR_TENSOR
        case .weightValue: ANATOMYNET_ERROR_WEIGHT_VALUE
        case .checksum: ANATOMYNET_ERROR_CHECKSUM
        case .unsupported: ANATOMYNET_ERROR_UNSUPPORTED
        case .outOfMemory: ANATOMYNET_ERROR_OUT_OF_MEMORY
        case .memoryLimit: ANATOMYNET_ERROR_MEMORY_LIMIT
        case .cancelled: ANATOMYNET_CANCELLED
        case .nonfiniteScore: ANATOMYNET_ERROR_NONFINITE_SCORE
        case .internal: ANATOMYNET_ERROR_INTERNAL
        }
    }
}

/// Runs the body of an exported function, whatever the thread's rounding mode and floating-point traps: its error
/// becomes the thread's message and a status.
func reporting(_ body: () throws(AnatomyNetError) -> Void) -> Int32 {
    let ofHost = ans_hold_floating_point()
    defer { ans_restore_floating_point(ofHost) }
    do throws(AnatomyNetError) {
        try body()
        return ANATOMYNET_OK
    } catch {
        ans_set_last_error(error.message)
        return error.kind.status
    }
}

/// The pointer, or an error that names the argument.
func required<Pointer>(_ pointer: Pointer?, _ name: String) throws(AnatomyNetError) -> Pointer {
    guard let pointer else {
        throw AnatomyNetError(.nullArgument, "\(name) is NULL; it must point to something")
    }
    return pointer
}

@_cdecl("anatomynet_status_name") @implementation
public func anatomynet_status_name(_ status: Int32) -> UnsafePointer<CChar>! {
    statusName(status).withUTF8Buffer { bytes in
        UnsafeRawPointer(bytes.baseAddress!).assumingMemoryBound(to: CChar.self)
    }
}

private func statusName(_ status: Int32) -> StaticString {
    switch status {
    case ANATOMYNET_OK: "ANATOMYNET_OK"
    case ANATOMYNET_ERROR_NULL_ARGUMENT: "ANATOMYNET_ERROR_NULL_ARGUMENT"
    case ANATOMYNET_ERROR_STRUCT_SIZE: "ANATOMYNET_ERROR_STRUCT_SIZE"
    case ANATOMYNET_ERROR_DIMENSIONS: "ANATOMYNET_ERROR_DIMENSIONS"
    case ANATOMYNET_ERROR_VOXEL_TYPE: "ANATOMYNET_ERROR_VOXEL_TYPE"
    case ANATOMYNET_ERROR_STRIDES: "ANATOMYNET_ERROR_STRIDES"
    case ANATOMYNET_ERROR_BUFFER_TOO_SHORT: "ANATOMYNET_ERROR_BUFFER_TOO_SHORT"
    case ANATOMYNET_ERROR_OVERLAP: "ANATOMYNET_ERROR_OVERLAP"
    case ANATOMYNET_ERROR_NONFINITE_VOXEL: "ANATOMYNET_ERROR_NONFINITE_VOXEL"
    case ANATOMYNET_ERROR_OPTION: "ANATOMYNET_ERROR_OPTION"
    case ANATOMYNET_ERROR_SPACING: "ANATOMYNET_ERROR_SPACING"
    case ANATOMYNET_ERROR_ORIENTATION: "ANATOMYNET_ERROR_ORIENTATION"
    case ANATOMYNET_ERROR_CLASS: "ANATOMYNET_ERROR_CLASS"
    case ANATOMYNET_ERROR_FILE: "ANATOMYNET_ERROR_FILE"
    case ANATOMYNET_ERROR_CONTAINER: "ANATOMYNET_ERROR_CONTAINER"
    case ANATOMYNET_ERROR_METADATA: "ANATOMYNET_ERROR_METADATA"
    case ANATOMYNET_ERROR_TENSOR: "ANATOMYNET_ERROR_TENSOR"
    case ANATOMYNET_ERROR_WEIGHT_VALUE: "ANATOMYNET_ERROR_WEIGHT_VALUE"
    case ANATOMYNET_ERROR_CHECKSUM: "ANATOMYNET_ERROR_CHECKSUM"
    case ANATOMYNET_ERROR_UNSUPPORTED: "ANATOMYNET_ERROR_UNSUPPORTED"
    case ANATOMYNET_ERROR_OUT_OF_MEMORY: "ANATOMYNET_ERROR_OUT_OF_MEMORY"
    case ANATOMYNET_ERROR_MEMORY_LIMIT: "ANATOMYNET_ERROR_MEMORY_LIMIT"
    case ANATOMYNET_CANCELLED: "ANATOMYNET_CANCELLED"
    case ANATOMYNET_ERROR_NONFINITE_SCORE: "ANATOMYNET_ERROR_NONFINITE_SCORE"
    case ANATOMYNET_ERROR_INTERNAL: "ANATOMYNET_ERROR_INTERNAL"
    default: "unknown status"
    }
}

@_cdecl("anatomynet_last_error") @implementation
public func anatomynet_last_error() -> UnsafePointer<CChar>! {
    ans_last_error()
}
