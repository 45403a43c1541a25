/// An axis-aligned orientation: the patient direction toward which each index increases, written
/// with three letters for x, y and z, such as "LPS".
public struct Orientation: Sendable, Equatable, CustomStringConvertible {
    /// The three letters, of x, y and z.
    public let description: String
    /// The same as unit vectors in LPS.
    public let direction: Direction

    /// - Parameter code: one of L/R, one of P/A and one of S/I, in any order.
    public init?(_ code: String) {
        var axes: [SIMD3<Double>] = []
        for letter in code.utf8 {
            switch letter {
            case UInt8(ascii: "L"): axes.append([1, 0, 0])
            case UInt8(ascii: "R"): axes.append([-1, 0, 0])
            case UInt8(ascii: "P"): axes.append([0, 1, 0])
            case UInt8(ascii: "A"): axes.append([0, -1, 0])
            case UInt8(ascii: "S"): axes.append([0, 0, 1])
            case UInt8(ascii: "I"): axes.append([0, 0, -1])
            default: return nil
            }
            if axes.count > 3 { return nil }
        }
        guard axes.count == 3 else { return nil }
        let covered = axes.reduce(SIMD3<Double>.zero) { $0 + $1 * $1 }
        guard covered == [1, 1, 1] else { return nil }
        description = code
        direction = Direction(x: axes[0], y: axes[1], z: axes[2])
    }

    /// The patient's left, posterior and superior: DICOM's own axes.
    public static let lps = Orientation("LPS")!
}
