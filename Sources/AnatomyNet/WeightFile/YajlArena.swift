import CYajl

/// The memory of one yajl parse, taken in one allocation that can fail.
///
/// yajl writes through whatever its allocator returns, so its allocator must never fail. For a text
/// of S bytes parsed in one piece to a nesting of at most 5, yajl 2 allocates:
///  - its fixed parts (parser, lexer, two buffer descriptors, 128 bytes of state stack, one error
///    text): together under 1 KB;
///  - a buffer for the current string if that has escapes, and one for the token that the end of the
///    text cuts. These hold n1 + n2 <= S + 1 bytes, since they are different parts of the text and an
///    escape is never shorter than its character. Each grows by doubling from 2048 to the first size
///    above n, thus at most to max(2048, 2 n), and all its sizes together are less than
///    max(4096, 4 n). Both together: less than 4 (S + 1) + 8192.
/// Nothing is reused, so that these sums are the worst case; `capacity` adds 7 KB to them for the
/// block sizes kept here and for a yajl with somewhat larger structures.
final class YajlArena {
    private let memory: Buffer<UInt8>
    /// Bytes handed out so far, block sizes included.
    private(set) var used = 0

    private static let blockHeader = 16

    static func capacity(textLength: Int) -> Int { 4 * textLength + 16384 }

    /// - Throws: `.outOfMemory`.
    init(textLength: Int) throws(AnatomyNetError) {
        memory = try Buffer(count: Self.capacity(textLength: textLength), purpose: "reading JSON")
    }

    /// For yajl_alloc. The arena must outlive the parser.
    var functions: yajl_alloc_funcs {
        func arena(_ pointer: UnsafeMutableRawPointer?) -> YajlArena {
            Unmanaged<YajlArena>.fromOpaque(pointer!).takeUnretainedValue()
        }
        return yajl_alloc_funcs(
            malloc: { arena($0).allocate($1) },
            realloc: { arena($0).reallocate($1, $2) },
            free: { _, _ in },
            ctx: Unmanaged.passUnretained(self).toOpaque())
    }

    private func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size <= memory.count - used - 2 * Self.blockHeader else { return nil }
        let block = UnsafeMutableRawPointer(memory.pointer) + used
        block.storeBytes(of: size, as: Int.self)
        used += Self.blockHeader + (size + 15) & ~15
        return block + Self.blockHeader
    }

    private func reallocate(_ old: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
        guard let old else { return allocate(size) }
        let oldSize = (old - Self.blockHeader).load(as: Int.self)
        guard let new = allocate(size) else { return nil }
        new.copyMemory(from: old, byteCount: min(oldSize, size))
        return new
    }
}
