import CNifti

extension ImageWriter {
    /// Bytes written at once.
    private static let portion = 8 << 20

    /// Writes a NIfTI-1 file. A grid that came from NIfTI keeps its qform, sform, codes, voxel
    /// sizes and units bit for bit. What the image is goes into `descrip`, into an extension with
    /// plain text (code 6), and for labels into the intent.
    func writeNifti(
        _ voxels: UnsafeRawPointer, as type: WrittenVoxelType, to path: String, named finalPath: String
    ) throws(ImageFileError) {
        nifti_set_debug_level(0)
        guard let image = nifti_simple_init_nim() else {
            throw ImageFileError(finalPath, "no memory for a NIfTI header")
        }
        defer { nifti_image_free(image) }
        setGeometry(of: image)
        setVoxelType(type, of: image)
        let text = annotation.entries.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
        nifti_add_extension(image, text, Int32(text.utf8.count), NIFTI_ECODE_COMMENT)
        withUnsafeMutableBytes(of: &image.pointee.descrip) { Self.copy(annotation.line, to: $0) }
        image.pointee.fname = nifti_strdup(path)
        image.pointee.iname = nifti_strdup(path)
        image.pointee.nifti_type = Int32(NIFTI_FTYPE_NIFTI1_1)
        image.pointee.byteorder = nifti_short_order()
        nifti_set_iname_offset(image)

        // The library prints what it cannot open, at any debug level.
        guard let probe = fopen(path, "wb") else {
            throw ImageFileError.system(finalPath, "cannot be written")
        }
        fclose(probe)
        // 2: the header now, the voxels later, so that failed writes are seen.
        var file = nifti_image_write_hdr_img(image, 2, "wb")
        guard file != nil else { throw ImageFileError.system(finalPath, "cannot be written") }
        var bytes = grid.geometry.voxelCount * type.size
        var source = voxels
        while bytes > 0 {
            let now = min(bytes, Self.portion)
            guard znzwrite(source, 1, now, file) == now else {
                Xznzclose(&file)
                throw ImageFileError(finalPath, "writing failed; is the disk full?")
            }
            source += now
            bytes -= now
        }
        guard Xznzclose(&file) == 0 else {
            throw ImageFileError(finalPath, "writing failed; is the disk full?")
        }
    }

    private func setGeometry(of image: UnsafeMutablePointer<nifti_image>) {
        let size = grid.geometry.dimensions
        let sizes = (
            Int32(3), Int32(size.x), Int32(size.y), Int32(size.z), Int32(1), Int32(1), Int32(1), Int32(1)
        )
        image.pointee.dim = sizes
        if case .nifti(let header) = grid.header {
            let source = header.image.pointee
            image.pointee.pixdim = source.pixdim
            image.pointee.qform_code = source.qform_code
            image.pointee.sform_code = source.sform_code
            image.pointee.quatern_b = source.quatern_b
            image.pointee.quatern_c = source.quatern_c
            image.pointee.quatern_d = source.quatern_d
            image.pointee.qoffset_x = source.qoffset_x
            image.pointee.qoffset_y = source.qoffset_y
            image.pointee.qoffset_z = source.qoffset_z
            image.pointee.qfac = source.qfac
            image.pointee.qto_xyz = source.qto_xyz
            image.pointee.sto_xyz = source.sto_xyz
            image.pointee.xyz_units = source.xyz_units
            image.pointee.time_units = source.time_units
        } else {
            let affine = grid.geometry.rasAffine
            image.pointee.sto_xyz = affine
            var (qb, qc, qd, qx, qy, qz): (Float, Float, Float, Float, Float, Float) = (0, 0, 0, 0, 0, 0)
            var (dx, dy, dz, qfac): (Float, Float, Float, Float) = (0, 0, 0, 0)
            nifti_mat44_to_quatern(affine, &qb, &qc, &qd, &qx, &qy, &qz, &dx, &dy, &dz, &qfac)
            (image.pointee.quatern_b, image.pointee.quatern_c, image.pointee.quatern_d) = (qb, qc, qd)
            (image.pointee.qoffset_x, image.pointee.qoffset_y, image.pointee.qoffset_z) = (qx, qy, qz)
            image.pointee.qfac = qfac
            image.pointee.pixdim = (qfac, dx, dy, dz, 1, 1, 1, 1)
            image.pointee.xyz_units = NIFTI_UNITS_MM
            let code = grid.isOrientationKnown ? NIFTI_XFORM_SCANNER_ANAT : NIFTI_XFORM_UNKNOWN
            (image.pointee.qform_code, image.pointee.sform_code) = (code, code)
        }
        nifti_update_dims_from_array(image)
        // niftiio takes axes of one voxel away; a volume of one slice is still a volume.
        image.pointee.ndim = 3
        image.pointee.dim.0 = 3
    }

    private func setVoxelType(_ type: WrittenVoxelType, of image: UnsafeMutablePointer<nifti_image>) {
        image.pointee.datatype =
            switch type {
            case .uint8: NIFTI_TYPE_UINT8
            case .int16: NIFTI_TYPE_INT16
            case .float32: NIFTI_TYPE_FLOAT32
            }
        image.pointee.nbyper = Int32(type.size)
        image.pointee.swapsize = Int32(type == .uint8 ? 0 : type.size)
        image.pointee.scl_slope = 1
        image.pointee.scl_inter = 0
        if !annotation.labelNames.isEmpty {
            image.pointee.intent_code = NIFTI_INTENT_LABEL
            withUnsafeMutableBytes(of: &image.pointee.intent_name) { Self.copy("organs at risk", to: $0) }
        }
    }

    /// Copies text into a C character array, which stays NUL-terminated.
    private static func copy(_ text: String, to array: UnsafeMutableRawBufferPointer) {
        array.initializeMemory(as: UInt8.self, repeating: 0)
        array.copyBytes(from: text.utf8.prefix(array.count - 1))
    }
}
