/// The names that a file gives its labels.
enum LabelNames {
    /// From keys and values as `ImageAnnotation` writes them ("label 2": "SpinalCord"), and from those of 3D
    /// Slicer's segmentations.
    ///
    /// - Returns: names of labels from 1 to 255.
    static func among(_ entries: [(key: String, value: String)]) -> [Int: String] {
        var names: [Int: String] = [:]
        var segments: [Substring: (label: Int?, name: String?)] = [:]
        for (key, value) in entries {
            if key.hasPrefix("label "), let label = Int(key.dropFirst("label ".count)) {
                names[label] = value
            } else if key.hasPrefix("Segment"), key.hasSuffix("_LabelValue") {
                segments[key.dropLast("_LabelValue".count), default: (nil, nil)].label = Int(value)
            } else if key.hasPrefix("Segment"), key.hasSuffix("_Name") {
                segments[key.dropLast("_Name".count), default: (nil, nil)].name = value
            }
        }
        // Slicer renames its segments and leaves other keys as they were, so its names are the newer ones.
        for case (let label?, let name?) in segments.values { names[label] = name }
        return names.filter { (1...255).contains($0.key) && !$0.value.isEmpty }
    }
}
