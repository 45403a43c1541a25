/// Where the means and variances of batch normalisation come from.
public enum BatchNormStatistics: Sendable, Equatable {
    /// The weight file.
    case running
    /// Each volume itself: biased variance over the padded grid.
    case volume
}
