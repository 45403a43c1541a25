import AnatomyNet

/// Usage: segment MODEL. Segments a made-up CT, then shows cancellation.
@main
enum Segment {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else { return print("usage: segment MODEL") }
        let model = try Model(WeightFile.read(path: CommandLine.arguments[1]))
        let geometry = Geometry(dimensions: [48, 40, 32], spacing: [2.5, 2.5, 2.5])
        let ct = [Int16](repeating: -1000, count: geometry.voxelCount)
        var labels = [UInt8](repeating: 0, count: geometry.voxelCount)

        try ct.withUnsafeBytes { voxels in
            let volume = try Volume(
                voxels: voxels.baseAddress!, voxelBytes: UInt64(voxels.count), voxelType: .int16,
                geometry: geometry)
            _ = try labels.withUnsafeMutableBufferPointer { labels in
                try Segmenter(model).segment(volume, labels: labels)
            }
            print("voxel 0 is \(model.classNames[Int(labels[0])])")

            var options = SegmentationOptions()
            options.progress = { _ in false }
            do {
                _ = try labels.withUnsafeMutableBufferPointer { labels in
                    try Segmenter(model).segment(volume, options: options, labels: labels)
                }
            } catch let error as AnatomyNetError where error.kind == .cancelled {
                print("cancelled")
            }
        }
    }
}
