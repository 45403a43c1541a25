extension ScoreResampler {
    /// The highest probabilities of the voxels of one class. A sum of whole numbers, so that no order
    /// of summation gives other bits; 2^24 steps are all that a float between 1/2 and 1 has.
    struct Confidence {
        var voxels = 0
        var sum = 0

        @inline(__always)
        mutating func add(_ probability: Float) {
            voxels &+= 1
            // Not of a NaN, which ends the call with an error later on.
            sum &+= probability > 0 ? Int(min(probability, 1) * 16_777_216) : 0
        }
    }

    func confidences(_ worker: Int) -> UnsafeMutablePointer<Confidence> {
        (memory + layout.scratch + worker * layout.workerBytes + layout.confidences).bindMemory(
            to: Confidence.self, capacity: request.confidences ? request.classCount : 0)
    }

    /// For each class, the mean over its voxels so far of its probability; nil without voxels, or if
    /// it was not asked for.
    var meanConfidences: [Double?] {
        (0..<request.classCount).map { label in
            guard request.confidences else { return nil }
            var total = Confidence()
            for worker in 0..<workers {
                total.voxels += confidences(worker)[label].voxels
                total.sum += confidences(worker)[label].sum
            }
            return total.voxels == 0 ? nil : Double(total.sum) / 16_777_216 / Double(total.voxels)
        }
    }
}
