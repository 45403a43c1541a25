import AnatomyNetSystem

/// Memory of a size that callers or files decide, whose allocation can fail without harm.
///
/// A Swift array that cannot be allocated ends the process, which a library inside somebody else's
/// process must never do; so everything above a few kilobytes lives in buffers like this one.
/// 64-byte aligned; contents are arbitrary until written. Not thread-safe by itself: whoever
/// shares a buffer between threads orders the accesses.
public final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
    /// Elements, not bytes.
    public let count: Int
    /// Valid while the buffer lives; see `withElements`.
    public let pointer: UnsafeMutablePointer<Element>
    private let bytes: Int

    /// - Parameters:
    ///   - count: elements; 0 is allowed.
    ///   - purpose: what the memory is for, named in the error.
    /// - Throws: `.outOfMemory` if the system refuses, `.dimensions` if the size overflows.
    public init(count: Int, purpose: @autoclosure () -> String) throws(AnatomyNetError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard count >= 0, !overflow else {
            throw AnatomyNetError(.dimensions, "the size of \(purpose()) overflows")
        }
        guard let memory = ans_allocate(max(bytes, 1)) else {
            throw AnatomyNetError(.outOfMemory, "the system refused \(bytes) bytes for \(purpose())")
        }
        self.count = count
        self.bytes = max(bytes, 1)
        pointer = memory.bindMemory(to: Element.self, capacity: max(count, 1))
    }

    deinit {
        ans_deallocate(pointer, bytes)
    }

    public subscript(index: Int) -> Element {
        get { pointer[index] }
        set { pointer[index] = newValue }
    }

    /// The elements as a collection, valid while the buffer lives: not to be taken of a temporary.
    public var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: pointer, count: count)
    }

    /// The elements as a collection, for the time of the call. The buffer may be released after its
    /// last mention, so a pointer into it must not outlive one: this is the safe way to use it.
    public func withElements<Result>(
        _ body: (UnsafeMutableBufferPointer<Element>) throws(AnatomyNetError) -> Result
    ) throws(AnatomyNetError) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(elements)
    }
}
