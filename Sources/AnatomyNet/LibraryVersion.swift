/// The version of this library: the only place in the sources that states it.
public enum LibraryVersion {
    /// Semantic version, "major.minor.patch".
    public static let string: StaticString = "0.1.0"
}
