// The names are those of the C header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import AnatomyNet
import CAnatomyNet

/// A struct of `anatomynet.h`: it begins with `struct_size` and has an `_init` function.
protocol CallerStruct {
    init()
    var struct_size: UInt32 { get set }
    /// Everything at its default.
    static var defaults: Self { get }
}

/// Larger sizes are taken for garbage, rather than read to their end.
private let largestStructSize = 4096

extension CallerStruct {
    static var zeroed: Self {
        var value = Self()
        value.struct_size = UInt32(MemoryLayout<Self>.size)
        return value
    }

    /// A caller's struct, which may be older (shorter: what it lacks takes its default) or newer
    /// (longer: what this library does not know must be zero) than this library.
    init(callers pointer: UnsafePointer<Self>, _ name: String) throws(AnatomyNetError) {
        let size = try Self.verifiedSize(of: UnsafeRawPointer(pointer), name)
        self = Self.defaults
        withUnsafeMutableBytes(of: &self) { own in
            own.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, own.count)))
        }
        struct_size = UInt32(MemoryLayout<Self>.size)
    }

    /// Writes as much of the struct as the caller's has room for; its `struct_size` stays.
    func write(to pointer: UnsafeMutablePointer<Self>, _ name: String) throws(AnatomyNetError) {
        let memory = UnsafeMutableRawPointer(pointer)
        write(to: memory, size: try Self.verifiedSize(of: UnsafeRawPointer(memory), name))
    }

    /// The same where the caller's `struct_size` has been verified.
    func write(to memory: UnsafeMutableRawPointer, size: Int) {
        var copy = self
        copy.struct_size = UInt32(size)
        withUnsafeBytes(of: &copy) { own in
            memory.copyMemory(from: own.baseAddress!, byteCount: min(size, own.count))
        }
    }

    /// Sets a caller's struct of `size` bytes, which may be older or newer than this library, to the
    /// defaults.
    static func initialize(_ pointer: UnsafeMutablePointer<Self>?, size: UInt32) {
        guard let pointer, isStructSize(Int(size)) else { return }
        var value = defaults
        value.struct_size = size
        let memory = UnsafeMutableRawPointer(pointer)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(size))
        withUnsafeBytes(of: &value) { own in
            memory.copyMemory(from: own.baseAddress!, byteCount: min(Int(size), own.count))
        }
    }

    static func isStructSize(_ size: Int) -> Bool {
        size >= 8 && size % 8 == 0 && size <= largestStructSize
    }

    /// A caller's `struct_size`.
    ///
    /// - Throws: `.structSize` if it is none, or fields beyond this library's are not zero.
    static func verifiedSize(
        of pointer: UnsafeRawPointer, _ name: String
    ) throws(AnatomyNetError) -> Int {
        let size = Int(pointer.loadUnaligned(as: UInt32.self))
        let known = MemoryLayout<Self>.size
        guard isStructSize(size) else {
            throw AnatomyNetError(
                .structSize,
                "\(name)->struct_size is \(size); it must be a multiple of 8 from 8 to \(largestStructSize): call the "
                    + "struct's _init function, which sets it to \(known)")
        }
        if size > known {
            let tail = UnsafeRawBufferPointer(start: pointer + known, count: size - known)
            if let offset = tail.firstIndex(where: { $0 != 0 }) {
                throw AnatomyNetError(
                    .structSize,
                    "\(name) has a field at byte \(known + offset) that this library, version \(LibraryVersion.string), does not "
                        + "know; it must be zero")
            }
        }
        return size
    }
}

/// A caller's yes or no.
func flag(_ value: UInt32, _ name: String) throws(AnatomyNetError) -> Bool {
    guard value <= 1 else {
        throw AnatomyNetError(.option, "options->\(name) is \(value); 0 and 1 are allowed")
    }
    return value == 1
}

extension anatomynet_load_options: CallerStruct {
    static var defaults: Self { zeroed }
}

extension anatomynet_model_properties: CallerStruct {
    static var defaults: Self { zeroed }
}

extension anatomynet_volume: CallerStruct {
    static var defaults: Self {
        var value = zeroed
        value.rescale_slope = 1
        value.direction = (1, 0, 0, 0, 1, 0, 0, 0, 1)
        return value
    }
}

extension anatomynet_segment_options: CallerStruct {
    static var defaults: Self { zeroed }
}

extension anatomynet_outputs: CallerStruct {
    static var defaults: Self { zeroed }
}

extension anatomynet_measurement: CallerStruct {
    static var defaults: Self { zeroed }
}

@_cdecl("anatomynet_load_options_init") @implementation
public func anatomynet_load_options_init(
    _ options: UnsafeMutablePointer<anatomynet_load_options>!, _ struct_size: UInt32
) {
    anatomynet_load_options.initialize(options, size: struct_size)
}

@_cdecl("anatomynet_model_properties_init") @implementation
public func anatomynet_model_properties_init(
    _ properties: UnsafeMutablePointer<anatomynet_model_properties>!, _ struct_size: UInt32
) {
    anatomynet_model_properties.initialize(properties, size: struct_size)
}

@_cdecl("anatomynet_volume_init") @implementation
public func anatomynet_volume_init(
    _ volume: UnsafeMutablePointer<anatomynet_volume>!, _ struct_size: UInt32
) {
    anatomynet_volume.initialize(volume, size: struct_size)
}

@_cdecl("anatomynet_segment_options_init") @implementation
public func anatomynet_segment_options_init(
    _ options: UnsafeMutablePointer<anatomynet_segment_options>!, _ struct_size: UInt32
) {
    anatomynet_segment_options.initialize(options, size: struct_size)
}

@_cdecl("anatomynet_outputs_init") @implementation
public func anatomynet_outputs_init(
    _ outputs: UnsafeMutablePointer<anatomynet_outputs>!, _ struct_size: UInt32
) {
    anatomynet_outputs.initialize(outputs, size: struct_size)
}

@_cdecl("anatomynet_measurement_init") @implementation
public func anatomynet_measurement_init(
    _ measurement: UnsafeMutablePointer<anatomynet_measurement>!, _ struct_size: UInt32
) {
    anatomynet_measurement.initialize(measurement, size: struct_size)
}
