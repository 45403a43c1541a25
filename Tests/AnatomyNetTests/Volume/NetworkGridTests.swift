import Testing

@testable import AnatomyNet

/// An asymmetric volume that lies off centre: no two of its axes or corners can be confused.
let asymmetric = Geometry(
    dimensions: [11, 7, 9], spacing: [1.5, 2.25, 3], origin: [-40, 12.5, 103],
    direction: .identity)

private func requirements(
    _ orientation: String = "LPS", spacing: SIMD3<Double>? = nil,
    range: GridRequirements.SpacingRange = .init()
) throws -> GridRequirements {
    GridRequirements(
        orientation: try #require(Orientation(orientation)), spacing: spacing, spacingRange: range,
        paddingMultiple: 8)
}

private func message(_ kind: AnatomyNetError.Kind, _ body: () throws -> Void) -> String {
    do {
        try body()
        Issue.record("nothing was thrown")
    } catch let error as AnatomyNetError {
        #expect(error.kind == kind)
        return error.message
    } catch {
        Issue.record("\(error)")
    }
    return ""
}

@Suite struct NetworkGridTests {
    @Test func allOrientationsOfOneVolumeGiveTheSameGrid() throws {
        #expect(Set(axisAlignedDirections.map(\.description)).count == 48)
        #expect(axisAlignedDirections.filter { $0.determinant < 0 }.count == 24)
        for spacing in [nil, SIMD3(1.5, 1.5, 2), SIMD3(2.9, 2.25, 3)] as [SIMD3<Double>?] {
            for model in ["LPS", "RAS", "PIR", "SLA"] {
                let wanted = try NetworkGrid(
                    caller: asymmetric, requirements: requirements(model, spacing: spacing))
                for direction in axisAlignedDirections {
                    let stored = reoriented(asymmetric, to: direction)
                    let grid = try NetworkGrid(
                        caller: stored.geometry, requirements: requirements(model, spacing: spacing))
                    #expect(grid.placement == wanted.placement)
                    #expect(grid.geometry.dimensions == wanted.geometry.dimensions)
                    #expect(grid.geometry.spacing == wanted.geometry.spacing)
                    #expect((grid.geometry.origin - wanted.geometry.origin).length < 1e-9)
                    #expect(grid.geometry.direction == Orientation(model)?.direction)
                    #expect(grid.isPermutation == (spacing == nil))
                }
            }
        }
    }

    @Test(arguments: [0.0, 3, 17, 40]) func alignedAndNetworkIndicesNameTheSamePointOfThePatient(
        degrees: Double
    ) throws {
        for direction in axisAlignedDirections {
            var caller = reoriented(asymmetric, to: direction).geometry
            caller.direction = caller.direction.turned(
                degrees: degrees, about: direction.x + SIMD3(0.0, 0.3, -0.2))
            if degrees == 40 { caller.direction = direction.turned(degrees: 39.9, about: [0, 0, 1]) }
            let grid = try NetworkGrid(
                caller: caller, requirements: requirements("RAS", spacing: [1.25, 2.25, 2.5]))
            let network = SIMD3(1.75, 3.5, 0.25)
            let aligned: SIMD3<Double>
            switch grid.placement {
            case .separable(let maps):
                #expect(degrees == 0)
                aligned = SIMD3(
                    maps[0].offset + maps[0].ratio * network.x, maps[1].offset + maps[1].ratio * network.y,
                    maps[2].offset + maps[2].ratio * network.z)
            case .oblique(let map):
                #expect(degrees > 0)
                aligned = map.aligned(network)
                #expect((map.network(aligned) - network).length < 1e-9)
            }
            var index = SIMD3<Double>.zero
            for axis in 0..<3 {
                let own = grid.alignment.axes[axis]
                index[own] =
                    grid.alignment.signs[axis] < 0
                    ? Double(caller.dimensions[own] - 1) - aligned[axis] : aligned[axis]
            }
            let here = try #require(caller.position(of: index))
            let there = try #require(grid.geometry.position(of: network))
            #expect((here - there).length < 1e-9)
        }
    }

    @Test func obliqueGridHoldsTheWholeVolume() throws {
        var caller = asymmetric
        caller.direction = Direction.identity.turned(degrees: 25, about: [0.2, -0.7, 0.5])
        let grid = try NetworkGrid(caller: caller, requirements: requirements(spacing: [0.75, 0.75, 1]))
        guard case .oblique(let map) = grid.placement else {
            Issue.record("not oblique")
            return
        }
        for corner in 0..<8 {
            var index = SIMD3<Double>.zero
            for axis in 0..<3 where corner >> axis & 1 == 1 {
                index[axis] = Double(caller.dimensions[axis] - 1)
            }
            let network = map.network(index)
            for axis in 0..<3 {
                #expect(network[axis] > -0.5 && network[axis] < Double(grid.geometry.dimensions[axis]) - 0.5)
            }
        }
    }

