/// The JSON header of a safetensors container: metadata and where each tensor lies.
struct WeightFileHeader {
    /// In the order of the file.
    let metadata: [(key: String, value: String)]
    /// In the order of the header.
    let tensors: [WeightTensor]
    /// Index into `tensors` by name.
    let tensorIndex: [String: Int]

    /// - Parameters:
    ///   - text: the header's bytes.
    ///   - dataSize: bytes of the data section, which the tensors must cover exactly.
    /// - Throws: `.container`, `.tensor` for an element type that is not supported, `.outOfMemory`.
    init(text: UnsafeBufferPointer<UInt8>, dataSize: Int) throws(AnatomyNetError) {
        let reader = HeaderReader()
        try readJSON(text, subject: "the header", kind: .container) { (event) throws(AnatomyNetError) in
            try reader.receive(event)
        }
        metadata = reader.metadata
        tensors = reader.tensors
        tensorIndex = reader.tensorIndex
        try Self.verifyCoverage(of: tensors, dataSize: dataSize)
    }

    /// The tensors must lie side by side: no gap, no overlap, nothing before or after.
    private static func verifyCoverage(
        of tensors: [WeightTensor], dataSize: Int
    ) throws(AnatomyNetError) {
        let ordered = tensors.indices.sorted { tensors[$0].range.lowerBound < tensors[$1].range.lowerBound }
        var end = 0
        var previous: String?
        for index in ordered {
            let tensor = tensors[index]
            let begin = tensor.range.lowerBound
            if begin < end {
                throw AnatomyNetError(
                    .container,
                    "tensors \(quoted(previous ?? "")) and \(quoted(tensor.name)) overlap: the one ends at "
                        + "byte \(end) of the data, the other begins at \(begin)")
            }
            if begin > end {
                throw AnatomyNetError(
                    .container,
                    "bytes \(end)..<\(begin) of the data before tensor \(quoted(tensor.name)) belong to no tensor"
                )
            }
            end = tensor.range.upperBound
            guard end <= dataSize else {
                throw AnatomyNetError(
                    .container,
                    "the file seems to be cut short: tensor \(quoted(tensor.name)) ends at byte \(end) of the data, which "
                        + "has \(dataSize)")
            }
            previous = tensor.name
        }
        guard end == dataSize else {
            throw AnatomyNetError(
                .container, "bytes \(end)..<\(dataSize) of the data belong to no tensor")
        }
    }
}

/// Builds the header's tables from the events of its JSON text.
private final class HeaderReader {
    private(set) var metadata: [(key: String, value: String)] = []
    private(set) var tensors: [WeightTensor] = []
    private(set) var tensorIndex: [String: Int] = [:]

    private enum State {
        case beforeHeader, header, metadata, tensor, shape, offsets, afterHeader
    }

    private var state = State.beforeHeader
    private var key = ""
    private var metadataKeys: Set<String> = []
    private var hasMetadata = false
    private var name = ""
    private var type: ElementType?
    private var shape: [Int]?
    private var offsets: [Int]?

    init() {
        // Growing by doubling could pass 64 KB at the limits; these sizes do not.
        metadata.reserveCapacity(WeightFile.Limits.metadataEntries)
        tensors.reserveCapacity(WeightFile.Limits.tensors)
    }

    func receive(_ event: JSONEvent) throws(AnatomyNetError) {
        switch (state, event) {
        case (.beforeHeader, .beginObject): state = .header
        case (.header, .key(let key)): try beginEntry(key)
        case (.header, .beginObject): state = key == "__metadata__" ? .metadata : .tensor
        case (.header, .endObject): state = .afterHeader
        case (.metadata, .key(let key)): try beginMetadataEntry(key)
        case (.metadata, .string(let value)): metadata.append((key, value))
        case (.metadata, .endObject): state = .header
        case (.tensor, .key(let key)): try beginField(key)
        case (.tensor, .string(let text)) where key == "dtype": type = try elementType(text)
        case (.tensor, .beginArray) where key == "shape":
            shape = []
            state = .shape
        case (.tensor, .beginArray) where key == "data_offsets":
            offsets = []
            state = .offsets
        case (.shape, .number(let text)): try appendDimension(text)
        case (.offsets, .number(let text)): try appendOffset(text)
        case (.shape, .endArray), (.offsets, .endArray): state = .tensor
        case (.tensor, .endObject):
            try endTensor()
            state = .header
        default: throw unexpected(event)
        }
    }

    private func unexpected(_ event: JSONEvent) -> AnatomyNetError {
        switch state {
        case .beforeHeader, .afterHeader:
            AnatomyNetError(.container, "the header must be one JSON object, but holds \(event.name)")
        case .header:
            AnatomyNetError(
                .container, "\(quoted(key)) in the header must be an object, but is \(event.name)")
        case .metadata:
            AnatomyNetError(
                .container, "the metadata value of \(quoted(key)) must be a string, but is \(event.name)")
        case .tensor:
            AnatomyNetError(
                .container,
                "\(key) of tensor \(quoted(name)) must be \(key == "dtype" ? "a string" : "an array"), "
                    + "but is \(event.name)")
        case .shape, .offsets:
            AnatomyNetError(
                .container,
                "\(key) of tensor \(quoted(name)) must hold plain integers, but holds \(event.name)")
        }
    }

