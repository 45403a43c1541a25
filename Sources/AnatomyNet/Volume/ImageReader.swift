import AnatomyNetKernels

/// Fills the network's input image from a caller's voxels: rescale to HU, intensity window, zeros
/// where the image is larger than the volume (padding comes after the window, at the high ends).
struct ImageReader {
    let volume: Volume
    let intensity: IntensityMapping

    /// - Parameters:
    ///   - image: a block of one lane on `grid`, which is at least as large as the volume.
    /// - Throws: `.nonfiniteVoxel` naming the first such voxel in the order of the labels.
    func fill(_ image: ank_block, grid: FeatureMapLayout.Grid, runner: Runner) throws(AnatomyNetError) {
        let firstBad = try Buffer<Int>(count: grid.depth, purpose: "the voxel check")
        try runner.run(items: Int64(grid.depth)) { plane, _ in
            firstBad[Int(plane)] = fillPlane(Int(plane), of: image, grid: grid)
        }
        for plane in 0..<grid.depth where firstBad[plane] >= 0 {
            let width = volume.geometry.dimensions.x
            throw AnatomyNetError(
                .nonfiniteVoxel,
                "voxel (\(firstBad[plane] % width), \(firstBad[plane] / width), \(plane)) is NaN or infinite; CT "
                    + "intensities are finite")
        }
    }

    /// Returns the first voxel of the plane that is not finite, x + y · width, or -1.
    private func fillPlane(_ plane: Int, of image: ank_block, grid: FeatureMapLayout.Grid) -> Int {
        guard let to = image.planes[plane] else { return -1 }
        let rowFloats = Int(ank_row_voxels(Int64(grid.width)))
        guard plane < volume.geometry.dimensions.z else {
            (to - 1).update(repeating: 0, count: rowFloats * grid.height)
            return -1
        }
        switch volume.voxelType {
        case .int16: return fillPlane(plane, to: to, grid: grid, as: Int16.self) { Float($0) }
        case .uint16: return fillPlane(plane, to: to, grid: grid, as: UInt16.self) { Float($0) }
        case .float32: return fillPlane(plane, to: to, grid: grid, as: Float.self) { $0 }
        }
    }

    @inline(__always)
    private func fillPlane<Stored: BitwiseCopyable>(
        _ plane: Int, to: UnsafeMutablePointer<Float>, grid: FeatureMapLayout.Grid, as type: Stored.Type,
        _ number: (Stored) -> Float
    ) -> Int {
        let rowFloats = Int(ank_row_voxels(Int64(grid.width)))
        let size = volume.geometry.dimensions, step = volume.strides.x
        let slope = volume.rescaleSlope, intercept = volume.rescaleIntercept
        var lower = -Double.infinity, upper = Double.infinity, offset = 0.0, scale = 1.0
        if case .window(let least, let greatest) = intensity {
            (lower, upper, offset, scale) = (least, greatest, least, 1 / (greatest - least))
        }
        var firstBad = -1
        for y in 0..<grid.height {
            let row = to + y * rowFloats
            row[-1] = 0
            guard y < size.y else {
                row.update(repeating: 0, count: rowFloats - 1)
                continue
            }
            let from = volume.voxels + (volume.strides.z * plane + volume.strides.y * y)
            // A sum of products by 0 is 0 for finite values and NaN for all others.
            var check: Float = 0
            for x in 0..<size.x {
                let stored = number(from.loadUnaligned(fromByteOffset: step * x, as: type))
                let units = Double(stored) * slope + intercept
                let value = Float((min(max(units, lower), upper) - offset) * scale)
                check += 0 * Float(units)
                row[x] = value
            }
            (row + size.x).update(repeating: 0, count: rowFloats - 1 - size.x)
            if check != 0 && firstBad < 0 {
                firstBad = y * size.x + firstNonfinite(in: from, count: size.x, as: type, number)
            }
        }
        return firstBad
    }

    private func firstNonfinite<Stored: BitwiseCopyable>(
        in row: UnsafeRawPointer, count: Int, as type: Stored.Type, _ number: (Stored) -> Float
    ) -> Int {
        for x in 0..<count {
            let stored = number(row.loadUnaligned(fromByteOffset: volume.strides.x * x, as: type))
            if !Float(Double(stored) * volume.rescaleSlope + volume.rescaleIntercept).isFinite { return x }
        }
        return 0
    }
}
