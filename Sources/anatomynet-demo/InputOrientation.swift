import AnatomyNet
import ArgumentParser
import MedicalImageFiles

/// How the axes of images lie that do not say it.
struct InputOrientation: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How the axes of an input that does not say it lie in the patient, such as LPS.",
            valueName: "code"))
    var inputOrientation: String?

    func validate() throws {
        if let inputOrientation, Orientation(inputOrientation) == nil {
            throw ValidationError("'\(inputOrientation)' is no orientation; write for instance LPS")
        }
    }

    /// Where an image's voxels lie.
    ///
    /// - Throws: `ImageFileError` if neither the image nor the option says how its axes lie, or both do.
    func geometry(of grid: ImageGrid, _ path: String) throws -> Geometry {
        var geometry = grid.geometry
        if let inputOrientation, let orientation = Orientation(inputOrientation) {
            guard !grid.isOrientationKnown else {
                throw ImageFileError(path, "says its orientation itself; leave out --input-orientation")
            }
            geometry.direction = orientation.direction
        } else if !grid.isOrientationKnown {
            throw ImageFileError(
                path,
                "does not say how its axes lie in the patient; if you know it, say it with --input-orientation"
            )
        }
        return geometry
    }
}
