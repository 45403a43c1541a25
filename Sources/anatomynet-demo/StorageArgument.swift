import AnatomyNet
import ArgumentParser

/// `FeatureMapStorage` on the command line.
enum StorageArgument: String, ExpressibleByArgument, CaseIterable {
    case float32, bfloat16

    var value: FeatureMapStorage {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        }
    }
}
