import AnatomyNet
import Foundation
import Testing

@testable import MedicalImageFiles

struct ReplacedFileTests {
    @Test(
        "A NRRD file replaced between header and voxels is refused",
        arguments: [
            (SIMD3<Int>(8, 8, 8), WrittenVoxelType.int16), (SIMD3<Int>(9, 8, 8), .int16),
            (SIMD3<Int>(8, 8, 8), .uint8),
        ])
    func replaced(dimensions: SIMD3<Int>, type: WrittenVoxelType) throws {
        let (first, second) = (temporaryPath("first.nrrd"), temporaryPath("second.nrrd"))
        defer { for path in [first, second] { try? FileManager.default.removeItem(atPath: path) } }
        try write(Geometry(dimensions: [8, 8, 8], spacing: [1, 1, 2]), .int16, to: first)
        try write(Geometry(dimensions: dimensions, spacing: [1, 1, 2]), type, to: second)
        let header = try MedicalImage.load(first, skippingVoxels: true)
        let complete = try MedicalImage.load(second, skippingVoxels: false)
        func image() throws -> MedicalImage {
            try MedicalImage.image(
                of: complete, on: MedicalImage.grid(of: header, first),
                stored: MedicalImage.storedType(of: header, first), first)
        }
        if dimensions == [8, 8, 8], type == .int16 {
            #expect(try image().grid.geometry.voxelCount == 512)
        } else {
            let error = try #require(throws: ImageFileError.self) { try image() }
            #expect(error.path == first)
            #expect(error.reason.hasPrefix("changed while it was read"))
        }
    }

    private func write(_ geometry: Geometry, _ type: WrittenVoxelType, to path: String) throws {
        let voxels = [UInt8](repeating: 0, count: geometry.voxelCount * type.size)
        let annotation = ImageAnnotation(generator: "test 1.0")
        try ImageWriter(grid: ImageGrid(geometry: geometry), annotation: annotation)
            .write(voxels, as: type, to: path)
    }
}
