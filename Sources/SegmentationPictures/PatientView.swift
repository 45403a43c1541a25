import AnatomyNet

/// An image seen along the patient's axes: index 0 of x at the patient's right, of y anterior, of
/// z inferior, whatever order and direction the image's own axes have.
///
/// An oblique image is shown along its own axes, each named after the patient axis nearest to it.
struct PatientView {
    /// Voxels along the patient's x (right to left), y (anterior to posterior) and z (inferior to
    /// superior).
    let size: SIMD3<Int>
    /// mm.
    let spacing: SIMD3<Double>
    /// Whether the image's axes deviate visibly from the patient's.
    let isOblique: Bool
    private let firstVoxel: Int
    private let steps: SIMD3<Int>

    init(_ geometry: Geometry) {
        let columns = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
        let axes = Self.assignment(columns)
        let dimensions = geometry.dimensions
        let memorySteps = [1, dimensions.x, dimensions.x * dimensions.y]
        var size = SIMD3<Int>.one
        var spacing = SIMD3<Double>.one
        var steps = SIMD3<Int>.zero
        var firstVoxel = 0
        var alignment = 1.0
        for patientAxis in 0..<3 {
            let axis = axes[patientAxis]
            size[patientAxis] = dimensions[axis]
            spacing[patientAxis] = (geometry.spacing ?? [1, 1, 1])[axis]
            let cosine = columns[axis][patientAxis]
            alignment = min(alignment, abs(cosine))
            if cosine < 0 {
                steps[patientAxis] = -memorySteps[axis]
                firstVoxel += (dimensions[axis] - 1) * memorySteps[axis]
            } else {
                steps[patientAxis] = memorySteps[axis]
            }
        }
        self.size = size
        self.spacing = spacing
        self.steps = steps
        self.firstVoxel = firstVoxel
        isOblique = alignment < 0.999
    }

    /// The place in memory of a voxel of the view.
    func voxel(_ x: Int, _ y: Int, _ z: Int) -> Int {
        firstVoxel + x * steps.x + y * steps.y + z * steps.z
    }

    /// Which image axis goes with each patient axis: of all assignments the one that agrees best.
    private static func assignment(_ columns: [SIMD3<Double>]) -> [Int] {
        let permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        func agreement(_ axes: [Int]) -> Double {
            (0..<3).reduce(0) { $0 + abs(columns[axes[$1]][$1]) }
        }
        return permutations.max { agreement($0) < agreement($1) } ?? [0, 1, 2]
    }
}

/// A plane through the patient and how it is looked at: radiological convention.
enum AnatomicalPlane: CaseIterable {
    /// Seen from below: the patient's right on the left, anterior up.
    case axial
    /// Seen from the front: the patient's right on the left, superior up.
    case coronal
    /// Seen from the patient's left: anterior on the left, superior up.
    case sagittal

    var name: String {
        switch self {
        case .axial: "axial"
        case .coronal: "coronal"
        case .sagittal: "sagittal"
        }
    }

    /// The letters at the left, right, upper and lower edge of the picture.
    var letters: (left: String, right: String, up: String, down: String) {
        switch self {
        case .axial: ("R", "L", "A", "P")
        case .coronal: ("R", "L", "S", "I")
        case .sagittal: ("A", "P", "S", "I")
        }
    }

    /// The patient axes along the picture's width, its height, and through it.
    var axes: (across: Int, down: Int, through: Int) {
        switch self {
        case .axial: (0, 1, 2)
        case .coronal: (0, 2, 1)
        case .sagittal: (1, 2, 0)
        }
    }

    /// Whether the picture's rows run against the patient axis: superior is up.
    var isUpsideDown: Bool { self != .axial }
}

/// One slice of an image, cut out of a range of it.
struct Cut {
    let plane: AnatomicalPlane
    /// Index along the axis through the plane.
    let position: Int
    /// Indices of the view that are shown, along the three patient axes.
    let range: [Range<Int>]

    var width: Int { range[plane.axes.across].count }
    var height: Int { range[plane.axes.down].count }

    /// Calls `body` for each pixel, in rows from top to bottom, with the voxel's place in memory.
    func forEachVoxel(of view: PatientView, _ body: (_ pixel: Int, _ voxel: Int) -> Void) {
        let (across, down, through) = plane.axes
        var index = SIMD3<Int>.zero
        index[through] = position
        for row in 0..<height {
            index[down] = plane.isUpsideDown ? range[down].upperBound - 1 - row : range[down].lowerBound + row
            for column in 0..<width {
                index[across] = range[across].lowerBound + column
                body(row * width + column, view.voxel(index.x, index.y, index.z))
            }
        }
    }

    func pixels(of view: PatientView, _ grey: (_ voxel: Int) -> UInt8) -> Pixels {
        var values = [UInt8](repeating: 0, count: width * height)
        forEachVoxel(of: view) { pixel, voxel in values[pixel] = grey(voxel) }
        return Pixels(width: width, height: height, values: values)
    }

    func mask(of view: PatientView, _ isInside: (_ voxel: Int) -> Bool) -> Mask {
        var inside = [Bool](repeating: false, count: width * height)
        forEachVoxel(of: view) { pixel, voxel in inside[pixel] = isInside(voxel) }
        return Mask(width: width, height: height, isInside: inside)
    }

    /// Millimetres shown.
    func extent(of view: PatientView) -> (width: Double, height: Double) {
        (Double(width) * view.spacing[plane.axes.across], Double(height) * view.spacing[plane.axes.down])
    }
}
