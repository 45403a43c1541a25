extension Range<Int> {
    /// The addresses of `bytes` bytes from a pointer on, to see whether what a caller gave overlaps.
    package init(addressesFrom pointer: UnsafeRawPointer, bytes: Int) {
        let first = Int(bitPattern: pointer)
        self = first..<Swift.max(first, first &+ bytes)
    }

    /// - Parameters:
    ///   - name: what the caller calls the memory at these addresses.
    ///   - others: further memory of the caller.
    /// - Throws: `.overlap` if they have an address in common.
    package func requireApart(
        _ name: String, from others: [(name: String, addresses: Range<Int>)]
    ) throws(AnatomyNetError) {
        for other in others where other.addresses.overlaps(self) {
            throw AnatomyNetError(
                .overlap, "\(name) overlaps the memory of \(other.name); it must be apart")
        }
    }
}
