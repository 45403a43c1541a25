/// Why a call failed, in the terms of the C interface's status values.
///
/// `message` is one sentence for a person: it names the argument, file or tensor, what was found
/// and what is allowed.
public struct AnatomyNetError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; each is one status of `include/anatomynet.h`.
    public enum Kind: Sendable {
        case nullArgument, structSize, dimensions, voxelType, strides, bufferTooShort, overlap
        case nonfiniteVoxel, option, spacing, orientation, unknownClass
        case file, container, metadata, tensor, weightValue, checksum, unsupported
        case outOfMemory, memoryLimit
        case cancelled, nonfiniteScore
        case `internal`
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// What was found and what is allowed, for a person; without a full stop at the end.
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
