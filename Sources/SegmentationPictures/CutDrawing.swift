/// Draws cuts of one CT with everything that makes them readable.
struct CutDrawing {
    let view: PatientView
    /// Grey of a voxel by its place in memory.
    let grey: (Int) -> UInt8
    /// Pixels of the picture per mm.
    let scale: Double

    func size(of cut: Cut) -> (width: Double, height: Double) {
        let extent = cut.extent(of: view)
        return ((extent.width * scale).rounded(), (extent.height * scale).rounded())
    }

    func area(of cut: Cut, x: Double, y: Double) -> Canvas.Rectangle {
        let size = size(of: cut)
        return Canvas.Rectangle(x: x, y: y, width: size.width, height: size.height)
    }

    func drawImage(_ cut: Cut, in area: Canvas.Rectangle, on canvas: Canvas) {
        canvas.draw(cut.pixels(of: view, grey), in: area)
    }

    /// The letters of the patient's directions at the four edges.
    func drawLetters(_ cut: Cut, in area: Canvas.Rectangle, on canvas: Canvas, size: Double = 15) {
        let letters = cut.plane.letters
        let middleX = area.x + area.width / 2
        let middleY = area.y + area.height / 2 + size * 0.35
        func letter(_ text: String, _ x: Double, _ y: Double, _ alignment: Canvas.Alignment) {
            canvas.text(text, x: x, y: y, size: size, isBold: true, alignment: alignment, outlined: true)
        }
        letter(letters.left, area.x + size * 0.4, middleY, .left)
        letter(letters.right, area.x + area.width - size * 0.4, middleY, .right)
        letter(letters.up, middleX, area.y + size * 1.15, .centre)
        letter(letters.down, middleX, area.y + area.height - size * 0.45, .centre)
    }

    /// A bar of a round length in the lower right corner, on a dark ground: it may lie on bone.
    func drawScaleBar(in area: Canvas.Rectangle, on canvas: Canvas, millimetres: Double, size: Double = 12) {
        let length = millimetres * scale
        let right = area.x + area.width - 10
        let y = area.y + area.height - 10
        let ground = Canvas.Rectangle(
            x: right - length - 5, y: y - 9 - size, width: length + 10, height: size + 14)
        canvas.fill(ground, Canvas.Colour(red: 0, green: 0, blue: 0, opacity: 0.6))
        canvas.line(from: (right - length, y), to: (right, y), .text, width: 2)
        canvas.text(
            "\(Int(millimetres)) mm", x: right - length / 2, y: y - 6, size: size, alignment: .centre,
            outlined: true)
    }
}
