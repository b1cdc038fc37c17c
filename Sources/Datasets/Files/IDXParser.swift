/// Takes an IDX file in pieces; refuses as soon as the bytes contradict what is expected.
///
/// No memory is taken for what a header merely claims: the array grows with the bytes that come.
struct IDXParser {
    let name: String
    let content: IDXFile.Content
    let limits: DatasetLimits
    private var header: [UInt8] = []
    private var dimensions: [Int] = []
    private var elements: [UInt8] = []
    private var expectedElements = 0

    init(name: String, content: IDXFile.Content, limits: DatasetLimits) {
        self.name = name
        self.content = content
        self.limits = limits
    }

    private var headerLength: Int { 4 + 4 * content.rank }
    private var expectedLength: Int { headerLength + expectedElements }

    mutating func consume(_ piece: ArraySlice<UInt8>) throws {
        var rest = piece
        if header.count < headerLength {
            let taken = rest.prefix(headerLength - header.count)
            header += taken
            rest = rest.dropFirst(taken.count)
            if header.count >= 4 { try checkMagicNumber() }
            guard header.count == headerLength else { return }
            try readDimensions()
        }
        guard elements.count + rest.count <= expectedElements else {
            throw DatasetError.trailingBytes(
                file: name, offset: expectedLength, dimensions: dimensions)
        }
        elements += rest
    }

    func finish() throws -> IDXFile {
        guard header.count == headerLength else {
            throw DatasetError.truncated(
                file: name, length: header.count, expected: headerLength, dimensions: [])
        }
        guard elements.count == expectedElements else {
            throw DatasetError.truncated(
                file: name, length: headerLength + elements.count, expected: expectedLength,
                dimensions: dimensions)
        }
        return IDXFile(dimensions: dimensions, elements: elements)
    }

    // MARK: - Header

    private func bigEndian(at offset: Int) -> UInt32 {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func checkMagicNumber() throws {
        let got = bigEndian(at: 0)
        guard got == content.magicNumber else {
            throw DatasetError.magicNumber(file: name, got: got, expected: content.magicNumber)
        }
    }

    private mutating func readDimensions() throws {
        dimensions = (0..<content.rank).map { Int(bigEndian(at: 4 + 4 * $0)) }
        for (axis, size) in dimensions.enumerated() {
            guard size > 0 else {
                throw DatasetError.emptyDimension(file: name, offset: 4 + 4 * axis, axis: axis)
            }
            guard axis == 0 || size <= limits.imageSide else {
                throw DatasetError.dimension(
                    file: name, offset: 4 + 4 * axis, got: size, limit: limits.imageSide)
            }
        }
        var product = 1
        for size in dimensions {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow, next <= limits.contentBytes - headerLength else {
                throw DatasetError.dimensionOverflow(
                    file: name, dimensions: dimensions, limit: limits.contentBytes)
            }
            product = next
        }
        expectedElements = product
        elements.reserveCapacity(min(product, 1 << 20))
    }
}
