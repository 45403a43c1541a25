import AnatomyNet
import CTeem
import Glibc

extension MedicalImage {
    /// Reads a NRRD file (.nrrd, or .nhdr with its data files), through teem.
    static func readNrrd(_ path: String) throws -> MedicalImage {
        try checkMagic(path)
        // Everything the header claims is checked before memory is asked for.
        let header = try load(path, skippingVoxels: true)
        let grid = try grid(of: header, path)
        let stored = try storedType(of: header, path)
        return try image(of: load(path, skippingVoxels: false), on: grid, stored: stored, path)
    }

    /// - Parameters:
    ///   - complete: the file with its voxels.
    ///   - grid, stored: what its header promised when it was read alone. Somebody may have replaced the file
    ///     since.
    static func image(
        of complete: NrrdHeader, on grid: ImageGrid, stored: StoredVoxelType, _ path: String
    ) throws -> MedicalImage {
        let gridNow = try Self.grid(of: complete, path)
        guard try storedType(of: complete, path) == stored, gridNow.geometry == grid.geometry,
            gridNow.isOrientationKnown == grid.isOrientationKnown
        else { throw ImageFileError(path, "changed while it was read; try again") }
        guard let data = complete.nrrd.pointee.data else {
            throw ImageFileError(path, "no voxels in the file")
        }
        let count = grid.geometry.voxelCount
        let held = stored.typeInMemory
        let voxels = try Buffer<UInt8>(count: count * held.size, purpose: "voxels of \(path)")
        stored.convert(data, count: count, to: voxels.pointer)
        return MedicalImage(
            grid: grid, voxelType: held, labelNames: LabelNames.among(complete.entries), voxels: voxels)
    }

    static func storedType(
        of header: NrrdHeader, _ path: String
    ) throws(ImageFileError) -> StoredVoxelType {
        guard let stored = StoredVoxelType(nrrdType: Int(header.nrrd.pointee.type)) else {
            throw ImageFileError(
                path, "voxels of type block; integers and reals of up to 64 bits are allowed")
        }
        return stored
    }

    /// teem reads other formats too, down to any text with numbers in it.
    private static func checkMagic(_ path: String) throws(ImageFileError) {
        guard let file = fopen(path, "rb") else {
            throw ImageFileError.system(path, "cannot be opened for reading")
        }
        defer { fclose(file) }
        var start = [UInt8](repeating: 0, count: 7)
        guard fread(&start, 1, 7, file) == 7, start == Array("NRRD000".utf8) else {
            throw ImageFileError(path, "not a NRRD file")
        }
    }

    static func load(_ path: String, skippingVoxels: Bool) throws -> NrrdHeader {
        guard let nrrd = nrrdNew() else { throw ImageFileError(path, "no memory for a NRRD header") }
        let header: NrrdHeader
        do {
            guard let state = nrrdIoStateNew() else {
                nrrdNuke(nrrd)
                throw ImageFileError(path, "no memory for reading a NRRD file")
            }
            defer { nrrdIoStateNix(state) }
            nrrdIoStateSet(state, Int32(nrrdIoStateSkipData), skippingVoxels ? 1 : 0)
            guard nrrdLoad(nrrd, path, state) == 0 else {
                nrrdNuke(nrrd)
                throw ImageFileError(path, teemMessage())
            }
            header = NrrdHeader(nrrd, spatialAxes: nrrd.pointee.spatialAxes)
        }
        return header
    }

    static func grid(of header: NrrdHeader, _ path: String) throws(ImageFileError) -> ImageGrid {
        let nrrd = header.nrrd.pointee
        let sizes = nrrd.withAxes { axes in axes.map { Int(clamping: $0.size) } }
        let axes = header.spatialAxes
        guard axes.count == 3, sizes.indices.allSatisfy({ axes.contains($0) || sizes[$0] == 1 }) else {
            let found = sizes.map(String.init).joined(separator: " × ")
            throw ImageFileError(
                path,
                "an array of \(found) with \(axes.count) spatial axes; one three-dimensional volume is allowed"
            )
        }
        let (dimensions, _) = try checkedDimensions(axes.map { sizes[$0] }, path: path)
        let isSpaceGiven = nrrd.spaceDim == 3 && nrrd.hasDirections
        guard isSpaceGiven, let signs = nrrd.signsToLPS else {
            let spacings = nrrd.withAxes { infos in
                axes.map { isSpaceGiven ? infos[$0].direction.length : infos[$0].spacing }
            }
            let areKnown = spacings.allSatisfy { $0.isFinite && $0 > 0 }
            return ImageGrid(
                geometry: Geometry(
                    dimensions: dimensions, spacing: areKnown ? [spacings[0], spacings[1], spacings[2]] : nil),
                isOrientationKnown: false, isOriginKnown: false, header: .nrrd(header))
        }
        let unit = try nrrd.millimetresPerUnit(path: path)
        let columns = nrrd.withAxes { infos in axes.map { infos[$0].direction * signs * unit } }
        let origin = SIMD3(nrrd.spaceOrigin.0, nrrd.spaceOrigin.1, nrrd.spaceOrigin.2) * signs * unit
        let spacing = SIMD3(columns[0].length, columns[1].length, columns[2].length)
        guard (spacing.x * spacing.y * spacing.z).isFinite, spacing.min() > 0 else {
            throw ImageFileError(path, "space directions that are zero or not finite")
        }
        // The origin may be missing, which takes nothing from what the labels need.
        let isOriginGiven = origin.x.isFinite && origin.y.isFinite && origin.z.isFinite
        let geometry = Geometry(
            dimensions: dimensions, spacing: spacing, origin: isOriginGiven ? origin : .zero,
            direction: Direction(
                x: columns[0] / spacing.x, y: columns[1] / spacing.y, z: columns[2] / spacing.z))
        return ImageGrid(
            geometry: geometry, isOrientationKnown: true, isOriginKnown: isOriginGiven, header: .nrrd(header))
    }
}

extension NrrdAxisInfo {
    fileprivate var hasDirection: Bool { !spaceDirection.0.isNaN }
    fileprivate var direction: SIMD3<Double> { [spaceDirection.0, spaceDirection.1, spaceDirection.2] }
}

extension Nrrd {
    fileprivate var hasDirections: Bool { withAxes { axes in axes.contains(where: \.hasDirection) } }

    /// The axes with a direction; in a file without any, the axes that are longer than 1, or the first three.
    fileprivate var spatialAxes: [Int] {
        withAxes { axes in
            if hasDirections { return axes.indices.filter { axes[$0].hasDirection } }
            let long = axes.indices.filter { axes[$0].size > 1 }
            return long.count == 3 ? long : Array(axes.indices.prefix(3))
        }
    }
}
