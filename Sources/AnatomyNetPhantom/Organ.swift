/// The nine organs of the AnatomyNet paper, with the paper's names and label values; 0 is background.
public enum Organ: UInt8, CaseIterable, Sendable {
    case brainStem = 1
    case chiasm
    case mandible
    case opticNerveLeft
    case opticNerveRight
    case parotidLeft
    case parotidRight
    case submandibularLeft
    case submandibularRight

    /// The name of each label value, background first.
    public static let labelNames = ["background"] + allCases.map(\.name)

    public var name: String {
        switch self {
        case .brainStem: "BrainStem"
        case .chiasm: "Chiasm"
        case .mandible: "Mandible"
        case .opticNerveLeft: "OpticNerve_L"
        case .opticNerveRight: "OpticNerve_R"
        case .parotidLeft: "Parotid_L"
        case .parotidRight: "Parotid_R"
        case .submandibularLeft: "Submandibular_L"
        case .submandibularRight: "Submandibular_R"
        }
    }
}

extension Side {
    var opticNerve: Organ { self == .left ? .opticNerveLeft : .opticNerveRight }
    var parotid: Organ { self == .left ? .parotidLeft : .parotidRight }
    var submandibular: Organ { self == .left ? .submandibularLeft : .submandibularRight }
}
