/// Takes an IDX file in pieces; refuses as soon as the bytes contradict what is expected.
///
/// No memory is taken for what a header merely claims: the array grows with the bytes that come.
struct IDXParser {
    let name: String
    let content: IDXFile.Content
    let limits: DatasetLimits
    private var header: [UInt8] = []
    private var dimensions: [Int] = []
    private(set) var elements: [UInt8] = []
    private var elementCount = 0
    private var expectedElements = 0
    private let keepsElements: Bool
    /// Called with the dimensions as soon as they are known.
    private let checkDimensions: ([Int]) throws -> Void

    /// - Parameter keepsElements: false to check the file only.
    /// - Parameter checkDimensions: throws to refuse the file for what its header says.
    init(
        name: String, content: IDXFile.Content, limits: DatasetLimits, keepsElements: Bool = true,
        checkDimensions: @escaping ([Int]) throws -> Void = { _ in }
    ) {
        self.name = name
        self.content = content
        self.limits = limits
        self.keepsElements = keepsElements
        self.checkDimensions = checkDimensions
    }

    var hasHeader: Bool { header.count == headerLength }

    private var headerLength: Int { 4 + 4 * content.rank }
    private var expectedLength: Int { headerLength + expectedElements }

    mutating func consume(_ piece: [UInt8]) throws {
        var rest = piece[...]
        if header.count < headerLength {
            let taken = rest.prefix(headerLength - header.count)
            header += taken
            rest = rest.dropFirst(taken.count)
            if header.count >= 4 { try checkMagicNumber() }
            guard header.count == headerLength else { return }
            try readDimensions()
        }
        elementCount += rest.count
        guard elementCount <= expectedElements else {
            throw DatasetError.trailingBytes(
                file: name, offset: expectedLength, dimensions: dimensions)
        }
        if keepsElements { elements += rest }
    }

    func finish() throws -> IDXFile {
        IDXFile(dimensions: try finishedDimensions(), elements: elements)
    }

    /// - Throws: `DatasetError.truncated` unless all of the header came.
    func headerDimensions() throws -> [Int] {
        guard hasHeader else {
            throw DatasetError.truncated(
                file: name, length: header.count, expected: headerLength, dimensions: [])
        }
        return dimensions
    }

    /// - Throws: `DatasetError.truncated` unless all of the file came.
    func finishedDimensions() throws -> [Int] {
        _ = try headerDimensions()
        guard elementCount == expectedElements else {
            throw DatasetError.truncated(
                file: name, length: headerLength + elementCount, expected: expectedLength,
                dimensions: dimensions)
        }
        return dimensions
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
        guard dimensions[0] <= limits.imageCount else {
            throw DatasetError.imageCount(
                file: name, got: dimensions[0], limit: limits.imageCount)
        }
        try checkDimensions(dimensions)
        if keepsElements { elements.reserveCapacity(min(product, 1 << 20)) }
    }
}
