import AnatomyNet

/// What the files that this program writes say about where they come from.
enum Generator {
    static let name = "libanatomynet \(LibraryVersion.string)"
}
