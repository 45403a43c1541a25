import AnatomyNet
import Testing

@testable import SegmentationPictures

struct ViewTests {
    private static let codes = ["LPS", "RAS", "LAS", "SLA", "PIR", "AIL", "IRP"]

    @Test(
        "A voxel at the patient's left, posterior, superior is right, below, above in every orientation",
        arguments: codes)
    func sides(code: String) throws {
        let orientation = try #require(Orientation(code))
        let geometry = Geometry(dimensions: [4, 5, 6], spacing: [1, 2, 3], direction: orientation.direction)
        let view = PatientView(geometry)
        #expect(!view.isOblique)
        // The place of a step along each patient axis must grow in that axis's direction.
        for axis in 0..<3 {
            var index = SIMD3<Int>.zero
            let first = position(view.voxel(0, 0, 0), geometry)
            index[axis] = 1
            let step = position(view.voxel(index.x, index.y, index.z), geometry) - first
            var wanted = SIMD3<Double>.zero
            wanted[axis] = view.spacing[axis]
            #expect(step == wanted)
        }
    }

    @Test("Rows of cuts run from the patient's right to left, and from superior to inferior")
    func rows() {
        let view = PatientView(Geometry(dimensions: [3, 4, 5]))
        let range = [0..<3, 0..<4, 0..<5]
        var voxels: [Int] = []
        Cut(plane: .coronal, position: 2, range: range).forEachVoxel(of: view) { _, voxel in
            voxels.append(voxel)
        }
        #expect(voxels.count == 15)
        #expect(voxels.first == view.voxel(0, 2, 4))
        #expect(voxels.last == view.voxel(2, 2, 0))
    }

    @Test("A slightly turned image is shown along its own axes, and said to be oblique")
    func oblique() {
        let direction = Direction(x: [0.8, 0.6, 0], y: [-0.6, 0.8, 0], z: [0, 0, 1])
        let view = PatientView(Geometry(dimensions: [3, 4, 5], direction: direction))
        #expect(view.isOblique)
        #expect(view.size == [3, 4, 5])
    }

    private func position(_ voxel: Int, _ geometry: Geometry) -> SIMD3<Double> {
        let size = geometry.dimensions
        return geometry.position(
            ofVoxel: [
                Double(voxel % size.x), Double(voxel / size.x % size.y), Double(voxel / size.x / size.y),
            ])
    }
}

struct DrawingTests {
    @Test("The window maps its ends to black and white")
    func window() {
        let window = CTWindow(width: 400, level: 40)
        #expect(window.grey(-160) == 0)
        #expect(window.grey(240) == 255)
        #expect(window.grey(-2000) == 0)
        #expect(window.grey(.nan) == 0)
        #expect(window.grey(.infinity) == 255)
    }

    @Test("An outline goes once around each part and each hole")
    func outlines() {
        var ring = Mask(width: 5, height: 5, isInside: [Bool](repeating: true, count: 25))
        ring.isInside[12] = false
        #expect(ring.outlines().count == 2)
    }

    @Test("Slices are chosen so that each organ is seen")
    func choice() {
        var labels = [UInt8](repeating: 0, count: 1000)
        labels[5 + 10 * 5 + 100 * 2] = 1
        for x in 2..<8 { labels[x + 10 * 5 + 100 * 7] = 2 }
        let view = PatientView(Geometry(dimensions: [10, 10, 10]))
        labels.withUnsafeBufferPointer { labels in
            let organs = OrganStatistics(labels, view: view)
            #expect(organs.labels == [1, 2])
            #expect(organs.mostTellingSlices(axis: 2, count: 3) == [2, 7])
        }
    }
}
