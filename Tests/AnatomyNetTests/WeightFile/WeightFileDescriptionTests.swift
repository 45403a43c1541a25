import Testing

@testable import AnatomyNet

@Suite("A model's description")
struct WeightFileDescriptionTests {
    private func description(
        _ metadata: [(key: String, value: String)] = [], _ change: (inout ModelOverrides) -> Void = { _ in }
    ) throws(AnatomyNetError) -> ModelDescription {
        var overrides = ModelOverrides()
        change(&overrides)
        return try ModelDescription(
            metadata: metadata.map { ("anatomynet." + $0.key, $0.value) }, overrides: overrides)
    }

    @Test func hasTheDocumentedDefaultsWhereNothingIsStated() throws {
        let plain = try description()
        #expect(plain.architecture == "AnatomyNet")
        #expect(plain.channels == nil)
        #expect(plain.blocks == nil)
        #expect(plain.squeezeReduction == SqueezeReduction(encoder: 15, decoder: 16))
        #expect(plain.activation == .leakyReLU(negativeSlope: 0.01))
        #expect(plain.statedClassNames == nil)
        #expect(plain.intensity == .identity)
        #expect(plain.orientation == .lps)
        #expect(plain.spacing == .any)
        #expect(plain.spacingMinimum == nil)
        #expect(plain.spacingMaximum == nil)
        #expect(plain.paddingMultiple == 8)
        #expect(plain.batchNorm == .running)
        #expect(plain.license == "")
        #expect(plain.provenance == "")
        #expect(plain.defaults.count == 10)
        #expect(plain.defaults.contains("squeeze reduction: 15, 16"))
    }

