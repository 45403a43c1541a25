import Foundation
import Testing

@testable import AnatomyNetPhantom

@Suite struct SolidTests {
    @Test func sineAndCosineAgreeWithTheLibrary() {
        for step in -60...60 {
            let angle = Double(step) / 100
            let (sine, cosine) = Rotation.sineAndCosine(angle)
            #expect(abs(sine - sin(angle)) < 1e-12)
            #expect(abs(cosine - cos(angle)) < 1e-11)
        }
    }

    @Test func rotationsKeepLengthsAndAngles() {
        let rotation = Rotation(nod: 0.2, tilt: -0.1, turn: 0.15)
        let axes = [Point(1, 0, 0), Point(0, 1, 0), Point(0, 0, 1)].map(rotation.inverseApplied)
        for first in 0..<3 {
            for second in 0..<3 {
                #expect(abs(axes[first].dot(axes[second]) - (first == second ? 1 : 0)) < 1e-11)
            }
        }
    }

    @Test func inverseRotationsGoBackByEachAngle() {
        let p = Point(30, -70, 15)
        for axis in 0..<3 {
            let angles = (0..<3).map { $0 == axis ? 0.3 : 0.0 }
            let there = Rotation(nod: -angles[0], tilt: -angles[1], turn: -angles[2])
            let back = Rotation(nod: angles[0], tilt: angles[1], turn: angles[2])
            #expect((back.inverseApplied(to: there.inverseApplied(to: p)) - p).length < 1e-11)
        }
        let turned = Rotation(nod: 0, tilt: 0, turn: 0.3).inverseApplied(to: Point(1, 0, 0))
        #expect((turned - Point(cos(0.3), -sin(0.3), 0)).length < 1e-11)
    }

    @Test func sphereKnowsItsDistanceEverywhere() {
        let ball = Ellipsoid(Point(1, 2, 3), radii: Point(10, 10, 10))
        for radius in stride(from: 0.5, through: 25, by: 0.5) {
            let p = Point(1, 2, 3) + Point(0.48, -0.6, 0.64) * radius
            #expect(abs(ball.distance(p) - (radius - 10)) < 1e-9)
        }
    }

    @Test func tubeOfEqualRadiiIsACapsule() {
        let tube = Tube([.init(0, 0, 0, 5), .init(0, 0, 40, 5)])
        #expect(abs(tube.distance(Point(9, 0, 20)) - 4) < 1e-9)
        #expect(abs(tube.distance(Point(0, 3, 20)) + 2) < 1e-9)
        #expect(abs(tube.distance(Point(0, 0, 52)) - 7) < 1e-9)
    }

    @Test func flatTubeIsNoDeeperThanHalfItsThickness() {
        let sheet = Tube([.init(0, 0, 0, 30, 1), .init(0, 0, 40, 30, 1)])
        for x in stride(from: -29.0, through: 29, by: 2) {
            let p = Point(x, 0, 20)
            #expect(sheet.distance(p) < 0)
            #expect(sheet.distance(p) >= -1)
        }
    }

    @Test func boundsHoldTheSolid() {
        let solids: [any Solid] = [
            Ellipsoid(Point(5, -3, 2), radii: Point(4, 9, 2)),
            Tube([.init(0, 0, 0, 6, 2), .init(10, 5, 20, 3, 3), .init(0, 9, 30, 1)], wide: Point(1, 1, 0)),
            RoundedBox(Point(1, 1, 1), half: Point(6, 4, 3), rounding: 2),
            Loft([
                .init(z: 20, middle: 0, halfWidth: 8, front: 6, back: 9),
                .init(z: 10, middle: 3, halfWidth: 12, front: 7, back: 5),
                .init(z: -10, middle: 0, halfWidth: 5, front: 4, back: 6),
            ]),
            Union(
                [
                    Ellipsoid(Point(0, 0, 0), radii: Point(5, 5, 5)),
                    Ellipsoid(Point(9, 0, 0), radii: Point(5, 5, 5)),
                ], blend: 6),
            OnSide(Ellipsoid(Point(20, 0, 0), radii: Point(5, 6, 7)), .right),
        ]
        var draw = RandomStream(seed: 5, topic: .skull)
        for solid in solids {
            for _ in 0..<3000 {
                let p = Point(draw.uniform(-40...40), draw.uniform(-40...40), draw.uniform(-40...40))
                if solid.distance(p) <= 0 {
                    #expect(solid.bounds.contains(p.x, p.y, p.z))
                }
            }
        }
    }

    @Test func deformationIsUndoneByItsInverse() {
        for seed in 0..<12 as Range<UInt64> {
            let deformation = Deformation(seed: seed)
            for p in [Point(0, -21, 33), Point(60, -13, -24), Point(-33, -37, -77), Point(0, -84, -91)] {
                #expect((deformation.patientPoint(deformation.roomPoint(p)) - p).length < 0.01)
            }
        }
    }
}
