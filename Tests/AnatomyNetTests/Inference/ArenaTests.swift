import Testing

@testable import AnatomyNet

@Suite struct ArenaTests {
    /// Random sizes and lifetimes.
    @Test(arguments: 0..<50)
    func whatLivesAtTheSameTimeSharesNoBytes(seed: Int) {
        var generator = TestRandom(state: UInt64(seed))
        func random(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
        var arena = Arena()
        var reserved: [(Arena.Reservation, bytes: Int, lifetimes: [ClosedRange<Int>])] = []
        for _ in 0..<30 {
            let bytes = 1 + random(10_000)
            let first = random(20)
            let last = first + random(6)
            let again = last + 2 + random(6)
            let isRepeated = random(3) == 0
            let reservation =
                isRepeated
                ? arena.reserve(bytes, during: first...last, again...again + 1)
                : arena.reserve(bytes, during: first...last)
            let extended = (isRepeated ? again + 1 : last) + random(3)
            arena.extend(reservation, through: extended)
            reserved.append(
                (reservation, bytes, isRepeated ? [first...last, again...extended] : [first...extended]))
        }
        arena.place()
        for (index, one) in reserved.enumerated() {
            let bytes = arena.offset(of: one.0)..<arena.offset(of: one.0) + one.bytes
            #expect(bytes.lowerBound % 64 == 0)
            #expect(bytes.upperBound <= arena.size)
            for other in reserved[..<index]
            where other.lifetimes.contains(where: { one.lifetimes.contains(where: $0.overlaps) }) {
                let others = arena.offset(of: other.0)..<arena.offset(of: other.0) + other.bytes
                #expect(!bytes.overlaps(others))
            }
        }
    }

    @Test func whatLivesBetweenTheLivesOfAnotherSharesItsBytes() {
        var arena = Arena()
        _ = arena.reserve(1000, during: 1...2, 6...7)
        _ = arena.reserve(900, during: 3...5)
        arena.place()
        #expect(arena.size == 1024)
    }

    @Test func whatLivesAtDifferentTimesSharesBytes() {
        var arena = Arena()
        for step in 0..<10 { _ = arena.reserve(1000, during: step...step) }
        arena.place()
        #expect(arena.size == 1024)
    }
}
