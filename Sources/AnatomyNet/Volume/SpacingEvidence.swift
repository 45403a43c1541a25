extension Geometry {
    /// Spacings whose ratio is below this are one: files round them.
    private static let largestRatioOfSquares = 1.05

    /// Why the spacing is hardly a scanner's, with the numbers; nil if nothing speaks against it, or it is unknown.
    ///
    /// A scanner's voxels are squares across the patient's long axis. Where they are not, the likeliest reason is an
    /// order of axes that was taken for another: (z, y, x) for (x, y, z).
    func evidenceAgainstSpacing() -> String? {
        guard let spacing, let alignment = try? AxisAlignment(direction: direction, orientation: .lps) else {
            return nil
        }
        let patient = alignment.aligned(spacing)
        let (width, height) = (patient.x, patient.y)
        guard max(width, height) > Self.largestRatioOfSquares * min(width, height) else { return nil }
        return
            "Voxels are \(width.formatted(3)) mm from right to left and \(height.formatted(3)) mm from front to "
            + "back, and a scanner's are squares there"
    }
}
