@testable import AnatomyNet

extension Model.InstructionSet {
    /// Those that can be tested here: a test takes them as its arguments, so that its output says which they were.
    static var ofThisMachine: [Self] { allCases.filter(\.isAvailable) }
}
