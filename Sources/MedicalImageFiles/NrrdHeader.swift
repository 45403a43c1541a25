import CTeem

/// The header of a NRRD file, without voxels. Never changed after it was read.
final class NrrdHeader: @unchecked Sendable {
    let nrrd: UnsafeMutablePointer<Nrrd>
    /// Which of the file's axes are x, y and z: those with a direction, in the file's order.
    let spatialAxes: [Int]

    /// Takes ownership.
    init(_ nrrd: UnsafeMutablePointer<Nrrd>, spatialAxes: [Int]) {
        self.nrrd = nrrd
        self.spatialAxes = spatialAxes
    }

    deinit {
        nrrdNuke(nrrd)
    }

    /// The key/value pairs, in the file's order.
    var entries: [(key: String, value: String)] {
        (0..<nrrdKeyValueSize(nrrd)).compactMap { index in
            var key: UnsafeMutablePointer<CChar>?
            var value: UnsafeMutablePointer<CChar>?
            nrrdKeyValueIndex(nrrd, &key, &value, index)
            defer {
                free(key)
                free(value)
            }
            guard let key, let value else { return nil }
            return (String(cString: key), String(cString: value))
        }
    }
}

/// The reason of teem's last failure, in one line.
func teemMessage() -> String {
    guard let report = biffGetDone("nrrd") else { return "teem gives no reason" }
    defer { free(report) }
    // Innermost cause last; each line starts with the function in which it was found.
    let lines = String(cString: report).split(separator: "\n")
    guard let cause = lines.last else { return "teem gives no reason" }
    return cause.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? String(cause)
}

extension Nrrd {
    /// Calls `body` with the axes that the header uses.
    func withAxes<Result>(_ body: (UnsafeBufferPointer<NrrdAxisInfo>) -> Result) -> Result {
        withUnsafeBytes(of: axis) { bytes in
            body(UnsafeBufferPointer(rebasing: bytes.assumingMemoryBound(to: NrrdAxisInfo.self)[..<Int(dim)]))
        }
    }

    /// Signs that turn the coordinates of `space` into DICOM LPS; nil if the space does not say how
    /// it lies in the patient.
    var signsToLPS: SIMD3<Double>? {
        switch Int(space) {
        case nrrdSpaceLeftPosteriorSuperior: [1, 1, 1]
        case nrrdSpaceRightAnteriorSuperior: [-1, -1, 1]
        case nrrdSpaceLeftAnteriorSuperior: [1, -1, 1]
        default: nil
        }
    }

    /// Millimetres per unit of space; mm where none is named.
    func millimetresPerUnit(path: String) throws(ImageFileError) -> Double {
        let units = withUnsafeBytes(of: spaceUnits) { bytes in
            bytes.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self).prefix(Int(spaceDim)).map {
                unit in
                unit.map { String(cString: $0) } ?? ""
            }
        }
        guard let unit = units.first, units.allSatisfy({ $0 == unit }) else {
            if units.isEmpty { return 1 }
            throw ImageFileError(path, "space units \(units) that differ from axis to axis")
        }
        switch unit {
        case "", "mm", "millimeter", "millimeters": return 1
        case "cm": return 10
        case "m": return 1000
        case "um", "µm", "micron", "microns": return 0.001
        default: throw ImageFileError(path, "unknown unit of length \"\(unit)\" in the NRRD header")
        }
    }
}

extension StoredVoxelType {
    /// - Returns: nil for NRRD's block type.
    init?(nrrdType: Int) {
        switch nrrdType {
        case nrrdTypeChar: self = .int8
        case nrrdTypeUChar: self = .uint8
        case nrrdTypeShort: self = .int16
        case nrrdTypeUShort: self = .uint16
        case nrrdTypeInt: self = .int32
        case nrrdTypeUInt: self = .uint32
        case nrrdTypeLLong: self = .int64
        case nrrdTypeULLong: self = .uint64
        case nrrdTypeFloat: self = .float32
        case nrrdTypeDouble: self = .float64
        default: return nil
        }
    }
}
