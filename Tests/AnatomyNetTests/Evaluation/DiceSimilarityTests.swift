import AnatomyNet
import Testing

struct DiceSimilarityTests {
    @Test("DSC is 2TP / (2TP + FN + FP) for each label")
    func definition() {
        let truth: [UInt8] = [0, 1, 1, 1, 2, 2, 0, 3]
        let predicted: [UInt8] = [0, 1, 1, 2, 2, 0, 1, 0]
        let labels = truth.withUnsafeBufferPointer { truth in
            predicted.withUnsafeBufferPointer { DiceSimilarity.ofEachLabel(predicted: $0, truth: truth) }
        }
        #expect(labels[1] == DiceSimilarity(truePositives: 2, falsePositives: 1, falseNegatives: 1))
        #expect(labels[1].coefficient == 4.0 / 6)
        #expect(labels[2].coefficient == 2.0 / 4)
        #expect(labels[3].coefficient == 0)
        #expect(labels[4].coefficient == nil)
    }
}
