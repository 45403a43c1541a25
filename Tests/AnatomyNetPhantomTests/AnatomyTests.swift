import Testing

@testable import AnatomyNetPhantom

@Suite struct AnatomyTests {
    /// mL, of adults as contoured for radiotherapy; the optic nerves with their sheath and up to the chiasm.
    private static let volumes: [Organ: ClosedRange<Double>] = [
        .brainStem: 22...48, .chiasm: 0.4...1.4, .mandible: 40...100, .opticNerveLeft: 0.6...2.2,
        .opticNerveRight: 0.6...2.2, .parotidLeft: 15...50, .parotidRight: 15...50,
        .submandibularLeft: 4...16, .submandibularRight: 4...16,
    ]

    @Test(arguments: Cohort.patients.indices)
    func organsHaveTheSizeOfAnAdults(index: Int) {
        for (organ, range) in Self.volumes {
            let volume = Cohort.patients[index].measure(organ).volume
            #expect(range.contains(volume), "\(organ.name) of \(volume) mL, seed \(Cohort.seeds[index])")
        }
    }

    @Test(arguments: Cohort.patients.indices)
    func organsLieWhereTheyBelong(index: Int) {
        let patient = Cohort.patients[index]
        func centroid(_ organ: Organ) -> Point { patient.measure(organ).centroid }
        let stem = centroid(.brainStem)
        let chiasm = centroid(.chiasm)
        let mandible = centroid(.mandible)
        // In LPS, x grows to the patient's left.
        #expect(centroid(.opticNerveLeft).x > centroid(.opticNerveRight).x + 20)
        #expect(centroid(.parotidLeft).x > centroid(.parotidRight).x + 90)
        #expect(centroid(.submandibularLeft).x > centroid(.submandibularRight).x + 45)
        for side in Side.allCases {
            let nerve = centroid(side.opticNerve)
            let parotid = centroid(side.parotid)
            let submandibular = centroid(side.submandibular)
            #expect(nerve.y < chiasm.y - 10)
            #expect(nerve.z < chiasm.z)
            #expect(submandibular.z < parotid.z - 25)
            #expect(abs(submandibular.x - mandible.x) < abs(parotid.x - mandible.x))
            #expect(submandibular.y < parotid.y)
        }
        #expect(chiasm.z > stem.z + 12)
        #expect(chiasm.y < stem.y - 12)
        #expect(mandible.y < stem.y - 40)
        #expect(mandible.z < stem.z - 40)
    }

    @Test(arguments: Cohort.patients.indices)
    func sidesAreNotMirrorImages(index: Int) {
        let patient = Cohort.patients[index]
        let left = patient.measure(.parotidLeft)
        let right = patient.measure(.parotidRight)
        let middle = patient.measure(.chiasm).centroid.x
        #expect(abs(left.volume - right.volume) > 0.1)
        let mirrored = Point(2 * middle - right.centroid.x, right.centroid.y, right.centroid.z)
        #expect((left.centroid - mirrored).length > 0.5)
    }

    /// A nerve and the chiasm touch, however the head is held.
    @Test(arguments: Cohort.patients.indices)
    func opticNervesReachTheChiasm(index: Int) {
        let patient = Cohort.patients[index]
        let width = patient.size.x
        let area = width * patient.size.y
        func positions(_ organ: Organ) -> [(Int, Int, Int)] {
            patient.labels.indices.filter { patient.labels[$0] == organ.rawValue }.map {
                ($0 % width, $0 % area / width, $0 / area)
            }
        }
        let chiasm = positions(.chiasm)
        for side in Side.allCases {
            let touches = positions(side.opticNerve).contains { nerve in
                chiasm.contains {
                    abs($0.0 - nerve.0) <= 1 && abs($0.1 - nerve.1) <= 1 && abs($0.2 - nerve.2) <= 1
                }
            }
            #expect(touches)
        }
    }

    @Test(arguments: Cohort.patients.indices)
    func tissuesHaveTheirDensities(index: Int) {
        let patient = Cohort.patients[index]
        func median(_ organ: Organ) -> Int16 {
            let values = patient.labels.indices.filter { patient.labels[$0] == organ.rawValue }
                .map { patient.hounsfieldUnits[$0] }.sorted()
            return values[values.count / 2]
        }
        #expect((15...55).contains(median(.brainStem)))
        #expect((5...55).contains(median(.chiasm)))
        #expect((350...1500).contains(median(.mandible)))
        for side in Side.allCases {
            #expect((-40...60).contains(median(side.opticNerve)))
            #expect((-60...70).contains(median(side.parotid)))
            #expect((0...115).contains(median(side.submandibular)))
        }
        #expect(patient.hounsfieldUnits.contains { $0 < -950 })
        #expect(patient.hounsfieldUnits.contains { $0 > 1000 })
    }

    /// Where a field of view has room for the organs, it has them all, whatever the seed.
    @Test func everyOrganIsInTheFieldOfView() throws {
        for seed in 100..<112 as Range<UInt64> {
            let patient = try Phantom(
                seed: seed, size: .init(x: 60, y: 60, z: 56), spacing: .init(x: 4, y: 4, z: 3.5))
            for organ in Organ.allCases {
                #expect(patient.labels.contains(organ.rawValue), "\(organ.name), seed \(seed)")
            }
        }
    }
}
