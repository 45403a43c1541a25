import Testing

@testable import AnatomyNet

/// HU that grow along each of the patient's axes with a slope of their own: a swapped or mirrored
/// axis gives other values everywhere, and linear interpolation is exact.
private func ramp(_ position: SIMD3<Double>) -> Float {
    Float(3 * position.x - 2 * position.y + 5 * position.z)
}

/// As asymmetric as the other, and large enough for filters that reach far.
private let largeAsymmetric = Geometry(
    dimensions: [23, 17, 19], spacing: [1.5, 2.25, 3], origin: [-40, 12.5, 103], direction: .identity)

private let wideWindow = Intensities(.window(lower: -1000, upper: 3000))

private func sampled(_ volume: Volume, _ grid: NetworkGrid, _ intensities: Intensities, workers: Int = 2)
    throws
    -> TestImage
{
    let image = try TestImage(grid.paddedDimensions)
    let runner = Runner(workers: workers, progress: nil)
    try InputSampler(volume: volume, grid: grid, intensities: intensities, workers: runner.workers)
        .fill(image.block, runner: runner)
    return image
}

@Suite struct InputSamplerTests {
    @Test(arguments: [
        (0.0, SIMD3(1.5, 3, 2.25)), (0.0, SIMD3(1, 3, 2)), (0.0, SIMD3(3, 6, 4.5)),
        (0.0, SIMD3(2.1, 4.5, 3.5)),
        (8.0, SIMD3(1.5, 2, 2)), (28.0, SIMD3(1.5, 2, 2)), (15.0, SIMD3(3, 3, 4.5)),
        (6.0, SIMD3(2.1, 4.5, 3.5)),
    ])
    func inputLiesWhereThePatientIs(degrees: Double, spacing: SIMD3<Double>) throws {
        // In the model's order, which is R, S, P.
        let ratio = spacing / SIMD3(1.5, 3, 2.25)
        let reach = Double(SmoothingKernel(ratio: ratio.max()).tapCount / 2)
        let tolerance: Float = 2e-6
        for direction in axisAlignedDirections {
            var caller = reoriented(largeAsymmetric, to: direction).geometry
            caller.direction = caller.direction.turned(degrees: degrees, about: [0.3, -0.5, 0.7])
            let stored = try TestVolume<Float>(caller) { ramp(caller.position(of: $0.position)!) }
            let grid = try NetworkGrid(
                caller: caller,
                requirements: GridRequirements(
                    orientation: Orientation("RSP")!, spacing: spacing, paddingMultiple: 4))
            let image = try sampled(stored.view(), grid, wideWindow)
            var checked = 0
            var misplaced = 0
            // Not an expectation a voxel: those take a minute.
            let size = grid.geometry.dimensions
            for z in 0..<grid.paddedDimensions.z {
                for y in 0..<grid.paddedDimensions.y {
                    if image[-1, y, z] != 0 { misplaced += 1 }
                    for x in 0..<grid.paddedDimensions.x {
                        guard x < size.x, y < size.y, z < size.z else {
                            if image[x, y, z] != 0 { misplaced += 1 }
                            continue
                        }
                        if !image[x, y, z].isFinite { misplaced += 1 }
                        let index = SIMD3(Double(x), Double(y), Double(z))
                        let position = grid.geometry.position(of: index)!
                        // Where the filter reaches beyond the border, the ramp no longer holds.
                        let offset =
                            caller.direction.inverse.rotated(position - caller.origin) / caller.spacing!
                        let inside = (0..<3).allSatisfy {
                            offset[$0] > reach && offset[$0] < Double(caller.dimensions[$0] - 1) - reach
                        }
                        guard inside else { continue }
                        checked += 1
                        let wanted = (ramp(position) + 1000) / 4000
                        if abs(image[x, y, z] - wanted) >= tolerance { misplaced += 1 }
                    }
                }
            }
            #expect(checked > 8)
            #expect(misplaced == 0, "\(direction)")
        }
    }

