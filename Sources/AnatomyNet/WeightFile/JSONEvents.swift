import CYajl

/// What a JSON text consists of, in the order of the text.
enum JSONEvent {
    case beginObject, endObject, beginArray, endArray
    case key(String)
    case string(String)
    /// The number as it is written, at most `JSONLimits.number` bytes.
    case number(String)
    case boolean(Bool)
    case null

    /// The event in words, for messages.
    var name: String {
        switch self {
        case .beginObject, .endObject: "an object"
        case .beginArray, .endArray: "an array"
        case .key(let text): "the key \(quoted(text))"
        case .string(let text): "the string \(quoted(text))"
        case .number(let text): "the number \(text)"
        case .boolean(let value): value ? "true" : "false"
        case .null: "null"
        }
    }
}

/// Largest tokens accepted, in bytes: no Swift string made of one comes near 64 KB, above which a
/// failed allocation must be survivable.
enum JSONLimits {
    static let key = 256
    static let string = 32768
    static let number = 64
    static let depth = 4
}

/// Reads JSON (RFC 8259) with yajl and hands it over event by event; builds no tree.
///
/// Stricter than yajl: strings must be valid UTF-8 without NUL, `\u` surrogates must come in pairs,
/// and nesting, keys, strings and numbers are bounded by `JSONLimits`.
///
/// - Parameters:
///   - text: the bytes of the JSON text.
///   - subject: what the text is, as the beginning of a message: "the header".
///   - kind: the kind of the errors thrown here.
///   - handler: receives the events; what it throws ends the reading and is rethrown.
func readJSON(
    _ text: UnsafeBufferPointer<UInt8>, subject: String, kind: AnatomyNetError.Kind,
    handler: (JSONEvent) throws(AnatomyNetError) -> Void
) throws(AnatomyNetError) {
    if let offset = unpairedSurrogate(in: text) {
        throw AnatomyNetError(kind, "\(subject) has an unpaired surrogate escape at byte \(offset)")
    }
    let arena = try YajlArena(textLength: text.count)
    let failure = withoutActuallyEscaping(handler) { handler in
        parse(text, context: JSONContext(subject: subject, kind: kind, handler: handler), arena: arena)
    }
    if let failure { throw failure }
}

private func parse(
    _ text: UnsafeBufferPointer<UInt8>, context: JSONContext, arena: YajlArena
) -> AnatomyNetError? {
    var allocation = arena.functions
    return withExtendedLifetime((context, arena)) {
        withUnsafePointer(to: callbacks) { callbacks in
            let handle = yajl_alloc(
                callbacks, &allocation, Unmanaged.passUnretained(context).toOpaque())
            defer { yajl_free(handle) }
            // One piece: yajl copies only the token that the end of a piece cuts.
            var status = yajl_parse(handle, text.baseAddress, text.count)
            let consumed = yajl_get_bytes_consumed(handle)
            if status == yajl_status_ok { status = yajl_complete_parse(handle) }
            if let error = context.error { return error }
            if status == yajl_status_ok { return nil }
            let reason = yajl_get_error(handle, 0, nil, 0)
            defer { yajl_free_error(handle, reason) }
            let words = reason.map { String(cString: $0).split(separator: "\n").first ?? "" } ?? ""
            return AnatomyNetError(
                context.kind, "\(context.subject) is not valid JSON near byte \(consumed): \(words)")
        }
    }
}

/// The offset of the first `\uD800`-`\uDFFF` escape without its other half.
///
/// yajl turns such an escape into "?" and drops the character after it, so that different texts
/// would read the same.
private func unpairedSurrogate(in text: UnsafeBufferPointer<UInt8>) -> Int? {
    func escapedUnit(at offset: Int) -> UInt32? {
        guard offset + 6 <= text.count, text[offset] == UInt8(ascii: "\\"),
            text[offset + 1] == UInt8(ascii: "u")
        else { return nil }
        return text[offset + 2..<offset + 6].reduce(UInt32?(0)) { value, digit in
            guard let value, let digit = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            return value << 4 | UInt32(digit)
        }
    }
    var offset = 0
    while offset < text.count {
        guard text[offset] == UInt8(ascii: "\\") else {
            offset += 1
            continue
        }
        switch escapedUnit(at: offset) {
        case .some(0xD800...0xDBFF):
            guard let second = escapedUnit(at: offset + 6), 0xDC00...0xDFFF ~= second else { return offset }
            offset += 12
        case .some(0xDC00...0xDFFF): return offset
        case .some: offset += 6
        case .none: offset += 2
        }
    }
    return nil
}

