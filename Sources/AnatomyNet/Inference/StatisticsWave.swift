/// Normalised layers of the head whose statistics one pass over the head measures.
///
/// Such a layer can only be normalised once its statistics over the whole volume are known, which takes
/// a pass over the head up to it; layers whose predecessors are all known share a pass.
struct StatisticsWave {
    /// The measured layers, in ascending order; never empty.
    private(set) var layers: [Int]

    /// The last layer that the pass runs.
    var last: Int { layers[layers.count - 1] }
}

extension LayerGraph {
    /// The normalised layers from `first` on, in groups: each group's statistics can be measured once
    /// those of the groups before are known.
    func statisticsWaves(from first: Int) -> [StatisticsWave] {
        var depth = [Int](repeating: 0, count: layers.count)
        var waves: [[Int]] = []
        for index in first..<layers.count {
            let before = (sources(of: layers[index]) + inputMaps(of: layers[index])).reduce(0) {
                max($0, $1 >= first ? depth[$1] : 0)
            }
            depth[index] = before
            guard case .convolution(let convolution) = layers[index].operation,
                convolution.normalization != nil
            else { continue }
            depth[index] = before + 1
            while waves.count <= before { waves.append([]) }
            waves[before].append(index)
        }
        return waves.map { StatisticsWave(layers: $0) }
    }
}
