import AnatomyNetSystem

/// Room for what a call allocates in small pieces. Where the system refuses one of those, Swift ends the process, so a
/// call that finds none does not begin.
enum Headroom {
    static func check() throws(AnatomyNetError) {
        guard ans_has_room() != 0 else {
            throw AnatomyNetError(
                .outOfMemory,
                "the system refuses 16 MB of memory, which a call needs beside all larger pieces")
        }
    }
}