/// What the callbacks share while one text is read.
private final class JSONContext {
    let subject: String
    let kind: AnatomyNetError.Kind
    let handler: (JSONEvent) throws(AnatomyNetError) -> Void
    var error: AnatomyNetError?
    var depth = 0

    init(
        subject: String, kind: AnatomyNetError.Kind,
        handler: @escaping (JSONEvent) throws(AnatomyNetError) -> Void
    ) {
        self.subject = subject
        self.kind = kind
        self.handler = handler
    }

    /// Runs `body`; 1 tells yajl to go on, 0 to stop.
    func deliver(_ event: () throws(AnatomyNetError) -> JSONEvent) -> CInt {
        do throws(AnatomyNetError) {
            try handler(try event())
            return 1
        } catch {
            self.error = error
            return 0
        }
    }

    func nest(_ event: JSONEvent) throws(AnatomyNetError) -> JSONEvent {
        depth += 1
        guard depth <= JSONLimits.depth else {
            throw AnatomyNetError(kind, "\(subject) nests deeper than \(JSONLimits.depth) levels")
        }
        return event
    }

    func text(
        _ bytes: UnsafePointer<UInt8>?, _ count: Int, _ what: String, limit: Int
    ) throws(AnatomyNetError) -> String {
        let bytes = UnsafeBufferPointer(start: bytes, count: count)
        guard count <= limit else {
            throw AnatomyNetError(
                kind, "\(subject) has \(what) of \(count) bytes; at most \(limit) are allowed")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AnatomyNetError(
                kind,
                "\(subject) has \(what) that is not valid UTF-8: \(quoted(String(decoding: bytes, as: UTF8.self)))"
            )
        }
        guard !bytes.contains(0) else {
            throw AnatomyNetError(kind, "\(subject) has \(what) with an embedded NUL: \(quoted(text))")
        }
        return text
    }
}

private func context(_ pointer: UnsafeMutableRawPointer?) -> JSONContext {
    Unmanaged<JSONContext>.fromOpaque(pointer!).takeUnretainedValue()
}

// yajl_number takes precedence over yajl_integer and yajl_double: numbers stay text, so that no
// fraction or exponent passes for an integer.
private let callbacks = yajl_callbacks(
    yajl_null: { context($0).deliver { .null } },
    yajl_boolean: { pointer, value in context(pointer).deliver { .boolean(value != 0) } },
    yajl_integer: nil,
    yajl_double: nil,
    yajl_number: { pointer, bytes, count in
        let context = context(pointer)
        return context.deliver { () throws(AnatomyNetError) in
            let bytes = UnsafeRawPointer(bytes)?.assumingMemoryBound(to: UInt8.self)
            return .number(try context.text(bytes, count, "a number", limit: JSONLimits.number))
        }
    },
    yajl_string: { pointer, bytes, count in
        let context = context(pointer)
        return context.deliver { () throws(AnatomyNetError) in
            .string(try context.text(bytes, count, "a string", limit: JSONLimits.string))
        }
    },
    yajl_start_map: { pointer in
        let context = context(pointer)
        return context.deliver { () throws(AnatomyNetError) in try context.nest(.beginObject) }
    },
    yajl_map_key: { pointer, bytes, count in
        let context = context(pointer)
        return context.deliver { () throws(AnatomyNetError) in
            .key(try context.text(bytes, count, "a key", limit: JSONLimits.key))
        }
    },
    yajl_end_map: { pointer in
        let context = context(pointer)
        context.depth -= 1
        return context.deliver { .endObject }
    },
    yajl_start_array: { pointer in
        let context = context(pointer)
        return context.deliver { () throws(AnatomyNetError) in try context.nest(.beginArray) }
    },
    yajl_end_array: { pointer in
        let context = context(pointer)
        context.depth -= 1
        return context.deliver { .endArray }
    }
)

/// `text` in quotes for a message: shortened, control characters replaced.
func quoted(_ text: String) -> String {
    var result = "'"
    var count = 0
    for scalar in text.unicodeScalars {
        if count == 80 {
            result += "..."
            break
        }
        result.unicodeScalars.append(scalar.properties.generalCategory == .control ? "?" : scalar)
        count += 1
    }
    return result + "'"
}
