/// How many channels the squeeze layer of a squeeze-and-excitation block has: channels / reduction,
/// rounded down.
public struct SqueezeReduction: Sendable, Equatable {
    /// In blocks that merge no skip.
    public let encoder: Int
    /// In blocks that merge a skip: `layer4`, `layer6`, `layer8`.
    public let decoder: Int

    public init(encoder: Int, decoder: Int) {
        self.encoder = encoder
        self.decoder = decoder
    }
}
