import Testing

@testable import AnatomyNet

@Suite struct LargestComponentTests {
    /// Flood fill of every component, by the book.
    private func reference(_ labels: [UInt8], _ size: SIMD3<Int>) -> [UInt8] {
        var component = [Int](repeating: -1, count: labels.count)
        var members: [[Int]] = []
        for seed in labels.indices where labels[seed] != 0 && component[seed] < 0 {
            var stack = [seed]
            var own: [Int] = []
            component[seed] = members.count
            while let place = stack.popLast() {
                own.append(place)
                let x = place % size.x
                let y = place / size.x % size.y
                let z = place / size.x / size.y
                for k in max(0, z - 1)...min(size.z - 1, z + 1) {
                    for j in max(0, y - 1)...min(size.y - 1, y + 1) {
                        for i in max(0, x - 1)...min(size.x - 1, x + 1) {
                            let next = (k * size.y + j) * size.x + i
                            guard labels[next] == labels[seed], component[next] < 0 else { continue }
                            component[next] = members.count
                            stack.append(next)
                        }
                    }
                }
            }
            members.append(own)
        }
        var result = [UInt8](repeating: 0, count: labels.count)
        for label in Set(labels) where label != 0 {
            let own = members.filter { labels[$0[0]] == label }
            // Seeds are met in memory order, and only a larger component takes the place of an earlier.
            var best = own[0]
            for other in own where other.count > best.count { best = other }
            for place in best { result[place] = label }
        }
        return result
    }

    @Test(
        arguments: [0.02, 0.08, 0.2, 0.6],
        [SIMD3(17, 13, 11), SIMD3(40, 1, 9), SIMD3(1, 1, 30), SIMD3(5, 31, 2)])
    func isTheComponentThatFloodFillFinds(density: Double, size: SIMD3<Int>) throws {
        var random = TestRandom(state: UInt64(1000 * density) + UInt64(size.x))
        let count = size.x * size.y * size.z
        let labels: [UInt8] = (0..<count).map { _ in
            Double.random(in: 0..<1, using: &random) < density ? .random(in: 1...3, using: &random) : 0
        }
        let buffer = try Buffer<UInt8>(count: count, purpose: "labels")
        for place in labels.indices { buffer[place] = labels[place] }
        let erased = try LargestComponent.keep(in: buffer.pointer, dimensions: size)
        let wanted = reference(labels, size)
        #expect(buffer.array == wanted)
        #expect(erased == zip(labels, wanted).filter { $0 != $1 }.count)
    }

    private static let noiseSize = SIMD3(100, 100, 100)

    /// Every other voxel along each axis: none touches another.
    private func noise() throws -> Buffer<UInt8> {
        let buffer = try Buffer<UInt8>(count: 1_000_000, purpose: "labels")
        for place in 0..<1_000_000 {
            let isLone = place % 2 == 0 && place / 100 % 2 == 0 && place / 10000 % 2 == 0
            buffer[place] = isLone ? 255 : 0
        }
        return buffer
    }

    @Test func tablesGrowForNoise() throws {
        let buffer = try noise()
        #expect(try LargestComponent.keep(in: buffer.pointer, dimensions: Self.noiseSize) == 124_999)
        #expect(buffer[0] == 255)
    }

    /// A second of work for noise: callers that cancel need not wait for it.
    @Test func bothPassesCanBeEndedAfterEachPlane() throws {
        for last in [1, 100, 101, 199] {
            let buffer = try noise()
            var planes = 0
            #expect {
                try LargestComponent.keep(in: buffer.pointer, dimensions: Self.noiseSize) {
                    () throws(AnatomyNetError) in
                    planes += 1
                    if planes == last { throw AnatomyNetError(.cancelled, "") }
                }
            } throws: { ($0 as? AnatomyNetError)?.kind == .cancelled }
            #expect(planes == last)
        }
    }

    /// 125,000 pieces of 16 bytes: the table of 65,536 becomes one of twice as many, and during that there
    /// are both.
    @Test func tablesGrowNoFurtherThanTheMemoryLimitAllows() throws {
        let growth = 2 * 65_536 * 16
        let buffer = try noise()
        let before = buffer.array
        #expect {
            try LargestComponent.keep(in: buffer.pointer, dimensions: Self.noiseSize, spare: growth - 1)
        } throws: { ($0 as? AnatomyNetError)?.kind == .memoryLimit }
        #expect(buffer.array == before)
        #expect(
            try LargestComponent.keep(in: buffer.pointer, dimensions: Self.noiseSize, spare: growth)
                == 124_999)
    }
}
