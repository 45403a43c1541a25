import AnatomyNet
import MedicalImageFiles

/// Predicted and true organs on top of each other, as in the paper's Fig. 7: truth green,
/// prediction red, agreement yellow; three cuts through each organ.
public struct AgreementPicture {
    public let predicted: UnsafeBufferPointer<UInt8>
    public let truth: UnsafeBufferPointer<UInt8>
    public let geometry: Geometry
    public let labelNames: [String]
    /// For each label; nil where neither has a voxel.
    public let coefficients: [Double?]
    /// The CT below the organs; without it they stand on a plain ground.
    public let image: MedicalImage?
    private let window = CTWindow.softTissue

    static let truthColour = Canvas.Colour(red: 0.20, green: 0.85, blue: 0.30)
    static let predictionColour = Canvas.Colour(red: 0.95, green: 0.22, blue: 0.18)
    static let agreementColour = Canvas.Colour(red: 1.00, green: 0.88, blue: 0.15)

    private static let tile = 168.0
    private static let gap = 6.0
    private static let margin = 24.0
    private static let organsPerRow = 2

    public init(
        predicted: UnsafeBufferPointer<UInt8>, truth: UnsafeBufferPointer<UInt8>, geometry: Geometry,
        labelNames: [String], coefficients: [Double?], image: MedicalImage?
    ) {
        self.predicted = predicted
        self.truth = truth
        self.geometry = geometry
        self.labelNames = labelNames
        self.coefficients = coefficients
        self.image = image
    }

    /// Draws and writes the picture.
    ///
    /// - Throws: `PictureError`, `ImageFileError`.
    public func write(to path: String, annotation: ImageAnnotation) throws {
        let view = PatientView(geometry)
        let trueOrgans = OrganStatistics(truth, view: view)
        let foundOrgans = OrganStatistics(predicted, view: view)
        let labels = labelNames.indices.dropFirst()
        let blockWidth = 3 * Self.tile + 2 * Self.gap
        let blockHeight = Self.tile + 34
        let rows = (labels.count + Self.organsPerRow - 1) / Self.organsPerRow
        let top = Self.margin + 62
        let width = 2 * Self.margin + Double(Self.organsPerRow) * (blockWidth + Self.margin) - Self.margin
        let height = top + Double(max(rows, 1)) * (blockHeight + 10) + Self.margin + 16
        let canvas = try Canvas(width: Int(width), height: Int(height))
        drawHead(on: canvas)
        for (index, label) in labels.enumerated() {
            let x = Self.margin + Double(index % Self.organsPerRow) * (blockWidth + Self.margin)
            let y = top + Double(index / Self.organsPerRow) * (blockHeight + 10)
            canvas.text(labelNames[label], x: x, y: y + 18, size: 16, isBold: true)
            let coefficient = coefficients[label].map { "DSC \(decimal($0, places: 3))" } ?? "in neither"
            canvas.text(coefficient, x: x + blockWidth, y: y + 18, size: 15, alignment: .right)
            // Centred on the truth; where there is none, on the prediction.
            let organs = trueOrgans.voxels[label] > 0 ? trueOrgans : foundOrgans
            guard organs.voxels[label] > 0 else { continue }
            draw(label, organs, view: view, on: canvas, x: x, y: y + 28)
        }
        canvas.text(
            "\(ImageAnnotation.notForClinicalUse). \(annotation.generator)", x: Self.margin,
            y: Double(canvas.height) - Self.margin + 6, size: 12, colour: .faint)
        try canvas.writePNG(to: path, annotation: annotation)
    }

    private func drawHead(on canvas: Canvas) {
        canvas.text("Predicted and true organs", x: Self.margin, y: Self.margin + 16, size: 21, isBold: true)
        var x = Self.margin
        let y = Self.margin + 42
        for (colour, name) in [
            (Self.truthColour, "truth"), (Self.predictionColour, "prediction"),
            (Self.agreementColour, "agreement"),
        ] {
            canvas.fill(Canvas.Rectangle(x: x, y: y - 11, width: 13, height: 13), colour)
            canvas.text(name, x: x + 19, y: y, size: 14)
            x += 19 + canvas.width(of: name, size: 14) + 22
        }
        let ground = image == nil ? "" : "\(window.description); "
        canvas.text(
            "\(ground)axial, coronal, sagittal; the patient's right is on the left", x: x, y: y, size: 13,
            colour: .faint)
    }

    private func draw(
        _ label: Int, _ organs: OrganStatistics, view: PatientView, on canvas: Canvas, x: Double, y: Double
    ) {
        let ranges = (0..<3).compactMap { organs.range(of: label, axis: $0) }
        let centres = (0..<3).compactMap { organs.fullestSlice(of: label, axis: $0) }
        guard ranges.count == 3, centres.count == 3 else { return }
        let longest = (0..<3).map { Double(ranges[$0].count) * view.spacing[$0] }.max() ?? 1
        let field = max(longest * 1.35, 30)
        let shown = (0..<3).map { axis -> Range<Int> in
            let middle = (ranges[axis].lowerBound + ranges[axis].upperBound) / 2
            let half = max(1, Int((field / view.spacing[axis] / 2).rounded()))
            return max(0, middle - half)..<min(view.size[axis], middle + half)
        }
        let drawing = CutDrawing(
            view: view,
            grey: { [window] voxel in image.map { window.grey($0.value(atVoxel: voxel)) } ?? 38 },
            scale: Self.tile / field)
        for (column, plane) in AnatomicalPlane.allCases.enumerated() {
            let cut = Cut(plane: plane, position: centres[plane.axes.through], range: shown)
            let size = drawing.size(of: cut)
            let left = x + Double(column) * (Self.tile + Self.gap)
            canvas.fill(
                Canvas.Rectangle(x: left, y: y, width: Self.tile, height: Self.tile),
                .init(red: 0, green: 0, blue: 0))
            let area = Canvas.Rectangle(
                x: left + max(0, (Self.tile - size.width) / 2), y: y + max(0, (Self.tile - size.height) / 2),
                width: min(size.width, Self.tile), height: min(size.height, Self.tile))
            drawing.drawImage(cut, in: area, on: canvas)
            let wanted = UInt8(clamping: label)
            let parts: [(Canvas.Colour, (Int) -> Bool)] = [
                (Self.truthColour, { truth[$0] == wanted && predicted[$0] != wanted }),
                (Self.predictionColour, { predicted[$0] == wanted && truth[$0] != wanted }),
                (Self.agreementColour, { predicted[$0] == wanted && truth[$0] == wanted }),
            ]
            for (colour, isPart) in parts {
                canvas.draw(
                    cut.mask(of: view, isPart), in: area, colour: colour, fillOpacity: 0.55, lineWidth: 0)
            }
            drawing.drawLetters(cut, in: area, on: canvas, size: 12)
            if column == 0 { drawing.drawScaleBar(in: area, on: canvas, millimetres: 10, size: 10) }
        }
    }
}
