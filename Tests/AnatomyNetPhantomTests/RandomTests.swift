import Testing

@testable import AnatomyNetPhantom

@Suite struct RandomTests {
    /// The first outputs of the reference implementation (splitmix64.c by Sebastiano Vigna) from state 0.
    @Test func hashIsSplitMix64() {
        #expect(RandomStream.mix(1 &* RandomStream.increment) == 0xE220_A839_7B1D_CDAF)
        #expect(RandomStream.mix(2 &* RandomStream.increment) == 0x6E78_9E6A_A1B9_65F4)
        #expect(RandomStream.mix(3 &* RandomStream.increment) == 0x06C4_5D18_8009_454F)
    }

    @Test func topicsAndSeedsGiveDifferentStreams() {
        var first = RandomStream(seed: 1, topic: .brain)
        var second = RandomStream(seed: 1, topic: .teeth)
        var third = RandomStream(seed: 2, topic: .brain)
        let numbers = [first.next(), second.next(), third.next()]
        #expect(Set(numbers).count == 3)
    }

    @Test func bellHasMeanZeroAndVarianceOne() {
        var stream = RandomStream(seed: 7, topic: .noise)
        let count = 40_000
        var sum = 0.0
        var squares = 0.0
        for _ in 0..<count {
            let value = RandomStream.bell(stream.next())
            sum += value
            squares += value * value
        }
        // Five standard errors: 1/√n of the mean, about √(2/n) of the variance.
        #expect(abs(sum / Double(count)) < 0.025)
        #expect(abs(squares / Double(count) - 1) < 0.036)
    }

    @Test func valueNoiseIsContinuousAndPeriodic() {
        let noise = ValueNoise(RandomStream(seed: 3, topic: .texture))
        for step in 0..<200 {
            let t = Double(step) * 0.37 - 20
            let value = noise.value(t, 1.3 * t, 0.7 - t)
            #expect(abs(value) <= 1)
            #expect(abs(noise.value(t + 1e-4, 1.3 * t, 0.7 - t) - value) < 1e-3)
            #expect(abs(noise.value(t + 32, 1.3 * t - 32, 0.7 - t) - value) < 1e-4)
        }
    }
}
