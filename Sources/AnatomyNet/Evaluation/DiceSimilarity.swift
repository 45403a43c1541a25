/// How well the voxels that were labelled as one organ agree with the organ's true voxels.
public struct DiceSimilarity: Sendable, Equatable {
    /// Voxels of the organ that are labelled as it.
    public var truePositives = 0
    /// Voxels labelled as the organ that are not of it.
    public var falsePositives = 0
    /// Voxels of the organ that are not labelled as it.
    public var falseNegatives = 0

    public init(truePositives: Int = 0, falsePositives: Int = 0, falseNegatives: Int = 0) {
        self.truePositives = truePositives
        self.falsePositives = falsePositives
        self.falseNegatives = falseNegatives
    }

    /// The Dice similarity coefficient, 0 to 1: DSC = 2TP / (2TP + FN + FP) (paper section II E).
    /// nil if neither has a voxel of the organ: then there is nothing to agree on.
    public var coefficient: Double? {
        let denominator = 2 * truePositives + falseNegatives + falsePositives
        return denominator == 0 ? nil : 2 * Double(truePositives) / Double(denominator)
    }

    /// The agreement for every label from 0 to 255.
    ///
    /// - Parameters:
    ///   - predicted: one label a voxel.
    ///   - truth: as many, in the same order.
    /// - Returns: 256 values, one for each label.
    /// - Precondition: both have the same count.
    public static func ofEachLabel(
        predicted: UnsafeBufferPointer<UInt8>, truth: UnsafeBufferPointer<UInt8>
    ) -> [DiceSimilarity] {
        precondition(predicted.count == truth.count, "predicted and true labels of different grids")
        var labels = [DiceSimilarity](repeating: DiceSimilarity(), count: 256)
        labels.withUnsafeMutableBufferPointer { labels in
            for voxel in 0..<predicted.count {
                let found = Int(predicted[voxel])
                let wanted = Int(truth[voxel])
                if found == wanted {
                    labels[found].truePositives += 1
                } else {
                    labels[found].falsePositives += 1
                    labels[wanted].falseNegatives += 1
                }
            }
        }
        return labels
    }
}