    @Test(arguments: [nil, SIMD3(1.1, 3, 2.4)] as [SIMD3<Double>?])
    func inputIsTheSameToTheLastBitForAllOrientationsAndThreads(spacing: SIMD3<Double>?) throws {
        var random = TestRandom(state: 5)
        let hounsfield = try TestVolume<Int16>(asymmetric) { _ in .random(in: -1500...2500, using: &random) }
        let requirements = GridRequirements(
            orientation: Orientation("LIA")!, spacing: spacing, paddingMultiple: 2)
        let reference = try sampled(
            hounsfield.view(), NetworkGrid(caller: asymmetric, requirements: requirements), wideWindow,
            workers: 1)
        for direction in axisAlignedDirections {
            let (geometry, index) = reoriented(asymmetric, to: direction)
            let size = geometry.dimensions
            let stored = try TestVolume<Int16>(geometry) { _ in 0 }
            for k in 0..<9 {
                for j in 0..<7 {
                    for i in 0..<11 {
                        let own = index([i, j, k])
                        stored.storage[(own.z * size.y + own.y) * size.x + own.x] =
                            hounsfield.storage[(k * 7 + j) * 11 + i]
                    }
                }
            }
            let image = try sampled(
                stored.view(), NetworkGrid(caller: geometry, requirements: requirements), wideWindow,
                workers: 3)
            let bits = (0..<image.storage.count).filter {
                image.storage[$0].bitPattern != reference.storage[$0].bitPattern
                    && !(image.storage[$0].isNaN && reference.storage[$0].isNaN)
            }
            #expect(bits.isEmpty)
        }
    }

