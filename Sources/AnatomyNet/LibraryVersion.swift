/// The version of this library.
public enum LibraryVersion {
    /// Semantic version, "major.minor.patch".
    public static let string: StaticString = "0.1.0"
}
