import SegmentationPictures
import Testing

@Test func aWindowKeepsWhatItWasMadeOf() {
    let window = CTWindow(width: 400, level: 40)
    #expect(window.width == 400)
    #expect(window.level == 40)
}
