import AnatomyNet
import Foundation
import Testing

@testable import MedicalImageFiles

/// An oblique, left-handed grid of unequal steps: whatever gets confused, shows.
private let obliqueGeometry: Geometry = {
    let (sine, cosine) = (0.6, 0.8)
    return Geometry(
        dimensions: [5, 4, 3], spacing: [0.5, 1.25, 3], origin: [-11.5, 7.25, 120.125],
        direction: Direction(x: [cosine, sine, 0], y: [sine, -cosine, 0], z: [0, 0, 1]))
}()

private let annotation = ImageAnnotation(
    generator: "test 1.0", modelFingerprint: String(repeating: "ab", count: 32),
    labelNames: ["background", "BrainStem"])

private func largestDifference(_ first: Geometry, _ second: Geometry) -> Double {
    let corners = [SIMD3<Double>(0, 0, 0), [4, 0, 0], [0, 3, 0], [0, 0, 2]]
    return corners.map { corner in
        let difference = first.position(ofVoxel: corner) - second.position(ofVoxel: corner)
        return max(abs(difference.x), abs(difference.y), abs(difference.z))
    }.max() ?? 0
}

struct GeometryTests {
    @Test("An oblique grid survives writing and reading", arguments: [".nii", ".nii.gz", ".nrrd"])
    func obliqueGrid(ending: String) throws {
        let path = temporaryPath("oblique\(ending)")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let labels = (0..<60).map { UInt8($0) }
        try ImageWriter(grid: ImageGrid(geometry: obliqueGeometry), annotation: annotation)
            .write(labels, as: .uint8, to: path)
        let image = try MedicalImage.read(path)
        #expect(image.grid.isOrientationKnown)
        #expect(image.grid.geometry.dimensions == obliqueGeometry.dimensions)
        // NIfTI keeps float32: 120 mm to 2^-17 mm.
        #expect(largestDifference(image.grid.geometry, obliqueGeometry) < 2e-5)
        #expect((0..<60).allSatisfy { image.value(atVoxel: $0) == Double($0) })
    }

    @Test("Labels on the grid of a file have that file's geometry to the bit", arguments: [".nii", ".nrrd"])
    func sameFormat(ending: String) throws {
        let first = temporaryPath("first\(ending)")
        let second = temporaryPath("second\(ending)")
        defer { for path in [first, second] { try? FileManager.default.removeItem(atPath: path) } }
        let voxels = [Int16](repeating: -7, count: 60)
        try ImageWriter(grid: ImageGrid(geometry: obliqueGeometry), annotation: annotation)
            .write(voxels, as: .int16, to: first)
        let image = try MedicalImage.read(first)
        try ImageWriter(grid: image.grid, annotation: annotation)
            .write([UInt8](repeating: 1, count: 60), as: .uint8, to: second)
        #expect(try MedicalImage.read(second).grid.geometry == image.grid.geometry)
    }

    @Test("Formats mean the same grid", arguments: [(".nii", ".nrrd"), (".nrrd", ".nii")])
    func acrossFormats(from: String, to: String) throws {
        let first = temporaryPath("first\(from)")
        let second = temporaryPath("second\(to)")
        defer { for path in [first, second] { try? FileManager.default.removeItem(atPath: path) } }
        let voxels = [Float](repeating: 0.5, count: 60)
        try ImageWriter(grid: ImageGrid(geometry: obliqueGeometry), annotation: annotation)
            .write(voxels, as: .float32, to: first)
        let image = try MedicalImage.read(first)
        try ImageWriter(grid: image.grid, annotation: annotation).write(voxels, as: .float32, to: second)
        #expect(image.grid.coincides(with: try MedicalImage.read(second).grid))
        var moved = obliqueGeometry
        moved.origin.z += 0.1
        #expect(!image.grid.coincides(with: ImageGrid(geometry: moved)))
    }

    @Test("The description fits NIfTI's 80 bytes whatever the generator is called")
    func description() {
        var long = annotation
        long.generator = String(repeating: "ä", count: 100)
        #expect(long.line.utf8.count <= 79)
        #expect(long.line.hasPrefix("Not for clinical use"))
    }
}

struct ConversionTests {
    @Test("Every stored type keeps the values it can hold")
    func values() {
        func converted<Stored, Held: BitwiseCopyable>(
            _ type: StoredVoxelType, _ voxels: [Stored], as: Held.Type
        ) -> [Held] {
            var result = [Held](
                repeating: voxels.withUnsafeBytes { $0.loadUnaligned(as: Held.self) }, count: voxels.count)
            voxels.withUnsafeBytes { source in
                result.withUnsafeMutableBytes {
                    type.convert(source.baseAddress!, count: voxels.count, to: $0.baseAddress!)
                }
            }
            return result
        }
        #expect(converted(.uint8, [UInt8(0), 255, 7, 1], as: Int16.self) == [0, 255, 7, 1])
        #expect(converted(.int8, [Int8(-128), 127, 0, 1], as: Int16.self) == [-128, 127, 0, 1])
        #expect(converted(.int32, [Int32(-1024), 1 << 24], as: Float.self) == [-1024, 16_777_216])
        #expect(converted(.uint32, [UInt32(3071), .max], as: Float.self) == [3071, 4_294_967_296])
        #expect(converted(.float64, [-1024.5, 0.25], as: Float.self) == [-1024.5, 0.25])
        #expect(converted(.int16, [Int16.min, .max], as: Int16.self) == [.min, .max])
    }
}
