import Testing

@testable import AnatomyNetPhantom

@Suite struct DifficultyTests {
    private func mean(_ scores: [Organ: Double]) -> Double {
        scores.values.reduce(0, +) / Double(scores.count)
    }

    private func describe(_ scores: [Organ: Double]) -> String {
        Organ.allCases.map { organ in
            "\(organ.name) \(((scores[organ] ?? 0) * 1000).rounded() / 1000)"
        }.joined(separator: ", ")
    }

    /// Finding the organs takes context: see `ThresholdBaseline` for how generous this is.
    @Test func thresholdsAndComponentsStayBelowOneHalf() {
        let plain = ThresholdBaseline.scores(Cohort.patients, opening: false)
        #expect(mean(plain) < 0.5, "\(describe(plain))")
        #expect(plain.count == 9)
        let opened = ThresholdBaseline.scores(Cohort.patients, opening: true)
        #expect(mean(opened) < 0.5, "\(describe(opened))")
        // The baseline is no straw man: what stands out it does find.
        #expect((opened[.mandible] ?? 0) > 0.5)
    }
}
