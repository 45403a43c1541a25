/// Keeps the largest connected component of each organ and makes the rest of it background.
///
/// Voxels are connected by faces, edges and corners (26 neighbours), since thin organs such as the
/// optic nerves run diagonally through thick slices. Of components of equal size the one that comes
/// first in memory stays.
///
/// Two passes over the labels. The first gives every voxel without an earlier neighbour of its label
/// a new provisional component, unites components that meet, and counts voxels. The second meets the
/// same provisional components in the same order and erases the voxels of all that are not part of
/// their organ's largest. Memory: two planes of numbers, and 16 bytes a provisional component: some
/// thousands for organs, at most a quarter of the voxels for noise.
struct LargestComponent {
    private let dimensions: SIMD3<Int>
    private let labels: UnsafeMutablePointer<UInt8>
    private let components: ComponentTable
    /// The provisional components of two planes, each with a border of background one voxel wide, so
    /// that every voxel has its neighbours.
    private let planes: Buffer<Int>
    private let rowLength: Int
    private let planeLength: Int

    private static let background = -1

    /// - Parameters:
    ///   - labels: dense, x fastest.
    ///   - spare: bytes that may be allocated beyond `bytes(dimensions:)`.
    ///   - betweenPlanes: called after each plane of either pass; what it throws ends them.
    /// - Returns: voxels that became background.
    /// - Throws: `.outOfMemory`, and `.memoryLimit` where the labels are so noisy that the table of components
    ///   outgrows that; the labels are then unchanged.
    @discardableResult
    static func keep(
        in labels: UnsafeMutablePointer<UInt8>, dimensions: SIMD3<Int>, spare: Int = .max,
        betweenPlanes: () throws(AnatomyNetError) -> Void = {}
    ) throws(AnatomyNetError) -> Int {
        let pass = try LargestComponent(labels, dimensions, spare: spare)
        try pass.unite(betweenPlanes)
        return try pass.erase(betweenPlanes)
    }

    /// Bytes that `keep` allocates for a segmentation without much noise.
    static func bytes(dimensions: SIMD3<Int>) -> Int {
        2 * (dimensions.x + 2) * (dimensions.y + 2) * MemoryLayout<Int>.stride
            + ComponentTable.initialBytes
    }

    private init(
        _ labels: UnsafeMutablePointer<UInt8>, _ dimensions: SIMD3<Int>, spare: Int
    ) throws(AnatomyNetError) {
        self.labels = labels
        self.dimensions = dimensions
        rowLength = dimensions.x + 2
        planeLength = rowLength * (dimensions.y + 2)
        planes = try Buffer(count: 2 * planeLength, purpose: "connected components")
        components = try ComponentTable(spare: spare)
    }

    private func unite(
        _ betweenPlanes: () throws(AnatomyNetError) -> Void
    ) throws(AnatomyNetError) {
        try visitOrgans(betweenPlanes) { x, y, z throws(AnatomyNetError) in
            var component = Self.background
            visitEarlierNeighbours(x, y, z) { neighbour in
                component = component == Self.background ? neighbour : components.unite(component, neighbour)
            }
            if component == Self.background { component = try components.add(label: rowOfLabels(y, z)[x]) }
            components.grow(component)
            return component
        }
    }

    private func erase(
        _ betweenPlanes: () throws(AnatomyNetError) -> Void
    ) throws(AnatomyNetError) -> Int {
        components.chooseLargest()
        var added = 0
        var erased = 0
        try visitOrgans(betweenPlanes) { x, y, z throws(AnatomyNetError) in
            var component = Self.background
            visitEarlierNeighbours(x, y, z) { neighbour in
                if component == Self.background { component = neighbour }
            }
            if component == Self.background {
                component = added
                added += 1
            }
            // Later voxels find this one by its component, whose label the table knows, and never read its own.
            if !components.isLargest(component) {
                rowOfLabels(y, z)[x] = 0
                erased += 1
            }
            return component
        }
        return erased
    }

    /// Calls `body` with every voxel that is not background, in the order of memory, and notes the component that
    /// it returns.
    @inline(__always)
    private func visitOrgans(
        _ betweenPlanes: () throws(AnatomyNetError) -> Void,
        _ body: (_ x: Int, _ y: Int, _ z: Int) throws(AnatomyNetError) -> Int
    ) throws(AnatomyNetError) {
        planes.pointer.update(repeating: Self.background, count: planes.count)
        for z in 0..<dimensions.z {
            for y in 0..<dimensions.y {
                let row = rowOfLabels(y, z)
                let own = rowOfComponents(y, z)
                for x in 0..<dimensions.x {
                    own[x] = row[x] == 0 ? Self.background : try body(x, y, z)
                }
            }
            try betweenPlanes()
        }
    }

