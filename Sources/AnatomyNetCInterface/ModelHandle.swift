import AnatomyNet
import CAnatomyNet
import Glibc

/// What an `anatomynet_model` pointer points to: a model and its strings as C wants them.
final class ModelHandle: Sendable {
    let model: Model
    let architecture: CString
    let fingerprint: CString
    let classNames: [CString]
    let metadata: [(key: CString, value: CString)]

    init(_ model: Model) throws(AnatomyNetError) {
        self.model = model
        architecture = try CString(model.architecture.name)
        fingerprint = try CString(model.fingerprint)
        var names: [CString] = []
        for name in model.classNames { names.append(try CString(name)) }
        classNames = names
        var entries: [(CString, CString)] = []
        for (key, value) in model.metadata { entries.append((try CString(key), try CString(value))) }
        metadata = entries
    }

    /// The pointer that the caller gets, which keeps the handle alive.
    var retained: OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

    /// The handle behind a caller's pointer; nil behind NULL.
    static func behind(_ pointer: OpaquePointer?) -> ModelHandle? {
        pointer.map { Unmanaged<ModelHandle>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    /// The same, where NULL is an error.
    static func from(_ pointer: OpaquePointer?) throws(AnatomyNetError) -> ModelHandle {
        try required(behind(pointer), "model")
    }

    static func release(_ pointer: OpaquePointer) {
        Unmanaged<ModelHandle>.fromOpaque(UnsafeRawPointer(pointer)).release()
    }
}

/// A NUL-terminated copy of a string that lives as long as this object.
final class CString: @unchecked Sendable {
    let pointer: UnsafePointer<CChar>

    init(_ string: String) throws(AnatomyNetError) {
        guard let copy = strdup(string) else {
            throw AnatomyNetError(.outOfMemory, "the system refused memory for the model's strings")
        }
        pointer = UnsafePointer(copy)
    }

    deinit {
        free(UnsafeMutablePointer(mutating: pointer))
    }
}
