import MedicalImageFiles
import Testing

@Test(arguments: ["nowhere/ct.nii.gz", "nowhere/ct.nrrd"])
func aMissingFileIsAnError(path: String) {
    #expect(throws: (any Error).self) { try MedicalImage.read(path) }
}
