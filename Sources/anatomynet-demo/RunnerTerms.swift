import AnatomyNet

extension AnatomyNetError {
    /// The library's options as this program's user knows them.
    private static let terms = [
        ("give a region with a margin, ", ""),
        ("allow_untrained_spacing", "--allow-untrained-spacing"),
        ("class_names", "--class-names"),
        ("instruction_set", "--instruction-set"),
        ("intensity_window", "--window"),
        ("keep_largest_components", "--keep-largest-components"),
        ("memory_limit", "--memory-limit"),
        ("negative_slope", "--negative-slope"),
        ("padding_multiple", "--padding-multiple"),
    ]

    /// The same error; where it is about options, with this program's names for them.
    var inRunnerTerms: AnatomyNetError {
        guard [.option, .spacing, .memoryLimit].contains(kind) else { return self }
        return AnatomyNetError(
            kind, Self.terms.reduce(message) { $0.replacing($1.0, with: $1.1) })
    }
}
