/// What a part of the body does to the truth where it is.
enum Marking {
    /// The voxel belongs to the organ.
    case organ(Organ)
    /// The voxel belongs to no organ.
    case background
    /// The voxel keeps what it was: a vein through a gland is drawn as part of the gland.
    case unchanged
}

/// A coat of a solid: everything deeper than `depth` below its surface (a negative depth lies outside).
struct Layer {
    var depth: Double
    var tissue: Tissue
    var marking: Marking
}

/// A solid and its coats, from the outermost inwards.
struct Part {
    var solid: any Solid
    var layers: [Layer]
}

/// The body as a list of parts. A later part covers the earlier ones where they overlap, as paint does.
struct Scene {
    private(set) var parts: [Part] = []

    mutating func add(_ solid: any Solid, _ layers: [Layer]) {
        parts.append(Part(solid: solid, layers: layers))
    }

    mutating func add(_ solid: any Solid, _ tissue: Tissue, marking: Marking = .background) {
        add(solid, [Layer(depth: 0, tissue: tissue, marking: marking)])
    }

    mutating func add(_ solids: [any Solid], _ tissue: Tissue, marking: Marking = .background) {
        for solid in solids {
            add(solid, tissue, marking: marking)
        }
    }
}
