extension VoxelInspection {
    /// Why the volume cannot be a CT in HU, with the numbers; nil if nothing speaks against it.
    ///
    /// A head-and-neck CT holds air in and around the patient (about −1000 HU), soft tissue, and a few per
    /// cent of bone. What is marked as outside the reconstruction circle counts for none of them.
    func evidenceAgainstHounsfield(slope: Double, intercept: Double) -> String? {
        let lowest = Double(range.lowerBound).formatted(2)
        let highest = Double(range.upperBound).formatted(2)
        let found = "the voxels run from \(lowest) to \(highest) HU (slope \(slope), intercept \(intercept))"
        let hint = intercept == 0 ? "; is the rescale intercept (often -1024) missing?" : ""
        func hounsfield(_ bound: Float) -> String { Double(bound).formatted(0) }
        func percent(_ share: Double) -> String { "\((100 * share).formatted(2)) %" }
        if range.lowerBound == range.upperBound { return "\(found): all are equal" }
        if range.upperBound - range.lowerBound < 500 {
            return "\(found), a span of less than 500; air and soft tissue alone are 1000 HU apart"
        }
        if shares.below - shares.lowest > max(0.01, shares.below / 2), highestBelow - range.lowerBound > 100 {
            return
                "\(found), and \(percent(shares.below)) of them are below \(hounsfield(Bounds.thinnest)) HU, at different "
                + "values; nothing is thinner than air, and what is outside the reconstruction circle has one value"
        }
        if shares.thin < 0.001 * (1 - shares.below) {
            return "\(found): \(percent(shares.thin)) are air, which lies near -1000 HU\(hint)"
        }
        // Lungs are thicker than air, too, but no third of a volume cut to the body.
        let isAirThinner =
            shares.thinnerThanAir > max(3 * shares.air, 0.01 * (1 - shares.below))
        let isAirThicker =
            shares.thickerThanAir > max(10 * shares.air, 0.3 * (1 - shares.below))
        if isAirThinner || isAirThicker {
            return
                "\(found), and of the \(percent(shares.thin)) of them that are between \(hounsfield(Bounds.thinnest)) and "
                + "\(hounsfield(Bounds.thin)) HU few are between \(hounsfield(Bounds.airLow)) and "
                + "\(hounsfield(Bounds.airHigh)), where air lies; are slope and intercept right?"
        }
        if range.upperBound <= 0 {
            return "\(found): none is soft tissue, which lies near 0 HU"
        }
        if shares.softTissue < 0.005 * (1 - shares.below) {
            return
                "\(found), and only \(percent(shares.softTissue)) of them between "
                + "\(hounsfield(Bounds.softTissueLow)) and \(hounsfield(Bounds.softTissueHigh)) HU, where soft tissue lies"
        }
        if shares.metal > 0.01 * (1 - shares.below) {
            return
                "\(found), and \(percent(shares.metal)) of them are above \(hounsfield(Bounds.metal)) HU, where only "
                + "metal lies"
        }
        if shares.dense > 0.2 * (1 - shares.below) {
            return
                "\(found), and \(percent(shares.dense)) of them are above \(hounsfield(Bounds.dense)) HU, where "
                + "only bone, teeth and metal lie\(hint)"
        }
        return nil
    }
}