    /// From SimpleITK 2.5: `DiscreteGaussian(image, variance)` with variance (ratio² − 1) / (8 ln 2) and its
    /// default maximum error, of an impulse: the weights at distance 0, 1, ….
    @Test(arguments: [
        (1.25, [0.9080102, 0.0459949]), (2.0, [0.6281759, 0.1639967, 0.0219153]),
        (3.90625, [0.2675875, 0.2067231, 0.1068002, 0.0405868, 0.0120962]),
    ]) func smoothingKernelIsThatOfITK(ratio: Double, wanted: [Double]) {
        let weights = SmoothingKernel(ratio: ratio).weights
        #expect(weights.count == wanted.count)
        for (weight, other) in zip(weights, wanted) { #expect(abs(weight - other) < 1e-6) }
        #expect(abs(weights[0] + 2 * weights.dropFirst().reduce(0, +) - 1) < 1e-12)
    }

    /// At ratio 2 a position lies midway between two voxels: the mean of the smoothed values there.
    @Test func coarserGridAveragesWhatItCannotRepresent() throws {
        let caller = Geometry(dimensions: [8, 1, 1], spacing: [1, 1, 1])
        let values: [Float] = [0, 100, 0, 100, 0, 100, 0, 900]
        let stored = try TestVolume<Float>(caller) { values[$0.x] }
        let grid = try NetworkGrid(
            caller: caller,
            requirements: GridRequirements(orientation: .lps, spacing: [2, 1, 1], paddingMultiple: 1))
        #expect(grid.geometry.dimensions == [4, 1, 1])
        let image = try sampled(stored.view(), grid, Intensities(.identity))
        // Beyond the ends the border voxel counts. The values are SimpleITK's: smoothed as above, then
        // resampled linearly at 0.5, 2.5, 4.5 and 6.5.
        let wanted: [Float] = [40.7044, 50.0000, 58.7661, 459.2956]
        for x in 0..<4 { #expect(abs(image[x, 0, 0] - wanted[x]) < 1e-3) }
    }

    /// Two voxels of 1.3 reach beyond two of 1: their centres lie 0.15 beyond the outermost.
    @Test func beyondTheOutermostCentresTheSmoothedBorderVoxelCounts() throws {
        let caller = Geometry(dimensions: [2, 1, 1], spacing: [1, 1, 1])
        let stored = try TestVolume<Float>(caller) { $0.x == 0 ? 0 : 100 }
        let grid = try NetworkGrid(
            caller: caller,
            requirements: GridRequirements(orientation: .lps, spacing: [1.3, 1, 1], paddingMultiple: 1))
        #expect(grid.geometry.dimensions == [2, 1, 1])
        let image = try sampled(stored.view(), grid, Intensities(.identity))
        let neighbour = Float(100 * SmoothingKernel(ratio: 1.3).weights[1])
        #expect(abs(image[0, 0, 0] - neighbour) < 1e-4)
        #expect(abs(image[1, 0, 0] - (100 - neighbour)) < 1e-4)
    }

    @Test func whatLiesOutsideTheReconstructionCircleIsAirBeforeItIsInterpolated() throws {
        let caller = Geometry(dimensions: [4, 1, 1], spacing: [2, 1, 1])
        let stored = try TestVolume<Int16>(caller) { [-3024, 976, -2000, -1024][$0.x] }
        let grid = try NetworkGrid(
            caller: caller,
            requirements: GridRequirements(orientation: .lps, spacing: [1, 1, 1], paddingMultiple: 1))
        let image = try sampled(
            stored.view(), grid, Intensities(.window(lower: -1024, upper: 976)))
        // A quarter of the way from air to 976: not from −3024.
        #expect(abs(image[1, 0, 0] - 0.25) < 1e-6)
        #expect(image[0, 0, 0] == 0)
        #expect(image[7, 0, 0] == 0)
        let raw = try sampled(stored.view(), grid, Intensities(.identity))
        #expect(raw[0, 0, 0] == -3024)
    }

    @Test func slopeInterceptAndTypeGiveTheSameHounsfield() throws {
        let caller = Geometry(dimensions: [3, 2, 2], spacing: [1, 1, 1])
        let grid = try NetworkGrid(
            caller: caller, requirements: GridRequirements(orientation: .lps, paddingMultiple: 1))
        let hounsfield: (SIMD3<Int>) -> Int = { 100 * $0.x + 37 * $0.y - 64 * $0.z }
        let signed = try TestVolume<Int16>(caller) { Int16(hounsfield($0)) }
        let unsigned = try TestVolume<UInt16>(caller) { UInt16(2 * (hounsfield($0) + 1024)) }
        let real = try TestVolume<Float>(caller) { Float(hounsfield($0)) / 4 }
        let images = [
            try sampled(signed.view(), grid, wideWindow),
            try sampled(unsigned.view(slope: 0.5, intercept: -1024), grid, wideWindow),
            try sampled(real.view(slope: 4), grid, wideWindow),
        ]
        for z in 0..<2 {
            for y in 0..<2 {
                for x in 0..<3 {
                    let wanted = (Float(hounsfield([x, y, z])) + 1000) / 4000
                    for image in images { #expect(image[x, y, z] == wanted) }
                }
            }
        }
    }
}

@Suite struct VoxelInspectionTests {
    @Test(arguments: [1, 2, 5]) func firstNonfiniteVoxelInDenseOrderIsNamed(workers: Int) throws {
        let volume = try TestVolume<Float>(asymmetric) { index in
            index == [9, 3, 2] ? .infinity : index == [2, 4, 2] ? .nan : index.z == 5 ? .nan : 0
        }
        let runner = Runner(workers: workers, progress: nil)
        // The same voxels seen through permuted and negative strides: the order is that of the indices.
        let view = try Volume(
            voxels: volume.storage.pointer + volume.storage.count - 1,
            voxelBytes: UInt64(volume.storage.count * 4),
            voxelType: .float32, strides: [-4 * 77, -4, -44],
            geometry: Geometry(dimensions: [9, 11, 7], spacing: [1, 1, 1]))
        for (volume, name) in [(try volume.view(), "(9, 3, 2)"), (view, "(3, 0, 0)")] {
            do {
                _ = try VoxelInspection(volume, runner: runner)
                Issue.record("nothing was thrown")
            } catch {
                #expect(error.kind == .nonfiniteVoxel)
                #expect(error.message.contains(name), "\(error.message)")
            }
        }
    }

    @Test func volumesThatCannotBeHounsfieldAreReportedWithTheEvidence() throws {
        func evidence(slope: Double = 1, intercept: Double = 0, _ value: (SIMD3<Int>) -> Float) throws
            -> String?
        {
            let volume = try TestVolume<Float>(asymmetric, value)
            return try VoxelInspection(
                volume.view(slope: slope, intercept: intercept), runner: Runner(workers: 2, progress: nil)
            ).evidenceAgainstHounsfield(slope: slope, intercept: intercept)
        }
        let head: (SIMD3<Int>) -> Float = { $0.x < 4 ? -1000 : $0.x < 9 ? 40 : 900 }
        #expect(try evidence(head) == nil)
        #expect(try evidence(intercept: -1024) { head($0) + 1024 } == nil)
        #expect(try evidence { head($0) + 1024 }?.contains("24 to 1924") == true)
        #expect(try evidence { head($0) + 1024 }?.contains("intercept") == true)
        #expect(try evidence { (head($0) + 1000) / 1900 }?.contains("0 to 1 HU") == true)
        #expect(try evidence { _ in -1000 }?.contains("equal") == true)
        #expect(try evidence { head($0) - 1100 }?.contains("-2100 to -200 HU") == true)
        // What lies outside the reconstruction circle is neither air nor evidence.
        for mark: Float in [-2000, -3024, -32768] {
            let circle: (SIMD3<Int>) -> Float = { $0.y < 4 ? mark : head($0) }
            #expect(try evidence(circle) == nil)
            #expect(try evidence { $0.y < 4 ? mark : head($0) + 1024 }?.contains("intercept") == true)
            #expect(try evidence { $0 == .zero ? mark : head($0) + 1024 }?.contains("intercept") == true)
        }
        #expect(try evidence { head($0) * 10 + Float($0.y) * 100 }?.contains("different values") == true)
        #expect(try evidence { head($0) - 520 + Float($0.y) }?.contains("where air lies") == true)
        // A mark of one value but for what interpolation rounds.
        #expect(try evidence { $0.y < 4 ? -3024 - Float($0.z) / 100 : head($0) } == nil)
        // Few voxels between the circle's mark and air, as where it was interpolated.
        #expect(try evidence { $0.y < 4 ? -3024 : $0 == [1, 5, 2] ? -2000 : head($0) } == nil)
        // Air elsewhere than air is: offsets, slopes, and windows as of pictures.
        for wrong: (Float) -> Float in [
            { $0 - 200 }, { $0 - 400 }, { $0 - 500 }, { $0 + 200 }, { $0 + 400 }, { $0 + 500 }, { $0 / 2 },
            { $0 * 0.6 }, { $0 * 1.4 }, { max(-500, min(500, $0)) },
        ] {
            #expect(try evidence { wrong(head($0)) }?.contains("where air lies") == true)
        }
        // Lungs and airways are thin, too.
        #expect(try evidence { $0.x < 3 ? -750 : $0.x < 4 ? -1000 : head($0) } == nil)
        // Cut to the body, without an airway.
        #expect(try evidence { $0.x < 1 ? -3024 : $0.x < 3 ? -780 : $0.x < 10 ? 40 : 900 } == nil)
        #expect(try evidence { $0.y < 2 ? 30000 : head($0) }?.contains("above 3000 HU") == true)
        #expect(try evidence { min(0, head($0)) }?.contains("soft tissue") == true)
        #expect(try evidence { -head($0) }?.contains("above 800 HU") == true)
        #expect(
            try evidence { Float(($0.x * 977 + $0.y * 631 + $0.z * 353) % 4000) - 1000 }?.contains(
                "above 800 HU") == true)
    }
}
