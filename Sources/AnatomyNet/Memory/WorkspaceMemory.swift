import AnatomyNetSystem

/// The memory of a call's feature maps, whose pages come from the system all at once (`populate`) and can
/// go back without the memory itself (`vacate`).
///
/// Belongs to one call at a time.
final class WorkspaceMemory: @unchecked Sendable {
    /// Of arbitrary contents.
    let bytes: Buffer<UInt8>
    /// For each piece of the size of a huge page, whether it has small pages; or had, and keeps one.
    private let hasSmallPages: Buffer<Bool>
    private let hugePagesAreDear: Buffer<Int32>
    /// So many pieces from the beginning have their pages.
    private var populatedPieces = 0

    private static let pieceBytes = Int(ANS_HUGE_PAGE)

    /// - Parameter hugePagesAreDear: whether that is known beforehand.
    init(count: Int, hugePagesAreDear: Bool = false) throws(AnatomyNetError) {
        bytes = try Buffer(count: count, purpose: "the feature maps")
        // Smaller memory shares its pages with others'.
        let pieces = count < Self.pieceBytes ? 0 : (count + Self.pieceBytes - 1) / Self.pieceBytes
        hasSmallPages = try Buffer(count: pieces, purpose: "what pages the feature maps have")
        hasSmallPages.elements.initialize(repeating: false)
        self.hugePagesAreDear = try Buffer(count: 1, purpose: "what pages cost")
        self.hugePagesAreDear[0] = hugePagesAreDear ? 1 : 0
    }

    /// Has the system provide what pages of the first `needed` bytes are missing, on all threads and right
    /// away: what the call before gave back a moment ago can be had for little, and any page costs less as
    /// one of many.
    func populate(_ needed: Int, runner: Runner) throws(AnatomyNetError) {
        let first = populatedPieces
        let end = min((needed + Self.pieceBytes - 1) / Self.pieceBytes, hasSmallPages.count)
        if first >= end { return }
        let piecesAtOnce = 8
        try runner.run(items: Int64((end - first + piecesAtOnce - 1) / piecesAtOnce)) { item, _ in
            let start = first + Int(item) * piecesAtOnce
            for piece in start..<min(start + piecesAtOnce, end) {
                let (memory, size) = place(of: piece)
                hasSmallPages[piece] =
                    ans_populate(memory, size, hasSmallPages[piece] ? 1 : 0, hugePagesAreDear.pointer) != 0
            }
        }
        populatedPieces = end
    }

    /// Gives all pages back, but for one in each piece of small pages, 4 KB of 2 MB: a virtual machine's
    /// host that takes free memory back leaves such pieces alone (see `anatomynet_system.h`).
    ///
    /// - Returns: whether the memory is worth keeping: otherwise it has no pages that are, or holds all.
    func vacate() -> Bool {
        populatedPieces = 0
        guard hasSmallPages.elements.contains(true) else { return false }
        return hasSmallPages.elements.indices.allSatisfy { piece in
            let (memory, size) = place(of: piece)
            return ans_vacate(memory, size, hasSmallPages[piece] ? 1 : 0) != 0
        }
    }

    private func place(of piece: Int) -> (memory: UnsafeMutableRawPointer, bytes: Int) {
        let offset = piece * Self.pieceBytes
        return (UnsafeMutableRawPointer(bytes.pointer) + offset, min(Self.pieceBytes, bytes.count - offset))
    }
}
