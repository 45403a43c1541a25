import CNifti

extension MedicalImage {
    /// Bytes of an extension that is still looked into.
    private static let largestExtension = 1 << 20

    /// The lines "key: value" of the comments behind the header, as `ImageWriter` writes them; none where they are damaged.
    static func annotationEntries(
        of kept: NiftiHeader, _ header: nifti_1_header, swapped: Bool, _ path: String
    ) throws -> [(key: String, value: String)] {
        guard let name = kept.image.pointee.fname else { return [] }
        var file = znzopen(name, "rb", nifti_is_gzfile(name))
        guard file != nil else { throw ImageFileError.system(path, "cannot be opened for reading") }
        defer { Xznzclose(&file) }
        let headerBytes = MemoryLayout<nifti_1_header>.size
        var isExtended = [UInt8](repeating: 0, count: 4)
        guard znzseek(file, headerBytes, SEEK_SET) >= 0, znzread(&isExtended, 1, 4, file) == 4,
            isExtended[0] != 0
        else { return [] }
        // In a pair, extensions go to the end of the .hdr file.
        let isPair = header.magic.1 == CChar(UInt8(ascii: "i"))
        let end = isPair ? Int.max : Int(header.vox_offset)
        var place = headerBytes + 4
        var entries: [(key: String, value: String)] = []
        while true {
            var sizeAndCode: [Int32] = [0, 0]
            guard znzread(&sizeAndCode, 1, 8, file) == 8 else { break }
            if swapped { nifti_swap_Nbytes(2, 4, &sizeAndCode) }
            let bytes = Int(sizeAndCode[0]) - 8
            // Damaged, or the padding in front of the voxels.
            guard (1...largestExtension).contains(bytes), bytes + 8 <= end - place else { break }
            var content = [UInt8](repeating: 0, count: bytes)
            guard znzread(&content, 1, bytes, file) == bytes else { break }
            place += bytes + 8
            guard sizeAndCode[1] == NIFTI_ECODE_COMMENT else { continue }
            let text = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ": ", maxSplits: 1)
                if parts.count == 2 { entries.append((String(parts[0]), String(parts[1]))) }
            }
        }
        return entries
    }
}
