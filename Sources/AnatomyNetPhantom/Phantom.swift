import Dispatch

/// A made-up head-and-neck CT with the truth of nine organs.
///
/// A seed gives one patient: anatomy, proportions, asymmetry, tissue values, pose, field of view, noise and,
/// by chance, metal in the teeth. The same seed, size and spacing give the same bytes on every machine: random
/// numbers come from integer arithmetic, and floating-point values from +, −, ×, ÷ and square roots alone, which
/// IEEE 754 defines to the last bit.
///
/// The difficulty is frozen: what these files make of a seed is fixed before any network learns from it, and
/// the tests pin checksums. docs/phantom.md says what varies and by how much.
///
/// Not for clinical use.
public struct Phantom: Sendable {
    /// Voxels along each axis.
    public struct Size: Sendable, Equatable {
        public var x: Int
        public var y: Int
        public var z: Int

        public init(x: Int, y: Int, z: Int) {
            self.x = x
            self.y = y
            self.z = z
        }
    }

    /// Distance between the centres of neighbouring voxels in mm. A voxel is as large as the distance: slices
    /// neither overlap nor leave gaps.
    public struct Spacing: Sendable, Equatable {
        public var x: Double
        public var y: Double
        public var z: Double

        public init(x: Double, y: Double, z: Double) {
            self.x = x
            self.y = y
            self.z = z
        }
    }

    /// From the vertex to the shoulders: 288 × 264 × 280 mm with `defaultSpacing`.
    public static let defaultSize = Size(x: 192, y: 176, z: 112)
    /// 1.5 × 1.5 × 2.5 mm, thicker slices than pixels as usual in planning CTs.
    public static let defaultSpacing = Spacing(x: 1.5, y: 1.5, z: 2.5)

    public let seed: UInt64
    public let size: Size
    public let spacing: Spacing
    /// The centre of the first voxel in mm, in DICOM's patient coordinates (LPS), along which the axes run: x
    /// to the patient's left, y posterior, z superior.
    public let origin: (x: Double, y: Double, z: Double)
    /// CT numbers in −1024…3071, x fastest, then y, then z.
    public let hounsfieldUnits: [Int16]
    /// The organ (`Organ.rawValue`, or 0) at each voxel's centre, in the same order. Where the field of view
    /// ends within an organ, the part inside is labelled; outside a circular field of reconstruction nothing is.
    public let labels: [UInt8]

