extension Range<Int> {
    /// The addresses of `bytes` bytes from a pointer on, to see whether what a caller gave overlaps.
    package init(addressesFrom pointer: UnsafeRawPointer, bytes: Int) {
        let first = Int(bitPattern: pointer)
        self = first..<Swift.max(first, first &+ bytes)
    }
}
