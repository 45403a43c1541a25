import CTeem

extension ImageWriter {
    /// Writes an attached, gzip-compressed NRRD file. A grid that came from NRRD keeps its space,
    /// directions, origin and units exactly. What the image is goes into key/value pairs; labels
    /// also into those of 3D Slicer's segmentations, which shows their names and colours.
    func writeNrrd(
        _ voxels: UnsafeRawPointer, as type: WrittenVoxelType, to path: String, named finalPath: String
    ) throws(ImageFileError) {
        guard let nrrd = nrrdNew() else { throw ImageFileError(finalPath, "no memory for a NRRD header") }
        // The voxels are the caller's: nrrdNix frees the header alone.
        defer { nrrdNix(nrrd) }
        let size = grid.geometry.dimensions
        var sizes = [size.x, size.y, size.z]
        let nrrdType =
            switch type {
            case .uint8: nrrdTypeUChar
            case .int16: nrrdTypeShort
            case .float32: nrrdTypeFloat
            }
        var failed =
            nrrdWrap_nva(nrrd, UnsafeMutableRawPointer(mutating: voxels), Int32(nrrdType), 3, &sizes) != 0
        if case .nrrd(let header) = grid.header {
            failed = failed || !copyGeometry(of: header, to: nrrd)
        } else {
            setGeometry(of: nrrd)
        }
        for (key, value) in annotation.entries + segmentEntries {
            failed = failed || nrrdKeyValueAdd(nrrd, key, value) != 0
        }
        guard !failed, let state = nrrdIoStateNew() else { throw ImageFileError(finalPath, teemMessage()) }
        defer { nrrdIoStateNix(state) }
        nrrdIoStateEncodingSet(state, nrrdEncodingGzip)
        guard nrrdSave(path, nrrd, state) == 0 else { throw ImageFileError(finalPath, teemMessage()) }
    }

    private func copyGeometry(of header: NrrdHeader, to nrrd: UnsafeMutablePointer<Nrrd>) -> Bool {
        var axes = header.spatialAxes.map { Int32($0) }
        let basicInfoLeftOut =
            NRRD_BASIC_INFO_DATA_BIT | NRRD_BASIC_INFO_TYPE_BIT | NRRD_BASIC_INFO_BLOCKSIZE_BIT
            | NRRD_BASIC_INFO_DIMENSION_BIT | NRRD_BASIC_INFO_CONTENT_BIT | NRRD_BASIC_INFO_SAMPLEUNITS_BIT
            | NRRD_BASIC_INFO_OLDMIN_BIT | NRRD_BASIC_INFO_OLDMAX_BIT | NRRD_BASIC_INFO_COMMENTS_BIT
            | NRRD_BASIC_INFO_KEYVALUEPAIRS_BIT
        return nrrdAxisInfoCopy(nrrd, header.nrrd, &axes, NRRD_AXIS_INFO_SIZE_BIT) == 0
            && nrrdBasicInfoCopy(nrrd, header.nrrd, basicInfoLeftOut) == 0
    }

    private func setGeometry(of nrrd: UnsafeMutablePointer<Nrrd>) {
        let geometry = grid.geometry
        let spacing = geometry.spacing ?? [1, 1, 1]
        let columns = [
            geometry.direction.x * spacing.x, geometry.direction.y * spacing.y,
            geometry.direction.z * spacing.z,
        ]
        withUnsafeMutableBytes(of: &nrrd.pointee.axis) { bytes in
            let axes = bytes.assumingMemoryBound(to: NrrdAxisInfo.self)
            for (index, column) in columns.enumerated() {
                axes[index].kind = Int32(nrrdKindDomain)
                guard grid.isOrientationKnown else {
                    if geometry.spacing != nil { axes[index].spacing = spacing[index] }
                    continue
                }
                axes[index].spaceDirection.0 = column.x
                axes[index].spaceDirection.1 = column.y
                axes[index].spaceDirection.2 = column.z
            }
        }
        guard grid.isOrientationKnown else { return }
        nrrd.pointee.space = Int32(nrrdSpaceLeftPosteriorSuperior)
        nrrd.pointee.spaceDim = 3
        nrrd.pointee.spaceOrigin.0 = geometry.origin.x
        nrrd.pointee.spaceOrigin.1 = geometry.origin.y
        nrrd.pointee.spaceOrigin.2 = geometry.origin.z
    }

    /// The key/value pairs by which 3D Slicer names and colours the segments of a .seg.nrrd file.
    private var segmentEntries: [(key: String, value: String)] {
        let size = grid.geometry.dimensions
        return annotation.labelNames.enumerated().dropFirst().flatMap { label, name in
            let segment = "Segment\(label - 1)"
            let colour = LabelColour.components(ofLabel: label)
            return [
                (key: "\(segment)_ID", value: "Segment_\(label)"),
                (key: "\(segment)_Name", value: name),
                (key: "\(segment)_LabelValue", value: "\(label)"),
                (key: "\(segment)_Layer", value: "0"),
                (key: "\(segment)_Color", value: "\(colour.red) \(colour.green) \(colour.blue)"),
                (key: "\(segment)_Extent", value: "0 \(size.x - 1) 0 \(size.y - 1) 0 \(size.z - 1)"),
            ]
        }
    }
}