    @Test func paddingIsOnTopOfTheGrid() throws {
        let grid = try NetworkGrid(caller: asymmetric, requirements: requirements("SLA"))
        #expect(grid.geometry.dimensions == [9, 11, 7])
        #expect(grid.paddedDimensions == [16, 16, 8])
    }

    @Test func directionsThatAreNoneAreRefusedWithTheNumbers() throws {
        var caller = asymmetric
        func refusal() throws -> String {
            let requirements = try requirements()
            return message(.orientation) { _ = try NetworkGrid(caller: caller, requirements: requirements) }
        }
        caller.direction.y = [0, .nan, 0]
        #expect(try refusal().contains("nan"))
        caller.direction = Direction(x: [1, 0, 0], y: [1, 0, 0], z: [0, 0, 1])
        #expect(try refusal().contains("1"))
        caller.direction = Direction(x: [1, 0, 0], y: [0, 1.1, 0], z: [0, 0, 1])
        #expect(try refusal().contains("1.1"))
        caller.direction = Direction(x: [1, 0, 0], y: [0.1, 0.99498743710662, 0], z: [0, 0, 1])
        #expect(try refusal().contains("0.1"))
        caller.direction = Direction.identity.turned(degrees: 41, about: [0, 1, 0])
        let oblique = try refusal()
        #expect(oblique.contains("41°") && oblique.contains("40°") && oblique.contains("LPS"))
    }

    @Test func spacingsThatCannotBeUsedAreRefusedWithTheNumbers() throws {
        let range = GridRequirements.SpacingRange(minimum: [0.7, 0.8, 1], maximum: [1.3, 1.4, 4])
        let model = try requirements("SLA", spacing: [2, 1, 1], range: range)
        let outside = message(.spacing) { _ = try NetworkGrid(caller: asymmetric, requirements: model) }
        #expect(outside.contains("3 x 1.5 x 2.25 mm") && outside.contains("1.3 x 1.4 x 4 mm"))
        #expect(outside.contains("allow_untrained_spacing"))
        let allowed = try NetworkGrid(caller: asymmetric, requirements: model, allowsUntrainedSpacing: true)
        #expect(allowed.untrainedSpacing.map(outside.hasPrefix) == true)
        let trained = try requirements(
            "SLA", range: GridRequirements.SpacingRange(minimum: [1, 1, 1], maximum: [3, 3, 3]))
        #expect(try NetworkGrid(caller: asymmetric, requirements: trained).untrainedSpacing == nil)
        let below = try requirements("SLA", range: GridRequirements.SpacingRange(maximum: [1.3, 1.4, 4]))
        #expect(
            message(.spacing) { _ = try NetworkGrid(caller: asymmetric, requirements: below) }.contains(
                "meant for spacings up to 1.3 x 1.4 x 4 mm."))
        var caller = asymmetric
        caller.spacing = nil
        #expect(
            message(.spacing) { _ = try NetworkGrid(caller: caller, requirements: model) }.contains(
                "2 x 1 x 1"))
        caller.direction = Direction.identity.turned(degrees: 5, about: [0, 1, 0])
        let free = try requirements()
        #expect(message(.spacing) { _ = try NetworkGrid(caller: caller, requirements: free) }.contains("5°"))
        caller.spacing = [0.01, 1, 1]
        let fixed = try requirements(spacing: [1, 1, 1])
        #expect(
            message(.spacing) { _ = try NetworkGrid(caller: caller, requirements: fixed) }.contains("0.01"))
    }

    @Test func regionsOutsideTheVolumeAreRefused() throws {
        let model = try requirements()
        for region in [
            Region(first: [0, 0, -1], dimensions: [1, 1, 1]),
            Region(first: [0, 0, 0], dimensions: [1, 0, 1]),
            Region(first: [4, 4, 4], dimensions: [1, 4, 1]),
            Region(first: [0, .max, 0], dimensions: [1, .max, 1]),
            Region(first: [0, 0, 0], dimensions: [1, 1, 1], context: .margin(.nan)),
        ] {
            _ = message(.option) {
                _ = try NetworkGrid(caller: asymmetric, requirements: model, region: region)
            }
        }
        let grid = try NetworkGrid(
            caller: asymmetric, requirements: model,
            region: Region(first: [3, 1, 2], dimensions: [2, 3, 3], context: .margin(3)))
        #expect(grid.source == IndexBox(lower: [1, 0, 1], upper: [7, 6, 6]))
        #expect(grid.target == IndexBox(lower: [3, 1, 2], upper: [5, 4, 5]))
    }
}
