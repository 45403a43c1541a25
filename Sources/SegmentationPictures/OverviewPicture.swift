import AnatomyNet
import MedicalImageFiles

/// The organs of a CT at a glance: axial, coronal and sagittal cuts through them, with a legend.
public struct OverviewPicture {
    public let image: MedicalImage
    /// Of the image, or what the user says about an image that does not know.
    public let geometry: Geometry
    public let labels: UnsafeBufferPointer<UInt8>
    public let labelNames: [String]
    private let window = CTWindow.softTissue
    public let title: String

    /// Cuts in a row of the widest plane, and in any row.
    private static let widestCuts = 3
    private static let mostCuts = 5
    /// mm that are shown around the organs.
    private static let surroundings = 45.0
    private static let margin = 24.0
    private static let gap = 10.0
    private static let captionHeight = 26.0
    private static let legendWidth = 250.0
    /// Width in pixels that the cuts of a row have together.
    private static let rowWidth = 1290.0

    public init(
        image: MedicalImage, geometry: Geometry, labels: UnsafeBufferPointer<UInt8>, labelNames: [String],
        title: String
    ) {
        self.image = image
        self.geometry = geometry
        self.labels = labels
        self.labelNames = labelNames
        self.title = title
    }

    /// Draws and writes the picture.
    ///
    /// - Throws: `PictureError`, `ImageFileError`.
    public func write(to path: String, annotation: ImageAnnotation) throws {
        let view = PatientView(geometry)
        let organs = OrganStatistics(labels, view: view)
        let range = shownRange(view, organs)
        let rows = AnatomicalPlane.allCases.map { cuts($0, of: organs, view: view, range: range) }
        let widest =
            rows.map { row in
                row.reduce(0) { $0 + $1.extent(of: view).width }
            }.max() ?? 1
        let drawing = CutDrawing(
            view: view, grey: { [window] in window.grey(image.value(atVoxel: $0)) },
            scale: min(max(Self.rowWidth / max(widest, 1), 0.5), 6))
        let rowHeights = rows.map { $0.map { drawing.size(of: $0).height }.max() ?? 0 }
        let cutsWidth =
            rows.map { row in
                row.reduce(0) { $0 + drawing.size(of: $1).width + Self.gap } - Self.gap
            }.max() ?? 0
        let top = Self.margin + 54
        let height = top + rowHeights.reduce(0) { $0 + $1 + Self.captionHeight + Self.gap } + 40
        let width = Self.margin * 3 + cutsWidth + Self.legendWidth
        let canvas = try Canvas(width: Int(width), height: Int(max(height, 520)))

        canvas.text(title, x: Self.margin, y: Self.margin + 16, size: 21, isBold: true)
        canvas.text(subtitle(view), x: Self.margin, y: Self.margin + 40, size: 13, colour: .faint)
        var y = top
        for (row, rowHeight) in zip(rows, rowHeights) {
            var x = Self.margin
            for (index, cut) in row.enumerated() {
                let area = drawing.area(of: cut, x: x, y: y + Self.captionHeight)
                canvas.text(caption(cut, view), x: x, y: y + Self.captionHeight - 8, size: 13, colour: .faint)
                drawing.drawImage(cut, in: area, on: canvas)
                for label in organs.labels {
                    let mask = cut.mask(of: view) { Int(labels[$0]) == label }
                    if mask.isEmpty { continue }
                    canvas.draw(mask, in: area, colour: .ofLabel(label), fillOpacity: 0.38, lineWidth: 1.5)
                }
                drawing.drawLetters(cut, in: area, on: canvas)
                if index == 0 { drawing.drawScaleBar(in: area, on: canvas, millimetres: 50) }
                x += area.width + Self.gap
            }
            y += rowHeight + Self.captionHeight + Self.gap
        }
        drawLegend(
            organs, on: canvas, x: Self.margin * 2 + cutsWidth, y: top + Self.captionHeight, view: view)
        canvas.text(
            "\(ImageAnnotation.notForClinicalUse). \(annotation.generator)", x: Self.margin,
            y: Double(canvas.height) - Self.margin + 6, size: 12, colour: .faint)
        try canvas.writePNG(to: path, annotation: annotation)
    }