    private func beginEntry(_ key: String) throws(AnatomyNetError) {
        self.key = key
        if key == "__metadata__" {
            guard !hasMetadata else {
                throw AnatomyNetError(.container, "the header has '__metadata__' twice")
            }
            hasMetadata = true
            return
        }
        guard !key.isEmpty else {
            throw AnatomyNetError(.container, "the header has a tensor with an empty name")
        }
        guard tensorIndex[key] == nil else {
            throw AnatomyNetError(.container, "the header has tensor \(quoted(key)) twice")
        }
        guard tensors.count < WeightFile.Limits.tensors else {
            throw AnatomyNetError(
                .container,
                "the header has more than \(WeightFile.Limits.tensors) tensors; the first beyond is \(quoted(key))"
            )
        }
        name = key
        (type, shape, offsets) = (nil, nil, nil)
    }

    private func beginMetadataEntry(_ key: String) throws(AnatomyNetError) {
        guard metadataKeys.insert(key).inserted else {
            throw AnatomyNetError(.container, "the metadata has the key \(quoted(key)) twice")
        }
        guard metadata.count < WeightFile.Limits.metadataEntries else {
            throw AnatomyNetError(
                .container,
                "the metadata has more than \(WeightFile.Limits.metadataEntries) entries; the first beyond is "
                    + quoted(key))
        }
        self.key = key
    }

    private func beginField(_ key: String) throws(AnatomyNetError) {
        let isRepeated: Bool
        switch key {
        case "dtype": isRepeated = type != nil
        case "shape": isRepeated = shape != nil
        case "data_offsets": isRepeated = offsets != nil
        default:
            throw AnatomyNetError(
                .container,
                "tensor \(quoted(name)) has the unknown field \(quoted(key)); allowed are dtype, shape and "
                    + "data_offsets")
        }
        guard !isRepeated else {
            throw AnatomyNetError(.container, "tensor \(quoted(name)) has \(key) twice")
        }
        self.key = key
    }

    private func elementType(_ text: String) throws(AnatomyNetError) -> ElementType {
        guard let type = ElementType(rawValue: text) else {
            throw AnatomyNetError(
                .tensor,
                "tensor \(quoted(name)) has dtype \(quoted(text)); allowed are F32, F16 and BF16, and I64 for "
                    + "num_batches_tracked")
        }
        return type
    }

    private func appendDimension(_ text: String) throws(AnatomyNetError) {
        guard let dimension = exactInteger(text), dimension > 0 else {
            throw AnatomyNetError(
                .container,
                "shape of tensor \(quoted(name)) holds \(text); allowed are integers from 1 to 2^53, plainly "
                    + "written")
        }
        guard let count = shape?.count, count < WeightFile.Limits.rank else {
            throw AnatomyNetError(
                .container,
                "shape of tensor \(quoted(name)) has more than \(WeightFile.Limits.rank) dimensions")
        }
        shape?.append(dimension)
    }

    private func appendOffset(_ text: String) throws(AnatomyNetError) {
        guard let offset = exactInteger(text) else {
            throw AnatomyNetError(
                .container,
                "data_offsets of tensor \(quoted(name)) holds \(text); allowed are integers from 0 to 2^53, "
                    + "plainly written")
        }
        guard let count = offsets?.count, count < 2 else {
            throw AnatomyNetError(
                .container, "data_offsets of tensor \(quoted(name)) has more than two numbers")
        }
        offsets?.append(offset)
    }

    private func endTensor() throws(AnatomyNetError) {
        guard let type, let shape, let offsets else {
            let missing = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
            throw AnatomyNetError(.container, "tensor \(quoted(name)) has no \(missing)")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw AnatomyNetError(
                .container,
                "data_offsets of tensor \(quoted(name)) is \(offsets); it must be its begin and its end")
        }
        var elementCount = 1
        var size = type.size
        for dimension in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard !overflow else {
                throw AnatomyNetError(
                    .container, "the size of tensor \(quoted(name)) with shape \(shape) overflows")
            }
            size = product
            elementCount &*= dimension
        }
        guard size == offsets[1] - offsets[0] else {
            throw AnatomyNetError(
                .container,
                "tensor \(quoted(name)) has \(offsets[1] - offsets[0]) bytes of data; its dtype \(type.rawValue) "
                    + "and shape \(shape) need \(size)")
        }
        tensorIndex[name] = tensors.count
        tensors.append(
            WeightTensor(
                name: name, type: type, shape: shape, range: offsets[0]..<offsets[1],
                elementCount: elementCount))
    }
}

/// The value of decimal digits alone, up to 2^53, the last integer that every JSON reader gets right.
private func exactInteger(_ text: String) -> Int? {
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let value = Int(text),
        value <= 1 << 53
    else { return nil }
    return value
}