    /// Makes a phantom. Takes some seconds for a clinical volume; uses all processors.
    ///
    /// - Parameters:
    ///   - seed: any number; neighbouring seeds are unrelated patients.
    ///   - size: 8…1024 voxels along each axis, at most 2²⁸ in all.
    ///   - spacing: 0.3…8 mm along each axis. Optic nerves are 5 mm thick and the chiasm 6 mm high: above 3 mm
    ///     they dissolve.
    ///     Size times spacing is at most 1000 mm along each axis, twice what a scanner sees.
    /// - Throws: `PhantomError` where a size, a spacing or their product lies outside these limits.
    public init(
        seed: UInt64, size: Size = Phantom.defaultSize, spacing: Spacing = Phantom.defaultSpacing
    ) throws(PhantomError) {
        let sizes = 8...1024
        guard sizes.contains(size.x), sizes.contains(size.y), sizes.contains(size.z),
            size.x * size.y * size.z <= 1 << 28
        else { throw .size(size) }
        let spacings = 0.3...8.0
        guard spacings.contains(spacing.x), spacings.contains(spacing.y), spacings.contains(spacing.z)
        else { throw .spacing(spacing) }
        let widest = max(
            Double(size.x) * spacing.x, max(Double(size.y) * spacing.y, Double(size.z) * spacing.z))
        guard widest <= 1000 else { throw .fieldOfView(size, spacing) }

        let deformation = Deformation(seed: seed)
        let field = FieldOfView(seed: seed, size: size, spacing: spacing, deformation: deformation)
        let noise = QuantumNoise(seed: seed, size: size, spacing: spacing)
        let rasterizer = Rasterizer(
            size: size, spacing: spacing, origin: field.origin,
            texture: ValueNoise(RandomStream(seed: seed, topic: .texture)), shading: noise.shading)
        let patient = Patient(seed: seed)
        let couch = Couch(seed: seed).scene(
            back: Self.backOf(patient, deformation, field.origin, size, spacing),
            neck: deformation.roomPoint(Point(0, 10, -51)).z)
        let placements = [
            rasterizer.placement(of: couch) { $0 },
            rasterizer.placement(of: patient.scene) { deformation.patientPoint($0) },
        ]
        let streaks = MetalStreaks(seed: seed, size: size, spacing: spacing)

        let sliceCount = size.x * size.y
        var units = [Int16](repeating: 0, count: sliceCount * size.z)
        var labels = [UInt8](repeating: 0, count: sliceCount * size.z)
        units.withUnsafeMutableBufferPointer { units in
            labels.withUnsafeMutableBufferPointer { labels in
                // Each slice is written by one iteration alone.
                nonisolated(unsafe) let units = units
                nonisolated(unsafe) let labels = labels
                DispatchQueue.concurrentPerform(iterations: size.z) { slice in
                    let range = slice * sliceCount..<(slice + 1) * sliceCount
                    let sliceLabels = UnsafeMutableBufferPointer(rebasing: labels[range])
                    let sliceUnits = UnsafeMutableBufferPointer(rebasing: units[range])
                    var values = [Float](repeating: 0, count: sliceCount)
                    values.withUnsafeMutableBufferPointer { values in
                        rasterizer.render(slice: slice, placements, values: values, labels: sliceLabels)
                        streaks.add(to: values, slice: slice)
                        noise.add(to: values, slice: slice)
                        for index in 0..<sliceCount {
                            sliceUnits[index] = Int16(min(max(values[index], -1024), 3071).rounded())
                        }
                    }
                    if let circle = field.circle {
                        Self.blank(outside: circle, field.origin, size, spacing, sliceUnits, sliceLabels)
                    }
                }
            }
        }
        self.seed = seed
        self.size = size
        self.spacing = spacing
        origin = (field.origin.x, field.origin.y, field.origin.z)
        hounsfieldUnits = units
        self.labels = labels
    }

    /// The largest y that the skin reaches within the field of view: there the couch begins.
    private static func backOf(
        _ patient: Patient, _ deformation: Deformation, _ origin: Point, _ size: Size, _ spacing: Spacing
    ) -> Double {
        var back = 60.0
        let top = origin.z + Double(size.z - 1) * spacing.z
        for z in stride(from: origin.z, through: top, by: 12) {
            for x in stride(from: -60.0, through: 60, by: 15) {
                var y = 150.0
                while y > back {
                    let distance = patient.skin.distance(deformation.patientPoint(Point(x, y, z)))
                    if distance < 1 {
                        back = y
                        break
                    }
                    y -= min(max(distance * 0.7, 1), 20)
                }
            }
        }
        return back
    }

    private static func blank(
        outside circle: (x: Double, y: Double, radius: Double), _ origin: Point, _ size: Size,
        _ spacing: Spacing, _ units: UnsafeMutableBufferPointer<Int16>,
        _ labels: UnsafeMutableBufferPointer<UInt8>
    ) {
        for y in 0..<size.y {
            for x in 0..<size.x {
                let dx = origin.x + Double(x) * spacing.x - circle.x
                let dy = origin.y + Double(y) * spacing.y - circle.y
                if dx * dx + dy * dy > circle.radius * circle.radius {
                    units[y * size.x + x] = -1024
                    labels[y * size.x + x] = 0
                }
            }
        }
    }
}

/// Why a phantom cannot be made.
public enum PhantomError: Error, Equatable, CustomStringConvertible {
    case size(Phantom.Size)
    case spacing(Phantom.Spacing)
    case fieldOfView(Phantom.Size, Phantom.Spacing)

    public var description: String {
        switch self {
        case .size(let size):
            "a phantom of \(size.x) × \(size.y) × \(size.z) voxels: each axis needs 8 to 1024 voxels, and all "
                + "together at most 268435456"
        case .spacing(let spacing):
            "a phantom of \(spacing.x) × \(spacing.y) × \(spacing.z) mm: each spacing must be within 0.3 to 8 mm"
        case .fieldOfView(let size, let spacing):
            "a phantom of \(Double(size.x) * spacing.x) × \(Double(size.y) * spacing.y) × "
                + "\(Double(size.z) * spacing.z) mm: no axis may be longer than 1000 mm"
        }
    }
}
