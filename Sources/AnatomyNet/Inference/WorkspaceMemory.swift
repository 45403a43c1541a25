import AnatomyNetSystem
import Glibc
import Synchronization

/// The memory of a call's feature maps, whose pages come from the system all at once (`populate`) and can
/// go back without the memory itself (`vacate`).
///
/// Huge pages take the system less time, 0.2 ms for 2 MB instead of 0.9. Where a host takes free memory back
/// (`FreePageReporting`) pages are small all the same: the system takes small ones first from pieces of which
/// some are in use, which the host leaves alone, and `vacate` sees to it that there are such pieces.
///
/// Belongs to one call at a time.
final class WorkspaceMemory: @unchecked Sendable {
    /// Of arbitrary contents.
    let bytes: Buffer<UInt8>
    private let hasSmallPages: Bool
    /// So many pieces from the beginning have their pages.
    private var populatedPieces = 0
    /// For each piece, which page of its stretches stays.
    private let stayingPages: Buffer<Int>

    /// The size of a huge page.
    static let pieceBytes = Int(ANS_HUGE_PAGE)
    /// Of so many bytes one page stays. Half a piece, for the pages of several threads share physical pieces:
    /// with one page of each piece, a twentieth of the physical ones has none.
    static let stretchBytes = pieceBytes / 2
    private static let pageBytes = sysconf(Int32(_SC_PAGESIZE))

    /// - Parameter reportedBytes: the size of the pieces that a host takes.
    init(count: Int, reportedBytes: Int? = FreePageReporting.pieceBytes) throws(AnatomyNetError) {
        bytes = try Buffer(count: count, purpose: "the feature maps")
        hasSmallPages = reportedBytes.map { $0 >= Self.pieceBytes } ?? false
        // Smaller memory shares its pages with others'.
        let pieces = count < Self.pieceBytes ? 0 : (count + Self.pieceBytes - 1) / Self.pieceBytes
        stayingPages = try Buffer(count: pieces, purpose: "the pages of feature maps")
        stayingPages.elements.initialize(repeating: 0)
        if pieces > 0 {
            madvise(bytes.pointer, pieces * Self.pieceBytes, hasSmallPages ? MADV_NOHUGEPAGE : MADV_HUGEPAGE)
        }
    }

    /// Has the system provide what pages of the first `needed` bytes are missing, on all threads and right
    /// away: what the call before gave back a moment ago can be had for little, and any page costs less as
    /// one of many.
    func populate(_ needed: Int, runner: Runner) throws(AnatomyNetError) {
        let first = populatedPieces
        let end = min((needed + Self.pieceBytes - 1) / Self.pieceBytes, stayingPages.count)
        if first >= end { return }
        // Also if the call is cancelled in between.
        populatedPieces = end
        let runs = PieceRuns(first..<end)
        try runner.run(items: runs.count) { run, _ in
            let memory = place(of: runs[run])
            // Linux before 5.14 refuses, and then provides pages where they are first written.
            madvise(memory.baseAddress, memory.count, MADV_POPULATE_WRITE)
        }
    }

    /// Gives all pages back, on all threads, but for one in each stretch of small pages, so that the rest stays with this
    /// machine, free for whoever wants it. It is another one each time: others may have taken what was left
    /// of the physical piece that the last one is from, and the pages now be from elsewhere.
    ///
    /// - Returns: whether the memory is worth keeping: otherwise no page stays, or the system cannot, or
    ///   counts memory without pages, too.
    func vacate(runner: Runner) -> Bool {
        let pieces = 0..<populatedPieces
        populatedPieces = 0
        guard hasSmallPages, !pieces.isEmpty, ans_is_address_space_limited() == 0 else { return false }
        let runs = PieceRuns(pieces)
        let isRefused = Atomic(false)
        runner.runInAnyCase(items: runs.count) { run, _ in
            if !runs[run].allSatisfy(vacate) { isRefused.store(true, ordering: .relaxed) }
        }
        return !isRefused.load(ordering: .relaxed)
    }

    private func vacate(_ piece: Int) -> Bool {
        let stays = stayingPages[piece] * Self.pageBytes
        stayingPages[piece] = 1 - stayingPages[piece]
        let memory = place(of: piece..<piece + 1)
        return stride(from: 0, to: memory.count, by: Self.stretchBytes).allSatisfy { start in
            let stretch = memory[start...].prefix(Self.stretchBytes)
            return Self.giveBack(stretch.prefix(stays))
                && Self.giveBack(stretch.dropFirst(stays + Self.pageBytes))
        }
    }

    /// Pieces cut into runs that are worth a thread's while.
    private struct PieceRuns {
        private static let length = 8
        private let pieces: Range<Int>

        init(_ pieces: Range<Int>) {
            self.pieces = pieces
        }

        var count: Int64 { Int64((pieces.count + Self.length - 1) / Self.length) }

        subscript(run: Int64) -> Range<Int> {
            let start = pieces.lowerBound + Int(run) * Self.length
            return start..<min(start + Self.length, pieces.upperBound)
        }
    }

    private func place(of pieces: Range<Int>) -> UnsafeMutableRawBufferPointer {
        let start = pieces.lowerBound * Self.pieceBytes
        return UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bytes.pointer) + start,
            count: min(pieces.upperBound * Self.pieceBytes, bytes.count) - start)
    }

    private static func giveBack(_ memory: Slice<UnsafeMutableRawBufferPointer>) -> Bool {
        memory.isEmpty
            || madvise(memory.base.baseAddress! + memory.startIndex, memory.count, MADV_DONTNEED) == 0
    }

    /// Asks the system what decides about memory, before there is a model: a host that forks while another of its threads
    /// asked for the first time would have a child that waits for that thread.
    static func askSystem() {
        _ = FreePageReporting.pieceBytes
    }
}
