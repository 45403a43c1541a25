/// Places in one block of memory for things whose lifetimes, counted in steps of a schedule, are
/// known beforehand: two share bytes only if they never live at the same step.
struct Arena {
    struct Reservation: Equatable {
        let index: Int
    }

    private struct Entry {
        var bytes: Int
        /// In ascending order.
        var lifetimes: [ClosedRange<Int>]
        var offset = 0

        func overlaps(_ other: Entry) -> Bool {
            lifetimes.contains { lifetime in other.lifetimes.contains { $0.overlaps(lifetime) } }
        }
    }

    private var entries: [Entry] = []
    private(set) var size = 0

    /// Room for `bytes`, aligned to a cache line, during the steps of all `lifetimes`, which ascend. In
    /// between, its contents are lost.
    mutating func reserve(_ bytes: Int, during lifetimes: ClosedRange<Int>...) -> Reservation {
        reserve(bytes, during: lifetimes)
    }

    mutating func reserve(_ bytes: Int, during lifetimes: [ClosedRange<Int>]) -> Reservation {
        entries.append(Entry(bytes: (bytes + 63) / 64 * 64, lifetimes: lifetimes))
        return Reservation(index: entries.count - 1)
    }

    /// Lets a reservation live longer.
    mutating func extend(_ reservation: Reservation, through step: Int) {
        guard let lifetime = entries[reservation.index].lifetimes.popLast() else { return }
        entries[reservation.index].lifetimes.append(lifetime.lowerBound...max(step, lifetime.upperBound))
    }

    func offset(of reservation: Reservation) -> Int { entries[reservation.index].offset }

    /// Decides all offsets: the largest first, each at the lowest place that is free throughout its
    /// lifetime.
    mutating func place() {
        var placed: [Int] = []
        size = 0
        for index in entries.indices.sorted(by: { (entries[$0].bytes, $1) > (entries[$1].bytes, $0) }) {
            let neighbours = placed.filter { entries[$0].overlaps(entries[index]) }
                .sorted { entries[$0].offset < entries[$1].offset }
            var offset = 0
            for neighbour in neighbours {
                if entries[neighbour].offset >= offset + entries[index].bytes { break }
                offset = max(offset, entries[neighbour].offset + entries[neighbour].bytes)
            }
            entries[index].offset = offset
            size = max(size, offset + entries[index].bytes)
            placed.append(index)
        }
    }
}