    /// Cuts through the organs, as many as fill a row.
    private func cuts(
        _ plane: AnatomicalPlane, of organs: OrganStatistics, view: PatientView, range: [Range<Int>]
    ) -> [Cut] {
        let axis = plane.axes.through
        func width(_ plane: AnatomicalPlane) -> Double {
            Double(range[plane.axes.across].count) * view.spacing[plane.axes.across]
        }
        let rowWidth = Double(Self.widestCuts) * (AnatomicalPlane.allCases.map(width).max() ?? 1)
        let count = min(Self.mostCuts, max(Self.widestCuts, Int(rowWidth / width(plane))))
        var positions = organs.mostTellingSlices(axis: axis, count: count)
        if positions.isEmpty { positions = [(range[axis].lowerBound + range[axis].upperBound) / 2] }
        // From top to bottom as one reads a patient: superior axial cuts first.
        if plane == .axial { positions.reverse() }
        return positions.map { Cut(plane: plane, position: $0, range: range) }
    }

    private func subtitle(_ view: PatientView) -> String {
        let spacing = [view.spacing.x, view.spacing.y, view.spacing.z].map { decimal($0, places: 2) }
        let orientation = view.isOblique ? "; oblique image, shown along its own axes" : ""
        return
            "\(window.description); voxels \(spacing.joined(separator: " x ")) mm; the patient's right is on the left\(orientation)"
    }

    private func caption(_ cut: Cut, _ view: PatientView) -> String {
        "\(cut.plane.name), slice \(cut.position + 1) of \(view.size[cut.plane.axes.through])"
    }

    private func drawLegend(
        _ organs: OrganStatistics, on canvas: Canvas, x: Double, y: Double, view: PatientView
    ) {
        let voxelVolume = view.spacing.x * view.spacing.y * view.spacing.z / 1000
        canvas.text("organ", x: x + 24, y: y - 8, size: 13, colour: .faint)
        canvas.text("mL", x: x + Self.legendWidth, y: y - 8, size: 13, colour: .faint, alignment: .right)
        var line = y
        for (label, name) in labelNames.enumerated().dropFirst() {
            let isFound = organs.voxels[label] > 0
            canvas.fill(
                Canvas.Rectangle(x: x, y: line + 3, width: 14, height: 14),
                .ofLabel(label).with(opacity: isFound ? 1 : 0.3))
            canvas.text(name, x: x + 24, y: line + 15, size: 15, colour: isFound ? .text : .faint)
            let volume = isFound ? decimal(Double(organs.voxels[label]) * voxelVolume, places: 1) : "-"
            canvas.text(
                volume, x: x + Self.legendWidth, y: line + 15, size: 15, colour: isFound ? .text : .faint,
                alignment: .right)
            line += 26
        }
    }

    /// The body near the organs; the whole body where there are none.
    private func shownRange(_ view: PatientView, _ organs: OrganStatistics) -> [Range<Int>] {
        bodyRange(view).enumerated().map { axis, body in
            let ranges = organs.labels.compactMap { organs.range(of: $0, axis: axis) }
            guard let first = ranges.map(\.lowerBound).min(), let last = ranges.map(\.upperBound).max() else {
                return body
            }
            let surroundings = Int((Self.surroundings / view.spacing[axis]).rounded())
            let near = max(0, first - surroundings)..<min(view.size[axis], last + surroundings)
            return body.overlaps(near) ? body.clamped(to: near) : near
        }
    }

    /// The part of the image that holds the patient: air around it teaches nothing.
    private func bodyRange(_ view: PatientView) -> [Range<Int>] {
        (0..<3).map { axis in
            let others = (0..<3).filter { $0 != axis }
            func isBody(_ position: Int) -> Bool {
                var index = SIMD3<Int>.zero
                index[axis] = position
                var total = 0
                var tissue = 0
                for first in stride(from: 0, to: view.size[others[0]], by: 4) {
                    index[others[0]] = first
                    for second in stride(from: 0, to: view.size[others[1]], by: 4) {
                        index[others[1]] = second
                        total += 1
                        if image.value(atVoxel: view.voxel(index.x, index.y, index.z)) > -300 { tissue += 1 }
                    }
                }
                return tissue * 50 > total
            }
            let positions = 0..<view.size[axis]
            guard let first = positions.first(where: isBody), let last = positions.last(where: isBody) else {
                return positions
            }
            let rim = Int((8 / view.spacing[axis]).rounded())
            return max(0, first - rim)..<min(view.size[axis], last + 1 + rim)
        }
    }
}
