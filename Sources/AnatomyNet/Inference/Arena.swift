/// Places in one block of memory for things whose lifetimes, counted in steps of a schedule, are
/// known beforehand: two share bytes only if they never live at the same step.
struct Arena {
    struct Reservation: Equatable {
        let index: Int
    }

    private struct Entry {
        var bytes: Int
        var lifetime: ClosedRange<Int>
        var offset = 0
    }

    private var entries: [Entry] = []
    private(set) var size = 0

    /// Room for `bytes`, aligned to a cache line, during the steps of `lifetime`.
    mutating func reserve(_ bytes: Int, during lifetime: ClosedRange<Int>) -> Reservation {
        entries.append(Entry(bytes: (bytes + 63) / 64 * 64, lifetime: lifetime))
        return Reservation(index: entries.count - 1)
    }

    /// Lets a reservation live longer.
    mutating func extend(_ reservation: Reservation, through step: Int) {
        let lifetime = entries[reservation.index].lifetime
        entries[reservation.index].lifetime = lifetime.lowerBound...max(step, lifetime.upperBound)
    }

    func offset(of reservation: Reservation) -> Int { entries[reservation.index].offset }

    /// Decides all offsets: the largest first, each at the lowest place that is free throughout its
    /// lifetime.
    mutating func place() {
        var placed: [Int] = []
        size = 0
        for index in entries.indices.sorted(by: { (entries[$0].bytes, $1) > (entries[$1].bytes, $0) }) {
            let neighbours = placed.filter { entries[$0].lifetime.overlaps(entries[index].lifetime) }
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
