import AnatomyNet
import AnatomyNetPhantom
import Foundation
import Testing

/// The shipped model on generated CT that it was not trained on (it has seen seeds 1000 to 1179).
@Suite struct PhantomModelTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("models/anatomynet-phantom.safetensors").path

    private let model: Model
    private let phantom: Phantom
    private let geometry: Geometry

    init() throws {
        model = try Model(WeightFile.read(path: Self.path))
        phantom = try Phantom(
            seed: 7, size: .init(x: 96, y: 96, z: 80), spacing: .init(x: 2.5, y: 2.5, z: 2.5))
        geometry = Geometry(
            dimensions: SIMD3(96, 96, 80), spacing: SIMD3(2.5, 2.5, 2.5),
            origin: SIMD3(phantom.origin.x, phantom.origin.y, phantom.origin.z))
    }

    private func segment(
        _ voxels: [Int16], _ geometry: Geometry
    ) throws -> (labels: [UInt8], measurements: [AnatomyNet.Measurement]) {
        var labels = [UInt8](repeating: 0, count: voxels.count)
        let measurements = try voxels.withUnsafeBytes { bytes in
            let volume = try Volume(
                voxels: bytes.baseAddress!, voxelBytes: UInt64(bytes.count), voxelType: .int16,
                geometry: geometry)
            return try labels.withUnsafeMutableBufferPointer {
                try Segmenter(model).segment(volume, labels: $0, measures: true)
            }
        }
        return (labels, measurements)
    }

    private func agreement(_ predicted: [UInt8], _ truth: [UInt8]) -> [DiceSimilarity] {
        predicted.withUnsafeBufferPointer { predicted in
            truth.withUnsafeBufferPointer { DiceSimilarity.ofEachLabel(predicted: predicted, truth: $0) }
        }
    }

    @Test func theClassesAreThePapersNineOrgans() {
        #expect(model.classNames == ["background"] + Organ.allCases.map(\.name))
    }

    @Test func everyOrganIsFound() throws {
        let found = try segment(phantom.hounsfieldUnits, geometry)
        let scores = agreement(found.labels, phantom.labels)
        let coefficients = try (1...9).map { try #require(scores[$0].coefficient) }
        #expect(coefficients.reduce(0, +) / 9 >= 0.86)
        #expect(coefficients.min() ?? 0 >= 0.75)
    }

    /// Right lies at smaller x of a patient in LPS; the volume is stored from left to right and from top to
    /// bottom, so that nothing but the geometry says so.
    @Test func leftStaysLeftInAVolumeStoredTheOtherWayRound() throws {
        let (nx, ny, nz) = (96, 96, 80)
        var turned = phantom.hounsfieldUnits
        var truth = phantom.labels
        for z in 0..<nz {
            for y in 0..<ny {
                for x in 0..<nx {
                    let from = (z * ny + y) * nx + x
                    let to = ((nz - 1 - z) * ny + y) * nx + nx - 1 - x
                    turned[to] = phantom.hounsfieldUnits[from]
                    truth[to] = phantom.labels[from]
                }
            }
        }
        var place = geometry
        place.direction = Direction(x: SIMD3(-1, 0, 0), y: SIMD3(0, 1, 0), z: SIMD3(0, 0, -1))
        place.origin = SIMD3(
            phantom.origin.x + 2.5 * Double(nx - 1), phantom.origin.y, phantom.origin.z + 2.5 * Double(nz - 1)
        )
        let found = try segment(turned, place)
        let scores = agreement(found.labels, truth)
        for label in 1...9 { #expect(try #require(scores[label].coefficient) >= 0.75) }
        for (left, right) in [(4, 5), (6, 7), (8, 9)] {
            let distance =
                try #require(found.measurements[left].centroid).x
                - #require(found.measurements[right].centroid).x
            #expect(distance > 20)
        }
    }
}
