import MedicalImageFiles
import Testing

@Test(arguments: ["nowhere/ct.nii.gz", "nowhere/ct.nrrd"])
func aMissingFileIsAnErrorThatNamesIt(path: String) throws {
    let error = try #require(throws: ImageFileError.self) { try MedicalImage.read(path) }
    #expect(error.path == path)
    #expect(error.reason == "cannot be opened for reading (No such file or directory)")
}
