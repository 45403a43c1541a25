/// The version of this library: the only place that states it.
public enum LibraryVersion {
    /// Semantic version, "major.minor.patch".
    public static let string: StaticString = "0.3.0"
    /// The number in the shared library's SONAME.
    public static let abi: UInt32 = 0
}
