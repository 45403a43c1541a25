import AnatomyNetSystem
import Glibc
import Testing

@testable import AnatomyNet

/// Linux before 5.14 does not.
private func systemPopulates() -> Bool {
    var no: Int32 = 0
    guard let memory = ans_allocate(Int(ANS_HUGE_PAGE)) else { return false }
    defer { ans_deallocate(memory, Int(ANS_HUGE_PAGE)) }
    return ans_populate(memory, Int(ANS_HUGE_PAGE), 1, &no) != 0
}

/// Small pages are asked for throughout: whether huge ones are to be had, and at what price, depends on the
/// machine. One after the other, for one limits the address space for a moment.
@Suite(.serialized, .enabled(if: systemPopulates())) struct WorkspaceMemoryTests {
    private static let pageBytes = sysconf(Int32(_SC_PAGESIZE))
    private static let pieceBytes = Int(ANS_HUGE_PAGE)

    private static func residentPages(_ memory: WorkspaceMemory) -> Int {
        var resident = [UInt8](repeating: 0, count: (memory.bytes.count + pageBytes - 1) / pageBytes)
        #expect(mincore(memory.bytes.pointer, memory.bytes.count, &resident) == 0)
        return resident.count { $0 & 1 == 1 }
    }

    @Test(arguments: [1, 2, 3])
    func vacatedMemoryKeepsOnePageOfEachPiece(workers: Int) throws {
        let runner = Runner(workers: workers, progress: nil)
        let count = 19 * Self.pieceBytes + 3 * Self.pageBytes
        let memory = try WorkspaceMemory(count: count, hugePagesAreDear: true)
        for _ in 1...2 {
            try memory.populate(count, runner: runner)
            #expect(Self.residentPages(memory) == count / Self.pageBytes)
            memory.bytes.elements.initialize(repeating: 1)
            try #require(memory.vacate())
            #expect(Self.residentPages(memory) == 20)
        }
    }

    /// A small volume after a large one must not take the large one's memory.
    @Test func whatACallDoesNotNeedGetsNoPages() throws {
        let runner = Runner(workers: 2, progress: nil)
        let memory = try WorkspaceMemory(count: 16 * Self.pieceBytes, hugePagesAreDear: true)
        try memory.populate(16 * Self.pieceBytes, runner: runner)
        try #require(memory.vacate())
        let pagesOfAPiece = Self.pieceBytes / Self.pageBytes
        try memory.populate(2 * Self.pieceBytes + 1, runner: runner)
        #expect(Self.residentPages(memory) == 3 * pagesOfAPiece + 13)
        try memory.populate(5 * Self.pieceBytes, runner: runner)
        #expect(Self.residentPages(memory) == 5 * pagesOfAPiece + 11)
    }

    @Test func withoutSmallPagesNothingIsWorthKeeping() throws {
        #expect(try !WorkspaceMemory(count: 3 * Self.pieceBytes).vacate())
        let small = try WorkspaceMemory(count: Self.pieceBytes - 1, hugePagesAreDear: true)
        try small.populate(Self.pieceBytes - 1, runner: Runner(workers: 1, progress: nil))
        #expect(!small.vacate())
    }

    /// Address space that is limited is the host's, even if its pages are not held.
    @Test func whereAddressSpaceIsLimitedNothingIsKept() throws {
        let memory = try WorkspaceMemory(count: 2 * Self.pieceBytes, hugePagesAreDear: true)
        try memory.populate(2 * Self.pieceBytes, runner: Runner(workers: 1, progress: nil))
        var before = rlimit()
        try #require(getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &before) == 0)
        var limited = before
        limited.rlim_cur = 1 << 46
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limited) == 0)
        defer { setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &before) }
        #expect(!memory.vacate())
    }
}
