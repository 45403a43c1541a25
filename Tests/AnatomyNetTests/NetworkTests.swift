import Testing

@testable import AnatomyNet

/// The published networks: their parameters (PyTorch's count of their scripts) and their tiles.
@Suite struct NetworkTests {
    @Test func theResidualNetworksHaveThePublishedSize() {
        func count(
            _ channels: [Int], _ blocks: Int, _ reduction: (Int, Int)?, _ merge: ResidualFamily.Merge
        ) -> Int {
            ResidualFamily(
                channels: channels, blocks: blocks,
                squeezeReduction: reduction.map { SqueezeReduction(encoder: $0.0, decoder: $0.1) },
                merge: merge,
                classCount: 10
            ).graph.parameterCount
        }
        #expect(count([28, 30, 32, 34], 2, (15, 16), .concatenate) == 734_417)
        #expect(count([22, 22, 22, 22], 3, (15, 16), .sum) == 494_845)
        #expect(count([28, 32, 36, 40], 2, nil, .concatenate) == 1_049_084)
        #expect(count([22, 22, 22, 22], 3, nil, .sum) == 493_639)
    }

    /// (15 · 16 + 16 · 10) · 27 weights instead of (15 · 14 + 14 · 14 + 15 · 14 + 14 · 10) · 27 and three
    /// normalisations.
    @Test func theHeadOfThePapersTextHasOneConvolution() {
        func count(_ head: ResidualFamily.Head) -> Int {
            ResidualFamily(
                channels: [28, 30, 32, 34], blocks: 2,
                squeezeReduction: SqueezeReduction(encoder: 15, decoder: 16),
                merge: .concatenate, head: head, classCount: 10
            ).graph.parameterCount
        }
        let scripts = (15 * 14 + 14 * 14 + 15 * 14 + 14 * 10) * 27 + 6 * 14
        let text = (15 * 16 + 16 * 10) * 27
        #expect(count(.convolution(hasBias: true, isNormalized: false)) == 734_417 - scripts + text + 16)
        #expect(count(.convolution(hasBias: false, isNormalized: true)) == 734_417 - scripts + text + 32)
    }

    @Test(arguments: [
        ([32, 40, 48, 56], 1, 819_674), ([48, 96, 112, 128], 2, 4_005_698),
        ([64, 128, 256, 288], 3, 15_234_986), ([64, 128, 256, 512], 4, 22_450_218),
    ])
    func thePlainNetworksHaveThePublishedSize(channels: [Int], poolings: Int, parameters: Int) {
        let graph = PlainFamily(channels: channels, poolings: poolings, classCount: 10).graph
        #expect(graph.parameterCount == parameters)
        #expect(graph.paddingUnit == 1 << poolings)
    }

    @Test(arguments: [0, 17, 20]) func aWrongNumberOfBlocksIsToldAsItIs(blocks: Int) throws {
        let description = try ModelDescription(metadata: [(key: "anatomynet.channels", value: "28,30,32,34")])
        let names = Set(["layer11.0.weight"] + (0..<blocks).map { "layer1.\($0).conv1.weight" })
        let error = #expect(throws: AnatomyNetError.self) {
            _ = try Architecture(description) { names.contains($0) ? [10, 14, 3, 3, 3] : nil }
        }
        #expect(error?.message.contains("a stage has \(blocks) residual blocks") == true)
    }

    /// Without gates, or with statistics of each volume's own, a network amplifies the rounding error of wide tiles beyond
    /// 1e-5 of its logits' deviation.
    @Test func onlyNetworksWithSqueezeAndExcitationAndStoredStatisticsTakeWideTiles() throws {
        func residual(gated: Bool, _ merge: ResidualFamily.Merge) -> LayerGraph {
            ResidualFamily(
                channels: [28, 28, 28, 28], blocks: 2,
                squeezeReduction: gated ? SqueezeReduction(encoder: 14, decoder: 14) : nil, merge: merge,
                classCount: 10
            ).graph
        }
        for merge in [ResidualFamily.Merge.concatenate, .sum] {
            #expect(residual(gated: true, merge).takesWideTiles)
            #expect(residual(gated: true, merge).addingProjections().takesWideTiles)
            #expect(!residual(gated: false, merge).takesWideTiles)
        }
        #expect(!PlainFamily(channels: [32, 40, 48, 56], poolings: 1, classCount: 10).graph.takesWideTiles)
        for batchNorm in [BatchNormStatistics.running, .volume] {
            var overrides = ModelOverrides()
            overrides.batchNorm = batchNorm
            let model = try ReferencePair.model("AnatomyNet", overrides: overrides)
            #expect(model.network.graph.takesWideTiles == (batchNorm == .running))
        }
    }
}
