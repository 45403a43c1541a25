/// How many channels the squeeze layer of a squeeze-and-excitation block has: channels / reduction,
/// rounded down.
public struct SqueezeReduction: Sendable, Equatable {
    public let encoder: Int
    public let decoder: Int

    public init(encoder: Int, decoder: Int) {
        self.encoder = encoder
        self.decoder = decoder
    }
}
