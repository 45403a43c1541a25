/// A type in which voxels are stored.
protocol StoredVoxel: BitwiseCopyable {
    var value: Float { get }
    /// The values of eight voxels that lie side by side, anywhere.
    static func eightValues(at first: UnsafeRawPointer) -> SIMD8<Float>
}

extension Int16: StoredVoxel {
    @inline(__always) var value: Float { Float(self) }
    @inline(__always) static func eightValues(at first: UnsafeRawPointer) -> SIMD8<Float> {
        SIMD8<Float>(first.loadUnaligned(as: SIMD8<Int16>.self))
    }
}

extension UInt16: StoredVoxel {
    @inline(__always) var value: Float { Float(self) }
    @inline(__always) static func eightValues(at first: UnsafeRawPointer) -> SIMD8<Float> {
        SIMD8<Float>(first.loadUnaligned(as: SIMD8<UInt16>.self))
    }
}

extension Float: StoredVoxel {
    @inline(__always) var value: Float { self }
    @inline(__always) static func eightValues(at first: UnsafeRawPointer) -> SIMD8<Float> {
        first.loadUnaligned(as: SIMD8<Float>.self)
    }
}
