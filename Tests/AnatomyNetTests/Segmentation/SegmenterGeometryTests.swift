import Testing

@testable import AnatomyNet

@Suite struct SegmenterGeometryTests {
    private func segmented(
        _ volume: TestVolume<Int16>, spacing: SIMD3<Double>? = nil,
        _ change: (inout SegmentationOptions) -> Void = { _ in }
    ) throws -> (labels: [UInt8], measurements: [Measurement], messages: [String]) {
        var overrides = ModelOverrides()
        overrides.intensity = .window(lower: -1000, upper: 1500)
        if let spacing { overrides.spacing = .fixed(spacing) }
        let model = try ReferencePair.model("AnatomyNet", overrides: overrides)
        var options = SegmentationOptions()
        var messages: [String] = []
        options.threads = 2
        change(&options)
        options.log = { messages.append($1) }
        var labels = [UInt8](repeating: 255, count: volume.geometry.voxelCount)
        let measurements = try labels.withUnsafeMutableBufferPointer {
            try Segmenter(model).segment(volume.view(), options: options, labels: $0, measures: true)
        }
        return (labels, measurements, messages)
    }

    private func noise(_ geometry: Geometry) throws -> TestVolume<Int16> {
        var random = TestRandom(state: 9)
        return try TestVolume(geometry) { _ in .random(in: -1000...1500, using: &random) }
    }

    @Test(arguments: [nil, SIMD3(1, 2.25, 2)] as [SIMD3<Double>?])
    func labelsAndMeasurementsStayWithThePatientInAllOrientations(spacing: SIMD3<Double>?) throws {
        let original = try noise(asymmetric)
        let wanted = try segmented(original, spacing: spacing)
        #expect(Set(wanted.labels).count > 2)
        for direction in axisAlignedDirections {
            let (geometry, index) = reoriented(asymmetric, to: direction)
            let stored = try TestVolume<Int16>(geometry) { _ in 0 }
            let size = asymmetric.dimensions
            let own = geometry.dimensions
            func places(_ body: (_ original: Int, _ stored: Int) -> Void) {
                for place in 0..<asymmetric.voxelCount {
                    let found = index(SIMD3(place % size.x, place / size.x % size.y, place / size.x / size.y))
                    body(place, (found.z * own.y + found.y) * own.x + found.x)
                }
            }
            places { stored.storage[$1] = original.storage[$0] }
            let result = try segmented(stored, spacing: spacing)
            var moved = 0
            places { if result.labels[$1] != wanted.labels[$0] { moved += 1 } }
            #expect(moved == 0, "\(direction)")
            for (here, there) in zip(result.measurements, wanted.measurements) {
                #expect(here.voxels == there.voxels && here.touchesBorder == there.touchesBorder)
                #expect(here.meanConfidence == there.meanConfidence)
                guard let centroid = here.centroid, let other = there.centroid else { continue }
                #expect((centroid - other).length < 1e-9)
            }
        }
    }

    @Test func regionAndComponentsChangeOnlyWhatTheySay() throws {
        let volume = try noise(asymmetric)
        let whole = try segmented(volume).labels
        let region = Region(first: [2, 1, 3], dimensions: [6, 5, 4])
        let inside = try segmented(volume) { $0.region = region }.labels
        let cropped = try segmented(volume) {
            $0.region = Region(first: region.first, dimensions: region.dimensions, context: .margin(3))
        }.labels
        for place in whole.indices {
            let index = SIMD3(place % 11, place / 11 % 7, place / 77)
            let isInside = all(index .>= region.first) && all(index .< region.first &+ region.dimensions)
            #expect(inside[place] == (isInside ? whole[place] : 0))
            if !isInside { #expect(cropped[place] == 0) }
        }
        let largest = try segmented(volume) { $0.keepsLargestComponents = true }.labels
        #expect(zip(largest, whole).allSatisfy { $0 == $1 || $0 == 0 })
        #expect(largest != whole)
    }

    /// A weight file may state either end of the spacings that its model was trained on, or both.
    @Test(arguments: [
        ([("spacing_minimum", "1.4,2,2.9")], SIMD3(1.5, 2.25, 3), SIMD3(1.5, 1.9, 3)),
        ([("spacing_maximum", "1.6,2.5,3.1")], SIMD3(1.5, 2.25, 3), SIMD3(1.5, 2.25, 3.2)),
        (
            [("spacing_minimum", "none"), ("spacing_maximum", "1.6,2.5,3.1")], SIMD3(0.1, 1, 1),
            SIMD3(2, 1, 1)
        ),
    ])
    func eachEndOfTheTrainedSpacingsIsCheckedAlone(
        stated: [(key: String, value: String)], accepted: SIMD3<Double>, refused: SIMD3<Double>
    ) throws {
        let segmenter = Segmenter(try ReferencePair.model("AnatomyNet", stating: stated))
        var geometry = asymmetric
        geometry.spacing = accepted
        _ = try segmenter.estimateMemory(geometry)
        geometry.spacing = refused
        let error = #expect(throws: AnatomyNetError.self) { _ = try segmenter.estimateMemory(geometry) }
        #expect(error?.kind == .spacing)
        var options = SegmentationOptions()
        options.allowsUntrainedSpacing = true
        _ = try segmenter.estimateMemory(geometry, options: options)
        geometry.spacing = nil
        let unknown = #expect(throws: AnatomyNetError.self) { _ = try segmenter.estimateMemory(geometry) }
        #expect(unknown?.kind == .spacing)
        _ = try segmenter.estimateMemory(geometry, options: options)
    }

    @Test func spacingsInAnotherOrderThanTheAxesAreReported() {
        func evidence(_ spacing: SIMD3<Double>?, _ code: String = "LPS") -> String? {
            Geometry(
                dimensions: [40, 40, 20], spacing: spacing, direction: Orientation(code)!.direction
            ).evidenceAgainstSpacing()
        }
        #expect(evidence([0.98, 0.98, 2.5]) == nil)
        #expect(evidence([2.5, 2.5, 2.5]) == nil)
        #expect(evidence([0.9766, 0.98, 1]) == nil)
        #expect(evidence(nil) == nil)
        #expect(evidence([2.5, 0.98, 0.98])?.contains("2.5 mm from right to left and 0.98 mm") == true)
        // A volume whose first axis is the patient's long one.
        #expect(evidence([2.5, 0.98, 0.98], "SAR") == nil)
        #expect(evidence([0.98, 2.5, 0.98], "LIP") == nil)
        #expect(evidence([0.98, 0.98, 2.5], "SAR") != nil)
    }

    @Test func aSuspiciousSpacingIsLoggedAndTakenAllTheSame() throws {
        let volume = try TestVolume<Int16>(asymmetric) { Int16(100 * $0.x - 1040) }
        #expect(try segmented(volume).messages.contains { $0.contains("squares") })
    }

    @Test func volumeWithoutAirIsReported() throws {
        let volume = try TestVolume<Int16>(asymmetric) { Int16(100 * $0.x + 40) }
        let messages = try segmented(volume).messages
        #expect(messages.contains { $0.contains("40 to 1040 HU") && $0.contains("intercept") })
    }
}
