import AnatomyNet

/// How a file stores a voxel.
enum StoredVoxelType {
    case int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64

    /// Bytes of one voxel in the file.
    var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// The type that voxels are given in memory: the narrowest of the library's three that holds
    /// them. 32-bit and 64-bit integers become float32, which is exact up to 2^24 and so for any HU.
    var typeInMemory: Volume.VoxelType {
        switch self {
        case .int8, .uint8, .int16: .int16
        case .uint16: .uint16
        case .int32, .uint32, .int64, .uint64, .float32, .float64: .float32
        }
    }

    /// Converts `count` voxels in the machine's byte order to `typeInMemory`. The two areas may
    /// not overlap; `source` needs no alignment.
    func convert(_ source: UnsafeRawPointer, count: Int, to destination: UnsafeMutableRawPointer) {
        switch self {
        case .int8: Self.map(source, count, destination) { (voxel: Int8) in Int16(voxel) }
        case .uint8: Self.map(source, count, destination) { (voxel: UInt8) in Int16(voxel) }
        case .int16, .uint16, .float32: destination.copyMemory(from: source, byteCount: count * size)
        case .int32: Self.map(source, count, destination) { (voxel: Int32) in Float(voxel) }
        case .uint32: Self.map(source, count, destination) { (voxel: UInt32) in Float(voxel) }
        case .int64: Self.map(source, count, destination) { (voxel: Int64) in Float(voxel) }
        case .uint64: Self.map(source, count, destination) { (voxel: UInt64) in Float(voxel) }
        case .float64: Self.map(source, count, destination) { (voxel: Double) in Float(voxel) }
        }
    }

    @inline(__always)
    private static func map<Stored: BitwiseCopyable, Held: BitwiseCopyable>(
        _ source: UnsafeRawPointer, _ count: Int, _ destination: UnsafeMutableRawPointer,
        _ transform: (Stored) -> Held
    ) {
        for index in 0..<count {
            let voxel = source.loadUnaligned(
                fromByteOffset: index * MemoryLayout<Stored>.stride, as: Stored.self)
            destination.storeBytes(
                of: transform(voxel), toByteOffset: index * MemoryLayout<Held>.stride, as: Held.self)
        }
    }
}