    @Test func isReLUForEveryOtherArchitecture() throws {
        #expect(try description([("architecture", "baselineSERes18Conc")]).activation == .relu)
        #expect(try description { $0.architecture = "baseline" }.activation == .relu)
        #expect(try description([("architecture", "baseline4Pool")]).paddingMultiple == 16)
        #expect(
            try ModelDescription(metadata: [], architectureByDefault: "baselineRes18Sum").architecture
                == "baselineRes18Sum")
    }

    @Test func takesEverythingFromTheMetadata() throws {
        let stated = try description([
            ("format_version", "1"), ("architecture", "baselineSERes18Conc"), ("channels", "28,30,32,34"),
            ("blocks", "2"), ("squeeze_reduction", "3,4"), ("activation", "leaky_relu"),
            ("negative_slope", "0.2"),
            ("classes", #"["background", "Mandible", "Glandula parotidea, é"]"#),
            ("intensity_window", "-1000,1500.5"), ("orientation", "RAS"), ("spacing", "0.76,0.76,1.25"),
            ("spacing_minimum", "0.5,0.5,1"), ("spacing_maximum", "1.5,1.5,3e0"), ("padding_multiple", "16"),
            ("batch_norm", "volume"), ("license", "CC BY 4.0"), ("provenance", "trained at night"),
        ])
        #expect(stated.architecture == "baselineSERes18Conc")
        #expect(stated.channels == [28, 30, 32, 34])
        #expect(stated.blocks == 2)
        #expect(stated.squeezeReduction == SqueezeReduction(encoder: 3, decoder: 4))
        #expect(stated.activation == .leakyReLU(negativeSlope: 0.2))
        #expect(stated.statedClassNames == ["background", "Mandible", "Glandula parotidea, é"])
        #expect(stated.intensity == .window(lower: -1000, upper: 1500.5))
        #expect(stated.orientation == Orientation("RAS"))
        #expect(stated.spacing == .fixed([0.76, 0.76, 1.25]))
        #expect(stated.spacingMinimum == [0.5, 0.5, 1])
        #expect(stated.spacingMaximum == [1.5, 1.5, 3])
        #expect(stated.paddingMultiple == 16)
        #expect(stated.batchNorm == .volume)
        #expect(stated.license == "CC BY 4.0")
        #expect(stated.provenance == "trained at night")
        #expect(stated.defaults == [])
    }

    @Test func letsTheCallerOverrideTheMetadata() throws {
        let overridden = try description([
            ("architecture", "AnatomyNet"), ("activation", "relu"), ("negative_slope", "0.2"),
            ("classes", #"["background","a"]"#), ("intensity_window", "none"), ("orientation", "RAS"),
            ("spacing", "1,1,1"), ("padding_multiple", "16"), ("batch_norm", "volume"),
        ]) {
            $0.architecture = "baselineSERes18Conc"
            $0.activation = .leakyReLU
            $0.negativeSlope = 0.3
            $0.classNames = ["background", "b"]
            $0.intensity = .window(lower: -100, upper: 100)
            $0.orientation = "LPI"
            $0.spacing = .any
            $0.paddingMultiple = 8
            $0.batchNorm = .running
        }
        #expect(overridden.architecture == "baselineSERes18Conc")
        #expect(overridden.activation == .leakyReLU(negativeSlope: 0.3))
        #expect(overridden.statedClassNames == ["background", "b"])
        #expect(overridden.intensity == .window(lower: -100, upper: 100))
        #expect(overridden.orientation == Orientation("LPI"))
        #expect(overridden.spacing == .any)
        #expect(overridden.paddingMultiple == 8)
        #expect(overridden.batchNorm == .running)
    }

    @Test(arguments: [
        ("format_version", "01", AnatomyNetError.Kind.unsupported), ("format_version", "2", .unsupported),
        ("architecture", String(repeating: "x", count: 30000), .unsupported),
        ("channels", "28,30,32", .metadata), ("channels", "28,30,32,34,36", .metadata),
        ("channels", "28,30,32,", .metadata), ("channels", "28,30,32,0", .metadata),
        ("channels", "28,30,32,-4", .metadata), ("channels", "28,30,32,3.4", .metadata),
        ("channels", "28,30,32,99999999999999999999", .metadata), ("channels", " 28,30,32,34", .metadata),
        ("blocks", "", .metadata), ("blocks", "0", .metadata), ("blocks", "17", .metadata),
        ("squeeze_reduction", "15", .metadata), ("squeeze_reduction", "0,16", .metadata),
        ("activation", "ReLU", .metadata), ("activation", "", .metadata),
        ("negative_slope", "0", .metadata), ("negative_slope", "1", .metadata),
        ("negative_slope", "nan", .metadata), ("negative_slope", "0x1p-4", .metadata),
        ("negative_slope", "-0.1", .metadata), ("negative_slope", "1e-999", .metadata),
        ("classes", "background,Mandible", .metadata), ("classes", "[]", .metadata),
        ("classes", #"["background"]"#, .metadata), ("classes", #"["background",1]"#, .metadata),
        ("classes", #"["background",["a"]]"#, .metadata),
        ("classes", #"["background","background"]"#, .metadata),
        ("classes", #"["background",""]"#, .metadata), ("classes", #"["background","a\nb"]"#, .metadata),
        ("classes", #"["background","a\u0000"]"#, .metadata), ("classes", #"{"a":"b"}"#, .metadata),
        ("classes", #"["background","a""#, .metadata), ("classes", #"["background","a"]]"#, .metadata),
        ("classes", "[" + (0...255).map { "\"\($0)\"" }.joined(separator: ",") + "]", .metadata),
        ("intensity_window", "None", .metadata), ("intensity_window", "100", .metadata),
        ("intensity_window", "100,100", .metadata), ("intensity_window", "100,-100", .metadata),
        ("intensity_window", "-1e400,100", .metadata), ("intensity_window", "0,1e300", .metadata),
        ("orientation", "LP", .metadata), ("orientation", "LPSI", .metadata),
        ("orientation", "LRS", .metadata),
        ("orientation", "lps", .metadata), ("orientation", String(repeating: "L", count: 30000), .metadata),
        ("spacing", "1,1", .metadata), ("spacing", "1,1,0", .metadata), ("spacing", "1,1,-1", .metadata),
        ("spacing", "1,1,inf", .metadata), ("spacing", "1;1;1", .metadata), ("spacing", "1,1,1e3", .metadata),
        ("spacing_minimum", "0,0,0", .metadata), ("spacing_maximum", "a,b,c", .metadata),
        ("padding_multiple", "0", .metadata), ("padding_multiple", "65", .metadata),
        ("padding_multiple", "8.0", .metadata), ("padding_multiple", "+8", .metadata),
        ("batch_norm", "batch", .metadata), ("intensity_windw", "0,1", .metadata),
        ("version", "1", .metadata),
    ])
    func isRefusedWithTheKeyThatIsWrong(key: String, value: String, kind: AnatomyNetError.Kind) {
        let error = failure { () throws(AnatomyNetError) in _ = try description([(key, value)]) }
        #expect(error?.kind == kind)
        #expect(error?.message.contains(key) == true)
        #expect((error?.message.utf8.count ?? 0) < 400)
    }

    @Test func mustHaveASpacingRangeThatIsOne() {
        let error = failure { () throws(AnatomyNetError) in
            _ = try description([("spacing_minimum", "1,1,3"), ("spacing_maximum", "2,2,2")])
        }
        #expect(error?.kind == .metadata)
    }

    @Test func refusesOptionsOutOfRange() {
        let refused: [(String, (inout ModelOverrides) -> Void)] = [
            ("negative_slope", { $0.negativeSlope = 1.5 }), ("negative_slope", { $0.negativeSlope = .nan }),
            ("class_names", { $0.classNames = ["background", "background"] }),
            ("class_names", { $0.classNames = [] }),
            ("intensity_window", { $0.intensity = .window(lower: 1, upper: 1) }),
            ("intensity_window", { $0.intensity = .window(lower: .nan, upper: 1) }),
            ("intensity_window", { $0.intensity = .window(lower: 0, upper: .infinity) }),
            ("orientation", { $0.orientation = "XYZ" }), ("spacing", { $0.spacing = .fixed([1, 1, .nan]) }),
            ("spacing", { $0.spacing = .fixed([0, 0, 0]) }), ("padding_multiple", { $0.paddingMultiple = 0 }),
            ("padding_multiple", { $0.paddingMultiple = 65 }),
        ]
        for (option, change) in refused {
            let error = failure { () throws(AnatomyNetError) in _ = try description([], change) }
            #expect(error?.kind == .option)
            #expect(error?.message.contains(option) == true)
        }
    }

    @Test func namesClassesThatNobodyNamed() throws {
        let plain = try description()
        #expect(try plain.classNames(count: 10) == ModelDescription.classesOfThePaper)
        #expect(try plain.classNames(count: 3) == ["background", "class_1", "class_2"])
        let named = try description([("classes", #"["background","a"]"#)])
        #expect(try named.classNames(count: 2) == ["background", "a"])
        #expect(
            failure { () throws(AnatomyNetError) in _ = try named.classNames(count: 3) }?.kind == .metadata)
    }

    @Test func doesNotInterpretForeignKeys() throws {
        let plain = try ModelDescription(metadata: [
            ("classes", "background,Brainstem"), ("intensity_window", "-1000,1500"), ("format", "pt"),
        ])
        #expect(plain == (try description()))
    }
}
