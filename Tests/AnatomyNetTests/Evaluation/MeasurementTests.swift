import Testing

@testable import AnatomyNet

@Suite struct MeasurementTests {
    private func measure(
        _ geometry: Geometry, _ labels: [UInt8], box: IndexBox? = nil, workers: Int = 2
    ) throws -> [Measurement] {
        let stored = try Buffer<UInt8>(count: labels.count, purpose: "labels")
        for place in labels.indices { stored[place] = labels[place] }
        return try Measurer(geometry: geometry, box: box ?? .whole(geometry.dimensions), classCount: 4)
            .measure(
                labels: stored.pointer, confidences: [0.9, 0.8, nil, nil],
                runner: Runner(workers: workers, progress: nil))
    }

    @Test(arguments: [0.0, 20]) func agreesWithSumsOverVoxels(degrees: Double) throws {
        for direction in axisAlignedDirections {
            var geometry = reoriented(asymmetric, to: direction).geometry
            geometry.direction = geometry.direction.turned(degrees: degrees, about: [0.3, -0.5, 0.7])
            var random = TestRandom(state: 3)
            let labels: [UInt8] = (0..<geometry.voxelCount).map { _ in
                [0, 0, 0, 1, 1, 2].randomElement(using: &random)!
            }
            let measured = try measure(geometry, labels)
            #expect(measured == (try measure(geometry, labels, workers: 1)))
            for label in 0..<3 {
                let size = geometry.dimensions
                let places = labels.indices.filter { labels[$0] == UInt8(label) }
                let centres = places.map {
                    geometry.position(
                        of: SIMD3($0 % size.x, $0 / size.x % size.y, $0 / size.x / size.y).position)!
                }
                let own = measured[label]
                #expect(own.voxels == places.count)
                #expect(abs(own.volume! - Double(places.count) * 1.5 * 2.25 * 3 / 1000) < 1e-9)
                let centroid = centres.reduce(.zero, +) / Double(centres.count)
                #expect((own.centroid! - centroid).length < 1e-9)
                var lower = SIMD3(repeating: Double.infinity)
                var upper = -lower
                for centre in centres {
                    for corner in 0..<8 {
                        let half = SIMD3(
                            corner & 1 == 0 ? -0.5 : 0.5, corner & 2 == 0 ? -0.5 : 0.5,
                            corner & 4 == 0 ? -0.5 : 0.5)
                        let position = centre + geometry.direction.rotated(half * geometry.spacing!)
                        lower = pointwiseMin(lower, position)
                        upper = pointwiseMax(upper, position)
                    }
                }
                #expect((own.boundingBox!.lower - lower).length < 1e-9)
                #expect((own.boundingBox!.upper - upper).length < 1e-9)
                #expect(own.meanConfidence == [0.9, 0.8, nil][label])
            }
            #expect(measured[3] == Measurement(label: 3, voxels: 0, volume: 0, touchesBorder: false))
        }
    }

    @Test func existingLabelsAreMeasuredAndLabelsBeyondTheClassesRefused() throws {
        let geometry = Geometry(dimensions: [3, 2, 1], spacing: [1, 2, 3], origin: [-7, 5, 90])
        let labels: [UInt8] = [0, 0, 2, 0, 2, 2]
        let measured = try labels.withUnsafeBufferPointer {
            try Measurement.all(of: $0, geometry: geometry, classCount: 3)
        }
        #expect(measured.map(\.voxels) == [3, 0, 3])
        #expect(measured[2].volume == 0.018)
        #expect((measured[2].centroid! - SIMD3(-7 + 5.0 / 3, 5 + 4.0 / 3, 90)).length < 1e-12)
        #expect(measured[2].meanConfidence == nil)
        for (labels, classCount) in [(labels, 2), ([0, 0], 3), ([], 3)] as [([UInt8], Int)] {
            #expect(throws: AnatomyNetError.self) {
                try labels.withUnsafeBufferPointer {
                    try Measurement.all(of: $0, geometry: geometry, classCount: classCount)
                }
            }
        }
    }

    @Test func organsThatReachTheBorderAreMarked() throws {
        let geometry = Geometry(dimensions: [5, 6, 7], spacing: [1, 1, 1])
        for (index, touches) in [
            (SIMD3(2, 3, 3), false), ([1, 1, 1], false), ([3, 4, 5], false), ([0, 3, 3], true),
            ([4, 3, 3], true),
            ([2, 0, 3], true), ([2, 5, 3], true), ([2, 3, 0], true), ([2, 3, 6], true),
        ] {
            var labels = [UInt8](repeating: 0, count: 210)
            labels[(index.z * 6 + index.y) * 5 + index.x] = 2
            #expect(try measure(geometry, labels)[2].touchesBorder == touches)
        }
        var labels = [UInt8](repeating: 0, count: 210)
        labels[(3 * 6 + 3) * 5 + 2] = 1
        let box = IndexBox(lower: [2, 1, 1], upper: [5, 5, 5])
        #expect(try measure(geometry, labels, box: box)[1].touchesBorder)
    }

    @Test func withoutSpacingNothingIsInMillimetres() throws {
        let measured = try measure(Geometry(dimensions: [2, 1, 1]), [1, 1])[1]
        #expect(measured.voxels == 2)
        #expect(measured.volume == nil && measured.centroid == nil && measured.boundingBox == nil)
    }
}
