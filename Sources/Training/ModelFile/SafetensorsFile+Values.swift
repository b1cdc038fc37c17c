import Foundation

extension SafetensorsFile.Tensor {
    /// A tensor of 32-bit floats.
    ///
    /// - Precondition: `values.count` is the product of `shape`.
    public init(_ values: [Float], shape: [Int]) {
        self.init(.f32, shape, words: values.map(\.bitPattern))
    }

    /// A tensor of 64-bit floats.
    public init(_ values: [Double], shape: [Int]) {
        self.init(.f64, shape, words: values.map(\.bitPattern))
    }

    /// A tensor of 64-bit integers.
    public init(_ values: [Int64], shape: [Int]) {
        self.init(.i64, shape, words: values.map(UInt64.init(bitPattern:)))
    }

    /// The elements, or nil when they are not 32-bit floats.
    public var floats: [Float]? {
        dtype == .f32 ? words().map { Float(bitPattern: $0) } : nil
    }

    /// The elements, or nil when they are not 64-bit floats.
    public var doubles: [Double]? {
        dtype == .f64 ? words().map { Double(bitPattern: $0) } : nil
    }

    /// The elements, or nil when they are not signed 64-bit integers.
    public var int64s: [Int64]? {
        dtype == .i64 ? words().map { Int64(bitPattern: $0) } : nil
    }

    // MARK: - Little-endian words

    private init<Word: FixedWidthInteger>(
        _ dtype: SafetensorsFile.DType, _ shape: [Int], words: [Word]
    ) {
        let count = shape.reduce(1, *)
        precondition(words.count == count, "\(words.count) elements for shape \(shape)")
        var bytes = [UInt8]()
        bytes.reserveCapacity(words.count * MemoryLayout<Word>.size)
        for word in words { bytes.append(littleEndian: word) }
        self.init(dtype: dtype, shape: shape, data: Data(bytes))
    }

    private func words<Word: FixedWidthInteger>() -> [Word] {
        let bytes = [UInt8](data)
        let size = MemoryLayout<Word>.size
        return stride(from: 0, to: bytes.count - bytes.count % size, by: size).map { start in
            var word: Word = 0
            for place in 0..<size {
                word |= Word(truncatingIfNeeded: bytes[start + place]) << Word(8 * place)
            }
            return word
        }
    }
}

extension [UInt8] {
    mutating func append(littleEndian word: some FixedWidthInteger) {
        for place in 0..<(word.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: word >> (8 * place)))
        }
    }
}

extension SafetensorsFile {
    /// The weights of one tensor.
    ///
    /// - Parameter shape: what the model expects.
    /// - Throws: `ModelFileError` when the tensor is missing, of another type or shape, or holds a
    ///   value that is NaN or infinite.
    public func float32(named tensorName: String, shape: [Int]) throws -> [Float] {
        let values = try tensor(tensorName, .f32, shape).floats!
        try requireFinite(values, tensorName)
        return values
    }

    /// The integers of one tensor, such as a batch norm's `num_batches_tracked`.
    public func int64(named tensorName: String, shape: [Int]) throws -> [Int64] {
        try tensor(tensorName, .i64, shape).int64s!
    }

    private func tensor(_ tensorName: String, _ dtype: DType, _ shape: [Int]) throws -> Tensor {
        guard let tensor = tensors[tensorName] else {
            throw ModelFileError.missingTensor(file: name, tensor: tensorName)
        }
        guard tensor.dtype == dtype else {
            throw ModelFileError.wrongType(
                file: name, tensor: tensorName, expected: dtype.rawValue, got: tensor.dtype.rawValue
            )
        }
        guard tensor.shape == shape else {
            throw ModelFileError.wrongShape(
                file: name, tensor: tensorName, expected: shape, got: tensor.shape)
        }
        // A tensor put together in memory has not been through the parser.
        try check(tensor, tensorName)
        return tensor
    }

    private func requireFinite(_ values: [some BinaryFloatingPoint], _ tensorName: String) throws {
        guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw ModelFileError.nonFinite(
            file: name, tensor: tensorName, index: index, value: "\(values[index])")
    }
}
