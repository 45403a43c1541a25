import CCairo

/// A grey image, rows from top to bottom.
struct Pixels {
    let width: Int
    let height: Int
    /// From 0, black, to 255, white.
    var values: [UInt8]

    /// - Returns: nil if memory is refused; otherwise to be destroyed by the caller.
    func makeSurface() -> OpaquePointer? {
        guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)),
            let data = cairo_image_surface_get_data(surface)
        else { return nil }
        let stride = Int(cairo_image_surface_get_stride(surface))
        cairo_surface_flush(surface)
        for y in 0..<height {
            for x in 0..<width {
                let grey = UInt32(values[y * width + x])
                UnsafeMutableRawPointer(data).storeBytes(
                    of: grey << 16 | grey << 8 | grey, toByteOffset: y * stride + 4 * x, as: UInt32.self)
            }
        }
        cairo_surface_mark_dirty(surface)
        return surface
    }
}

/// The pixels of a shape.
struct Mask {
    let width: Int
    let height: Int
    var isInside: [Bool]

    var isEmpty: Bool { !isInside.contains(true) }

    /// The closed lines around the shape, between pixels; the shape is what lies inside an odd
    /// number of them. Corners are cut by half a pixel, so that outlines do not look like stairs.
    func outlines() -> [[(x: Double, y: Double)]] {
        // Each side of a pixel with the outside beyond it, walked with the inside on the right.
        struct Corner: Hashable {
            var x: Int
            var y: Int
        }
        func inside(_ x: Int, _ y: Int) -> Bool {
            x >= 0 && y >= 0 && x < width && y < height && isInside[y * width + x]
        }
        var sides: [Corner: [Corner]] = [:]
        var starts: [Corner] = []
        func add(_ from: Corner, _ to: Corner) {
            sides[from, default: []].append(to)
            starts.append(from)
        }
        for y in 0..<height {
            for x in 0..<width where isInside[y * width + x] {
                if !inside(x, y - 1) { add(Corner(x: x, y: y), Corner(x: x + 1, y: y)) }
                if !inside(x + 1, y) { add(Corner(x: x + 1, y: y), Corner(x: x + 1, y: y + 1)) }
                if !inside(x, y + 1) { add(Corner(x: x + 1, y: y + 1), Corner(x: x, y: y + 1)) }
                if !inside(x - 1, y) { add(Corner(x: x, y: y + 1), Corner(x: x, y: y)) }
            }
        }
        var outlines: [[(x: Double, y: Double)]] = []
        for start in starts {
            var middles: [(x: Double, y: Double)] = []
            var corner = start
            while let next = sides[corner]?.popLast() {
                middles.append((Double(corner.x + next.x) / 2, Double(corner.y + next.y) / 2))
                corner = next
            }
            if middles.count > 2 { outlines.append(middles) }
        }
        return outlines
    }
}
