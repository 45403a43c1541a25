import Testing

@testable import AnatomyNet

/// Comparison with probabilities of an independent PyTorch implementation in single precision.
///
/// Two single-precision evaluations of this network differ by a few 1e-6 (rounding of 28 layers);
/// 1e-4 would already show a wrong constant anywhere.
@Suite struct ParityTests {
    static let tolerance: Float = 1e-4

    struct Case: Sendable, CustomTestStringConvertible {
        var model: String
        var pair: String
        var key = "probabilities"
        var architecture: String?
        var batchNorm = BatchNormStatistics.running

        var testDescription: String { "\(pair), \(key)" }
    }

    static let cases = [
        Case(model: "AnatomyNet", pair: "AnatomyNet.case1"),
        Case(model: "AnatomyNet", pair: "AnatomyNet.odd"),
        Case(
            model: "AnatomyNet", pair: "AnatomyNet.odd", key: "probabilities_volume_statistics",
            batchNorm: .volume),
        Case(
            model: "baselineSERes18Conc", pair: "baselineSERes18Conc.case1",
            architecture: "baselineSERes18Conc"),
    ]

    @Test(arguments: cases, Model.InstructionSet.ofThisMachine)
    func probabilitiesAndLabelsAreThoseOfPyTorch(_ testCase: Case, on instructionSet: Model.InstructionSet)
        throws
    {
        var overrides = ModelOverrides()
        overrides.architecture = testCase.architecture
        overrides.batchNorm = testCase.batchNorm
        let model = try ReferencePair.model(
            testCase.model, overrides: overrides, instructionSet: instructionSet)
        let pair = try ReferencePair(testCase.pair, probabilities: testCase.key)
        let found = try Segmentation(
            model, pair.input, depth: pair.depth, height: pair.height, width: pair.width)
        let difference = zip(found.probabilities, pair.probabilities).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(difference <= Self.tolerance)
        let equal = zip(found.labels, pair.labels).count { $0 == $1 }
        #expect(Double(equal) >= 0.9999 * Double(pair.voxels))
    }

    @Test func theActivationDistinguishesNetworksOfEqualShape() throws {
        var overrides = ModelOverrides()
        overrides.activation = .relu
        let model = try ReferencePair.model("AnatomyNet", overrides: overrides)
        let pair = try ReferencePair("AnatomyNet.case1")
        let found = try Segmentation(
            model, pair.input, depth: pair.depth, height: pair.height, width: pair.width)
        let difference = zip(found.probabilities, pair.probabilities).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(difference > 100 * Self.tolerance)
    }
}
