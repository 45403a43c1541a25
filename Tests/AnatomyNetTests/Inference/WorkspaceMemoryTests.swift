import AnatomyNetSystem
import Glibc
import Testing

@testable import AnatomyNet

/// Linux before 5.14 does not.
private func systemPopulates() -> Bool {
    guard let memory = ans_allocate(Int(ANS_HUGE_PAGE)) else { return false }
    defer { ans_deallocate(memory, Int(ANS_HUGE_PAGE)) }
    return madvise(memory, Int(ANS_HUGE_PAGE), MADV_POPULATE_WRITE) == 0
}

/// As if the machine had a host that takes free pieces of 2 MB. One after the other, for one test limits the
/// address space for a moment.
@Suite(.serialized, .enabled(if: systemPopulates() && ans_is_address_space_limited() == 0))
struct WorkspaceMemoryTests {
    private static let pageBytes = sysconf(Int32(_SC_PAGESIZE))
    private static let pieceBytes = WorkspaceMemory.pieceBytes

    private static func residentPages(_ memory: WorkspaceMemory) -> Set<Int> {
        var resident = [UInt8](repeating: 0, count: (memory.bytes.count + pageBytes - 1) / pageBytes)
        #expect(mincore(memory.bytes.pointer, memory.bytes.count, &resident) == 0)
        return Set(resident.indices.filter { resident[$0] & 1 == 1 })
    }

    @Test(arguments: [1, 2, 3])
    func vacatedMemoryKeepsOnePageOfEachMegabyte(workers: Int) throws {
        let runner = Runner(workers: workers, progress: nil)
        let count = 19 * Self.pieceBytes + 3 * Self.pageBytes
        let memory = try WorkspaceMemory(count: count, reportedBytes: WorkspaceMemory.pieceBytes)
        var staying: Set<Int> = []
        for _ in 1...2 {
            try memory.populate(count, runner: runner)
            #expect(Self.residentPages(memory).count == count / Self.pageBytes)
            memory.bytes.elements.initialize(repeating: 1)
            try #require(memory.vacate(runner: runner))
            let stay = Self.residentPages(memory)
            #expect(stay.count == 39)
            #expect(
                staying.isDisjoint(with: stay),
                "pages of earlier calls say nothing about where those of this one were")
            staying = stay
        }
    }

    /// A small volume after a large one must not take the large one's memory.
    @Test func whatACallDoesNotNeedGetsNoPages() throws {
        let runner = Runner(workers: 2, progress: nil)
        let memory = try WorkspaceMemory(
            count: 16 * Self.pieceBytes, reportedBytes: WorkspaceMemory.pieceBytes)
        try memory.populate(16 * Self.pieceBytes, runner: runner)
        memory.bytes.elements.initialize(repeating: 1)
        try #require(memory.vacate(runner: runner))
        let pagesOfAPiece = Self.pieceBytes / Self.pageBytes
        try memory.populate(2 * Self.pieceBytes + 1, runner: runner)
        #expect(Self.residentPages(memory).count == 3 * pagesOfAPiece + 26)
        try memory.populate(5 * Self.pieceBytes, runner: runner)
        #expect(Self.residentPages(memory).count == 5 * pagesOfAPiece + 22)
    }

    @Test(arguments: [nil, WorkspaceMemory.pieceBytes / 2])
    func whereNoHostTakesWhatCouldBeKeptFromItNothingIsKept(reportedBytes: Int?) throws {
        let runner = Runner(workers: 1, progress: nil)
        let memory = try WorkspaceMemory(count: 3 * Self.pieceBytes, reportedBytes: reportedBytes)
        try memory.populate(3 * Self.pieceBytes, runner: runner)
        #expect(!memory.vacate(runner: runner))
    }

    @Test func memorySmallerThanAPieceIsNotKept() throws {
        let runner = Runner(workers: 1, progress: nil)
        let memory = try WorkspaceMemory(count: Self.pieceBytes - 1, reportedBytes: Self.pieceBytes)
        try memory.populate(Self.pieceBytes - 1, runner: runner)
        #expect(!memory.vacate(runner: runner))
    }

    @Test(arguments: [
        ("9", Int?.some(512)), ("0", 1), ("-1", nil), ("4294967295", nil), ("", nil), ("nonsense", nil),
    ])
    func whatIsReportedIsReadFromItsOrder(order: String, pages: Int?) {
        #expect(FreePageReporting.pieceBytes(order: order) == pages.map { $0 * Self.pageBytes })
        #expect(FreePageReporting.pieceBytes(order: nil) == nil)
    }

    /// A cancelled call leaves memory that has only some of its pages.
    @Test func pagesOfACancelledCallGoBack() throws {
        let count = 64 * Self.pieceBytes
        let memory = try WorkspaceMemory(count: count, reportedBytes: WorkspaceMemory.pieceBytes)
        let cancelled = Runner(workers: 1) { _ in false }
        #expect(throws: AnatomyNetError.self) { try memory.populate(count, runner: cancelled) }
        let some = Self.residentPages(memory).count
        #expect(some > 128 && some < count / Self.pageBytes)
        try #require(memory.vacate(runner: cancelled))
        #expect(Self.residentPages(memory).count <= 128)
    }

    /// Address space that is limited is the host's, even if its pages are not held.
    @Test func whereAddressSpaceIsLimitedNothingIsKept() throws {
        let runner = Runner(workers: 1, progress: nil)
        let memory = try WorkspaceMemory(
            count: 2 * Self.pieceBytes, reportedBytes: WorkspaceMemory.pieceBytes)
        try memory.populate(2 * Self.pieceBytes, runner: runner)
        var before = rlimit()
        try #require(getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &before) == 0)
        var limited = before
        limited.rlim_cur = 1 << 46
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limited) == 0)
        defer { setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &before) }
        #expect(!memory.vacate(runner: runner))
    }
}
