import ArgumentParser

/// Names of classes in the order of their labels, written "background,BrainStem,Chiasm".
struct NameList: ExpressibleByArgument, Equatable {
    /// What may be written, for help and for messages.
    static let form = "names with commas between them, none of them empty, as in background,BrainStem,Chiasm"

    let names: [String]

    init?(argument: String) {
        names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ $0.contains { !$0.isWhitespace } }) else { return nil }
    }
}
