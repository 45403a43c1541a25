import AnatomyNet
import ArgumentParser
import SegmentationPictures

/// Three numbers for x, y and z, written "0.76,0.76,1.25".
struct Triple: ExpressibleByArgument, Equatable {
    /// What may be written, for help and for messages.
    static let form = "three numbers as in 0.76,0.76,1.25"

    var values: SIMD3<Double>

    init(_ values: SIMD3<Double>) {
        self.values = values
    }

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == 3, let x = numbers[0], let y = numbers[1], let z = numbers[2],
            x.isFinite, y.isFinite, z.isFinite
        else { return nil }
        values = [x, y, z]
    }

    var defaultValueDescription: String {
        [values.x, values.y, values.z].map { shortest($0, places: 4) }.joined(separator: ",")
    }
}

/// Voxels along x, y and z, written "225,302,178".
struct GridSize: ExpressibleByArgument, Equatable {
    /// What may be written, for help and for messages.
    static let form = "three whole numbers from 1 to \(Geometry.largestDimension) as in 225,302,178"
    /// A usual CT of a head and neck, for which layers are counted and timed unless another is given.
    static let headAndNeck = GridSize([225, 302, 178])

    var values: SIMD3<Int>

    init(_ values: SIMD3<Int>) {
        self.values = values
    }

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let x = numbers[0], let y = numbers[1], let z = numbers[2],
            [x, y, z].allSatisfy({ (1...Geometry.largestDimension).contains($0) })
        else { return nil }
        values = [x, y, z]
    }

    var defaultValueDescription: String { "\(values.x),\(values.y),\(values.z)" }
}

/// "none", or numbers: a choice that a model has for its window and its spacing.
enum NoneOr<Value: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
    case none
    case value(Value)

    init?(argument: String) {
        if argument == "none" {
            self = .none
        } else if let value = Value(argument: argument) {
            self = .value(value)
        } else {
            return nil
        }
    }
}

/// Two numbers in ascending order, written "-1000,1500".
struct Interval: ExpressibleByArgument, Equatable {
    /// What may be written, for help and for messages.
    static let form = "two numbers, the lower first, as in -1000,1500"

    var lower: Double
    var upper: Double

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == 2, let lower = numbers[0], let upper = numbers[1], lower < upper else {
            return nil
        }
        self.lower = lower
        self.upper = upper
    }
}