    private func rowOfLabels(_ y: Int, _ z: Int) -> UnsafeMutablePointer<UInt8> {
        labels + (z * dimensions.y + y) * dimensions.x
    }

    /// The components of a row, of this plane or of the one before; x and y may be -1 or one past.
    private func rowOfComponents(_ y: Int, _ z: Int) -> UnsafeMutablePointer<Int> {
        planes.pointer + (z & 1) * planeLength + (y + 1) * rowLength + 1
    }

    /// Calls `body` with the component of each of the 13 neighbours that come earlier in memory and
    /// have the same label.
    @inline(__always)
    private func visitEarlierNeighbours(_ x: Int, _ y: Int, _ z: Int, _ body: (Int) -> Void) {
        let label = rowOfLabels(y, z)[x]
        func look(_ component: Int) {
            if component != Self.background, components.label(component) == label { body(component) }
        }
        look(rowOfComponents(y, z)[x - 1])
        for step in -1...1 { look(rowOfComponents(y - 1, z)[x + step]) }
        guard z > 0 else { return }
        for row in y - 1...y + 1 {
            for step in -1...1 { look(rowOfComponents(row, z - 1)[x + step]) }
        }
    }
}

/// Provisional components with their labels and sizes, and which of them are one (union-find).
private final class ComponentTable {
    private struct Entry {
        /// The component it was united with; itself for a root. Always an earlier one, so that the
        /// root is the component's first voxel.
        var parent: Int
        /// Voxels of a root, in the low 56 bits, below the label.
        var sizeAndLabel: UInt64
    }

    private var entries: Buffer<Entry>
    private var count = 0
    /// Bytes that it may take beyond the initial ones.
    private let spare: Int
    /// For each label the root of its largest component.
    private var largest = [Int](repeating: -1, count: 256)

    private static let initialCapacity = 1 << 16
    private static let sizeMask: UInt64 = 1 << 56 - 1

    static var initialBytes: Int { initialCapacity * MemoryLayout<Entry>.stride }

    init(spare: Int) throws(AnatomyNetError) {
        self.spare = spare
        entries = try Buffer(count: Self.initialCapacity, purpose: "connected components")
    }

    func add(label: UInt8) throws(AnatomyNetError) -> Int {
        if count == entries.count {
            // While it grows there are both tables.
            guard 3 * count * MemoryLayout<Entry>.stride - Self.initialBytes <= spare else {
                throw AnatomyNetError(
                    .memoryLimit,
                    "the labels fall into more than \(count) pieces, whose table would exceed memory_limit; raise it, "
                        + "or do without keep_largest_components")
            }
            let larger = try Buffer<Entry>(count: 2 * count, purpose: "connected components")
            larger.pointer.update(from: entries.pointer, count: count)
            entries = larger
        }
        entries[count] = Entry(parent: count, sizeAndLabel: UInt64(label) << 56)
        count += 1
        return count - 1
    }

    func label(_ component: Int) -> UInt8 { UInt8(entries[component].sizeAndLabel >> 56) }

    func grow(_ component: Int) { entries[root(component)].sizeAndLabel += 1 }

    private func size(_ root: Int) -> UInt64 { entries[root].sizeAndLabel & Self.sizeMask }

    func root(_ component: Int) -> Int {
        var component = component
        while entries[component].parent != component {
            entries[component].parent = entries[entries[component].parent].parent
            component = entries[component].parent
        }
        return component
    }

    func unite(_ first: Int, _ second: Int) -> Int {
        let first = root(first)
        let second = root(second)
        if first == second { return first }
        let early = min(first, second)
        let late = max(first, second)
        entries[early].sizeAndLabel += size(late)
        entries[late].parent = early
        return early
    }

    func chooseLargest() {
        for component in 0..<count where entries[component].parent == component {
            let label = Int(label(component))
            if largest[label] < 0 || size(component) > size(largest[label]) { largest[label] = component }
        }
    }

    func isLargest(_ component: Int) -> Bool {
        largest[Int(label(component))] == root(component)
    }
}
