import Glibc

/// The discrete Gaussian that removes what a coarser grid cannot represent.
///
/// With voxels as point spread functions whose full width at half maximum is their spacing, going from
/// a spacing of 1 to one of `ratio` takes a Gaussian of variance (ratio² − 1) / (8 ln 2) (Cardoso et al.,
/// Scale factor point spread function matching, MICCAI 2015). Its discrete form, e^−t I_n(t) with
/// variance t (Lindeberg 1990), has exactly that variance also where it is narrower than a voxel, where
/// samples of a Gaussian do not. Cut where the kept part is above 0.99 and normalised: the same as
/// ITK's DiscreteGaussianImageFilter with its default error.
struct SmoothingKernel {
    /// Weights of the voxels at distance 0, 1, …: both sides' and the middle's sum to 1.
    let weights: [Double]

    init(ratio: Double) {
        guard ratio > 1 else {
            weights = [1]
            return
        }
        let variance = (ratio * ratio - 1) / (8 * log(2))
        var weights = [Self.weight(0, variance), Self.weight(1, variance)]
        var sum = weights[0] + 2 * weights[1]
        while sum < 0.99 {
            weights.append(Self.weight(weights.count, variance))
            sum += 2 * (weights.last ?? 0)
        }
        self.weights = weights.map { $0 / sum }
    }

    /// Voxels that linear interpolation of the smoothed ones looks at.
    var tapCount: Int { 2 * weights.count }

    /// e^−t I_n(t), by the power series of the modified Bessel function: all its terms are positive.
    private static func weight(_ distance: Int, _ variance: Double) -> Double {
        var term = exp(-variance)
        for factor in 0..<distance { term *= variance / 2 / Double(factor + 1) }
        var sum = 0.0
        var index = 0
        while term > sum * 1e-17 {
            sum += term
            index += 1
            term *= variance * variance / 4 / Double(index * (index + distance))
        }
        return sum
    }
}
