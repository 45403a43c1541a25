import Testing

@testable import AnatomyNetPhantom

@Suite struct PhantomTests {
    /// FNV-1a, 64 bits.
    private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func checksum(_ phantom: Phantom) -> [UInt64] {
        [
            checksum(
                phantom.hounsfieldUnits.lazy.flatMap { value in
                    let word = UInt16(bitPattern: value)
                    return [UInt8(word & 0xFF), UInt8(word >> 8)]
                }),
            checksum(phantom.labels),
        ]
    }

    /// Frozen: whoever changes these numbers changes what every published score on phantoms was measured on.
    @Test func seedsGiveTheSameBytesForEver() throws {
        let first = try Phantom(
            seed: 1, size: .init(x: 40, y: 44, z: 36), spacing: .init(x: 5, y: 5, z: 5))
        #expect(Self.checksum(first) == [6_158_510_564_092_450_539, 3_754_893_785_285_779_715])
        let second = try Phantom(
            seed: 0xFFFF_FFFF_FFFF_FFFF, size: .init(x: 56, y: 60, z: 24), spacing: .init(x: 3, y: 3.5, z: 6))
        #expect(Self.checksum(second) == [5_841_589_672_650_246_479, 18_341_980_695_694_700_390])
    }

    @Test func anotherSeedIsAnotherPatient() throws {
        let size = Phantom.Size(x: 32, y: 32, z: 24)
        let spacing = Phantom.Spacing(x: 6, y: 6, z: 6)
        let first = try Phantom(seed: 1, size: size, spacing: spacing)
        let second = try Phantom(seed: 2, size: size, spacing: spacing)
        #expect(first.labels != second.labels)
        #expect(first.origin != second.origin)
    }

    @Test func describesItsGrid() throws {
        let phantom = try Phantom(
            seed: 3, size: .init(x: 20, y: 24, z: 16), spacing: .init(x: 8, y: 7, z: 6))
        #expect(phantom.hounsfieldUnits.count == 20 * 24 * 16)
        #expect(phantom.labels.count == 20 * 24 * 16)
        #expect(phantom.hounsfieldUnits.allSatisfy { (-1024...3071).contains($0) })
        #expect(phantom.labels.allSatisfy { $0 <= 9 })
    }

    @Test(arguments: [
        Phantom.Size(x: 7, y: 64, z: 64), Phantom.Size(x: 64, y: 1025, z: 64),
        Phantom.Size(x: 1024, y: 1024, z: 512), Phantom.Size(x: 64, y: 64, z: -1),
        Phantom.Size(x: .max, y: .max, z: .max),
    ])
    func refusesImpossibleSizes(size: Phantom.Size) {
        #expect(throws: PhantomError.size(size)) { try Phantom(seed: 1, size: size) }
    }

    @Test(arguments: [0, -1, 0.29, 8.1, Double.infinity, Double.nan])
    func refusesImpossibleSpacings(value: Double) {
        #expect(throws: PhantomError.self) {
            try Phantom(
                seed: 1, size: .init(x: 16, y: 16, z: 16), spacing: .init(x: 1, y: value, z: 1))
        }
    }

    @Test func refusesAFieldNoScannerHas() {
        let size = Phantom.Size(x: 16, y: 16, z: 600)
        let spacing = Phantom.Spacing(x: 1, y: 1, z: 2)
        #expect(throws: PhantomError.fieldOfView(size, spacing)) {
            try Phantom(seed: 1, size: size, spacing: spacing)
        }
    }

    /// Whatever is asked for within the limits is made: no trap, no endless loop.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func anyGridWithinTheLimitsWorks(seed: UInt64) throws {
        var draw = RandomStream(seed: seed, topic: .noise)
        func size() -> Int { draw.integer(8...30) }
        func spacing() -> Double { draw.chance(0.2) ? 0.3 : draw.uniform(0.3...8) }
        let grid = Phantom.Size(x: size(), y: size(), z: size())
        let phantom = try Phantom(
            seed: draw.next(), size: grid, spacing: .init(x: spacing(), y: spacing(), z: spacing()))
        #expect(phantom.labels.count == grid.x * grid.y * grid.z)
    }
}
