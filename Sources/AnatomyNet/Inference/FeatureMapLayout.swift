import AnatomyNetKernels

/// How a feature map's channels are divided into blocks and its voxels into rows; the arithmetic
/// behind `ank_block` (see `anatomynet_kernels.h`).
struct FeatureMapLayout: Equatable {
    /// Voxels along z, y, x.
    let grid: Grid
    /// Planes that are stored: the depth, or fewer where planes share storage in turn (a ring).
    let storedPlanes: Int
    let blocks: [ChannelBlock]
    let storage: FeatureMapStorage

    struct ChannelBlock: Equatable {
        /// Elements a voxel.
        let lanes: Int
        /// Of which carry a channel.
        let channels: Int
    }

    struct Grid: Equatable {
        var depth: Int
        var height: Int
        var width: Int

        var voxels: Int { depth * height * width }

        /// The grid after `level` halvings.
        func halved(_ level: Int) -> Grid {
            Grid(depth: depth >> level, height: height >> level, width: width >> level)
        }
    }

    init(
        blocks: [ChannelBlock], grid: Grid, storage: FeatureMapStorage = .float32, storedPlanes: Int? = nil
    ) {
        self.blocks = blocks
        self.grid = grid
        self.storage = storage
        self.storedPlanes = min(storedPlanes ?? grid.depth, grid.depth)
    }

    /// Blocks of 16 channels, the last of 8 lanes, or of 2, where that is enough.
    static func channelBlocks(_ channels: Int) -> [ChannelBlock] {
        stride(from: 0, to: channels, by: 16).map { first in
            ChannelBlock(
                lanes: Int(ank_block_lanes(Int32(channels), Int32(first))),
                channels: min(16, channels - first))
        }
    }

    /// The input image: one element a voxel.
    static let imageBlocks = [ChannelBlock(lanes: 1, channels: 1)]

    /// Elements from one row of a block to the next.
    func rowStride(_ block: Int) -> Int { Int(ank_row_voxels(Int64(grid.width))) * blocks[block].lanes }

    /// Bytes of one plane of a block: whole cache lines, and one more, so that planes do not fall on
    /// the same sets of the caches.
    func planeBytes(_ block: Int) -> Int {
        (rowStride(block) * grid.height * storage.elementBytes + 63) / 64 * 64 + 64
    }

    /// Bytes of the voxels of a block, its first row's leading zeros included.
    func bytes(_ block: Int) -> Int { planeBytes(block) * storedPlanes + 64 }

    /// Bytes of a block's table of plane pointers: one for each plane and one beyond each end.
    var tableBytes: Int { (grid.depth + 2) * MemoryLayout<UnsafeMutablePointer<Float>?>.stride }
}
