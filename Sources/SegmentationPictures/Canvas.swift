import CCairo
import Glibc
import MedicalImageFiles
import PNGFile

/// A picture in the making, in pixels from the upper left corner.
///
/// Text is drawn with cairo's own vector font, so that pictures are the same on every machine,
/// whatever fonts it has.
final class Canvas {
    struct Colour: Equatable {
        var red: Double
        var green: Double
        var blue: Double
        var opacity = 1.0

        static let background = Colour(red: 0.055, green: 0.06, blue: 0.07)
        static let text = Colour(red: 0.93, green: 0.94, blue: 0.95)
        static let faint = Colour(red: 0.62, green: 0.65, blue: 0.69)

        static func ofLabel(_ label: Int) -> Colour {
            let components = LabelColour.components(ofLabel: label)
            return Colour(red: components.red, green: components.green, blue: components.blue)
        }

        func with(opacity: Double) -> Colour {
            Colour(red: red, green: green, blue: blue, opacity: opacity)
        }
    }

    enum Alignment {
        case left, centre, right
    }

    struct Rectangle {
        var x: Double
        var y: Double
        var width: Double
        var height: Double
    }

    let width: Int
    let height: Int
    private let surface: OpaquePointer
    private let context: OpaquePointer

    init(width: Int, height: Int) throws(PictureError) {
        self.width = width
        self.height = height
        surface = cairo_image_surface_create(
            CAIRO_FORMAT_RGB24, Int32(clamping: width), Int32(clamping: height))
        context = cairo_create(surface)
        guard cairo_status(context) == CAIRO_STATUS_SUCCESS else {
            throw PictureError("a picture of \(width) × \(height) pixels cannot be made")
        }
        fill(Rectangle(x: 0, y: 0, width: Double(width), height: Double(height)), .background)
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    func fill(_ area: Rectangle, _ colour: Colour) {
        set(colour)
        cairo_rectangle(context, area.x, area.y, area.width, area.height)
        cairo_fill(context)
    }

    func line(
        from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ colour: Colour, width: Double
    ) {
        set(colour)
        cairo_set_line_width(context, width)
        cairo_move_to(context, start.x, start.y)
        cairo_line_to(context, end.x, end.y)
        cairo_stroke(context)
    }

    /// Draws a line of text whose base line starts, is centred, or ends at a point.
    ///
    /// - Parameter outlined: with a dark rim, for text on an image.
    func text(
        _ text: String, x: Double, y: Double, size: Double, colour: Colour = .text, isBold: Bool = false,
        alignment: Alignment = .left, outlined: Bool = false
    ) {
        selectFont(size: size, isBold: isBold)
        let width = textWidth(text)
        let start: Double
        switch alignment {
        case .left: start = x
        case .centre: start = x - width / 2
        case .right: start = x - width
        }
        if outlined {
            cairo_move_to(context, start, y)
            cairo_text_path(context, text)
            set(Colour(red: 0, green: 0, blue: 0, opacity: 0.75))
            cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
            cairo_set_line_width(context, size / 4.5)
            cairo_stroke(context)
        }
        set(colour)
        cairo_move_to(context, start, y)
        cairo_show_text(context, text)
    }

    func width(of text: String, size: Double, isBold: Bool = false) -> Double {
        selectFont(size: size, isBold: isBold)
        return textWidth(text)
    }

    /// Draws pixels into an area, interpolated.
    func draw(_ pixels: Pixels, in area: Rectangle) {
        guard let image = pixels.makeSurface() else { return }
        cairo_save(context)
        cairo_rectangle(context, area.x, area.y, area.width, area.height)
        cairo_clip(context)
        cairo_translate(context, area.x, area.y)
        cairo_scale(context, area.width / Double(pixels.width), area.height / Double(pixels.height))
        cairo_set_source_surface(context, image, 0, 0)
        cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD)
        cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_GOOD)
        cairo_paint(context)
        cairo_restore(context)
        cairo_surface_destroy(image)
    }

    /// Fills and outlines, in an area, the shape that a mask has.
    func draw(_ mask: Mask, in area: Rectangle, colour: Colour, fillOpacity: Double, lineWidth: Double) {
        cairo_save(context)
        cairo_translate(context, area.x, area.y)
        cairo_scale(context, area.width / Double(mask.width), area.height / Double(mask.height))
        for outline in mask.outlines() {
            guard let first = outline.first else { continue }
            cairo_move_to(context, first.x, first.y)
            for point in outline.dropFirst() { cairo_line_to(context, point.x, point.y) }
            cairo_close_path(context)
        }
        cairo_restore(context)
        cairo_set_fill_rule(context, CAIRO_FILL_RULE_EVEN_ODD)
        set(colour.with(opacity: fillOpacity))
        cairo_fill_preserve(context)
        set(colour)
        cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
        cairo_set_line_width(context, lineWidth)
        if lineWidth > 0 { cairo_stroke(context) } else { cairo_new_path(context) }
    }

    /// Writes the picture as a PNG file with the annotation in its text chunks. It appears under its name only when it
    /// is complete.
    ///
    /// - Throws: `PictureError`, `ImageFileError`.
    func writePNG(to path: String, annotation: ImageAnnotation) throws {
        guard cairo_status(context) == CAIRO_STATUS_SUCCESS else {
            throw PictureError(
                "\(path): drawing failed: \(String(cString: cairo_status_to_string(cairo_status(context))))")
        }
        cairo_surface_flush(surface)
        let texts = [
            ("Disclaimer", ImageAnnotation.notForClinicalUse), ("Software", annotation.generator),
            ("Source", annotation.modelFingerprint.map { "model SHA-256 \($0)" } ?? "no model"),
        ]
        let keywords = texts.map { UnsafePointer(strdup($0.0)) }
        let values = texts.map { UnsafePointer(strdup($0.1)) }
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        try PartialFiles.complete(path, ending: ".png") { temporary in
            var message = [CChar](repeating: 0, count: 256)
            let status = png_file_write(
                temporary, cairo_image_surface_get_data(surface), UInt32(width), UInt32(height),
                Int(cairo_image_surface_get_stride(surface)), keywords, values, Int32(texts.count), &message,
                message.count)
            guard status == 0 else {
                let reason = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                throw ImageFileError(
                    path, "the picture cannot be written (\(String(decoding: reason, as: UTF8.self)))")
            }
        }
    }

    private func set(_ colour: Colour) {
        cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.opacity)
    }

    private func selectFont(size: Double, isBold: Bool) {
        cairo_select_font_face(
            context, "@cairo:", CAIRO_FONT_SLANT_NORMAL,
            isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
        cairo_set_font_size(context, size)
    }

    private func textWidth(_ text: String) -> Double {
        var extents = cairo_text_extents_t()
        cairo_text_extents(context, text, &extents)
        return extents.x_advance
    }
}

/// Why a picture could not be made.
public struct PictureError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
