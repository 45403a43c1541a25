import Glibc

/// Whether this machine is virtual and tells its host what memory is free, so that the host takes it back
/// (Linux' free page reporting).
///
/// What has been free for some seconds in pieces of a certain size, 2 MB as a rule, goes, and to get such a
/// piece again costs a fault in the host for each of its pages: 5 to 10 ms were seen where clearing the 2 MB
/// takes 0.2. What is free in smaller pieces stays.
enum FreePageReporting {
    /// The size in bytes from which on pieces are reported; nil if none are.
    static let pieceBytes = pieceBytes(
        order: SystemSetting.read("/sys/module/page_reporting/parameters/page_reporting_order"))

    /// - Parameter order: what the system says: the binary logarithm of the pages of a piece, -1 where nothing
    ///   is reported; nil where the system does not know of such a thing.
    static func pieceBytes(order: String?) -> Int? {
        guard let order = order.flatMap({ Int($0) }), (0..<32).contains(order) else { return nil }
        return sysconf(Int32(_SC_PAGESIZE)) << order
    }
}
