/// Why a model file can't be read or written. Each case names the file, the tensor or field at
/// fault, what was expected and what was found.
public enum ModelFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file ends too early or goes on too long: bytes of the whole file.
    case wrongLength(file: String, part: String, expected: Int, got: Int)
    /// The header's length, the file's first 8 bytes, is impossible.
    case headerLength(file: String, got: UInt64, allowed: String)
    /// The header is not strict JSON; `offset` counts bytes from the start of the file.
    case headerSyntax(file: String, offset: Int, expected: String, got: String)
    /// A key appears twice in one object; the first or the last may have been meant.
    case duplicateKey(file: String, object: String, key: String)
    /// A field of the header, such as `conv1.weight.dtype`, has a value that is not allowed.
    case field(file: String, field: String, expected: String, got: String)
    /// A tensor's bytes don't begin where the bytes before them end.
    case layout(file: String, tensor: String, expectedStart: Int, gotStart: Int)
    /// Shape, type and byte count of a tensor disagree.
    case byteCount(
        file: String, tensor: String, dtype: String, shape: [Int], expected: Int, got: Int)
    /// The product of the shape, or its size in bytes, doesn't fit in 64 bits.
    case sizeOverflow(file: String, tensor: String, dtype: String, shape: [Int])
    case missingTensor(file: String, tensor: String)
    case unexpectedTensor(file: String, tensor: String)
    case wrongType(file: String, tensor: String, expected: String, got: String)
    case wrongShape(file: String, tensor: String, expected: [Int], got: [Int])
    /// A weight is NaN or infinite; `index` counts elements in row-major order.
    case nonFinite(file: String, tensor: String, index: Int, value: String)
    /// The content isn't what was written: it has another digest than the file carries, or the
    /// digest was taken away.
    case altered(file: String, found: String)
    /// A figure that no measurement gives, such as an accuracy of 1.5.
    case impossibleMetric(file: String, metric: String, expected: String, got: Double)
    /// What was read back after writing is not what was written.
    case readBack(file: String)
    /// The name of a model file doesn't have the form that tells its configuration.
    case fileName(name: String, part: String, expected: String)

    public var description: String {
        switch self {
        case .wrongLength(let file, let part, let expected, let got):
            "\(file): \(part) needs the file to be \(expected) bytes long, it has \(got). "
                + (got < expected
                    ? "It is cut off; copy it again." : "There is data that belongs to no tensor.")
        case .headerLength(let file, let got, let allowed):
            "\(file): header length \(got), allowed is \(allowed). "
                + "This is not a safetensors file, or it is damaged."
        case .headerSyntax(let file, let offset, let expected, let got):
            "\(file): header, byte \(offset): expected \(expected), got \(got)"
        case .duplicateKey(let file, let object, let key):
            "\(file): \(object) has the key \"\(key)\" twice"
        case .field(let file, let field, let expected, let got):
            "\(file): \(field): expected \(expected), got \(got)"
        case .layout(let file, let tensor, let expectedStart, let gotStart):
            "\(file): \(tensor).data_offsets: starts at \(gotStart), expected \(expectedStart); "
                + (gotStart < expectedStart
                    ? "it overlaps the tensor before it" : "the bytes between belong to no tensor")
        case .byteCount(let file, let tensor, let dtype, let shape, let expected, let got):
            "\(file): \(tensor): \(dtype) of shape \(shape) takes \(expected) bytes, "
                + "its data has \(got)"
        case .sizeOverflow(let file, let tensor, let dtype, let shape):
            "\(file): \(tensor): \(dtype) of shape \(shape) is larger than any file"
        case .missingTensor(let file, let tensor):
            "\(file): \(tensor) is missing; model expects it. Was it saved by another model?"
        case .unexpectedTensor(let file, let tensor):
            "\(file): \(tensor) is in the checkpoint, model has no such tensor"
        case .wrongType(let file, let tensor, let expected, let got):
            "\(file): \(tensor): checkpoint has \(got), model expects \(expected)"
        case .wrongShape(let file, let tensor, let expected, let got):
            "\(file): \(tensor): checkpoint has \(got), model expects \(expected). "
                + "Use the configuration that it was trained with, or train again."
        case .nonFinite(let file, let tensor, let index, let value):
            "\(file): \(tensor)[\(index)] is \(value); weights must be finite. "
                + "The training diverged or the file is damaged; use another checkpoint."
        case .altered(let file, let found):
            "\(file): was altered or damaged after it was written: \(found). "
                + "Copy it again from where it was made, or make it again."
        case .impossibleMetric(let file, let metric, let expected, let got):
            "\(file): __metadata__.metrics.\(metric): expected \(expected), got \(got). "
                + "`tessera evaluate` measures what the model does."
        case .readBack(let file):
            "\(file): what was read back differs from what was written; the disk is not to be trusted"
        case .fileName(let name, let part, let expected):
            "\(name): \(part): expected \(expected)"
        }
    }
}
