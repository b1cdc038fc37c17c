/// Where the tiles of an image lie among those of each element.
public final class WinogradPlaces: @unchecked Sendable {
    /// Written once, at the start.
    let values: UnsafeMutablePointer<Int32>
    let count: Int
    let highest: Int
    /// Whether the last row of tiles, or column, lacks its last outputs, so that its elements at
    /// infinity are 0 and not stored.
    let shortRows: Bool
    let shortColumns: Bool

    fileprivate init(_ places: [Int], shortRows: Bool, shortColumns: Bool) {
        count = places.count
        highest = places.max() ?? 0
        values = .allocate(capacity: places.count)
        values.initialize(from: places.map(Int32.init), count: places.count)
        self.shortRows = shortRows
        self.shortColumns = shortColumns
    }

    deinit { values.deallocate() }
}

/// Equal products of a block's tiles: of some of its elements, with some of its tiles.
public struct WinogradProducts: Sendable, Equatable {
    public let firstElement: Int
    /// From each element to the next.
    public let elementStride: Int
    public let tileElementCount: Int
    public let tiles: Range<Int>
}

/// The order of the tiles of a block of images, by which no product is with zeros.
///
/// Where tiles reach beyond the image, the last row of their outputs isn't wanted, and the point at
/// infinity takes part in that row alone: of the elements `[n, n]` the last row is not needed, nor
/// is it in the backward pass, where gradients beyond the image are zero. The same holds for columns.
/// The order makes the tiles that a element needs neighbours:
///
///     short columns ┃ whole ┃ short rows ┃ both
///                   ┗━━ elements at infinity of columns: not the short columns
///     ┗━━━━━━━━━━━━━━━━━━━━━┛ elements at infinity of rows: not the short rows
public struct WinogradTiling: Sendable {
    /// By image of the block.
    public let places: [WinogradPlaces]
    public let products: [WinogradProducts]

    /// - Parameters:
    ///   - rows: tiles of an image from top to bottom, each `kernel.outputTile` high.
    ///   - height: rows of the outputs that are wanted.
    public init(
        _ kernel: WinogradKernel, rows: Int, columns: Int, height: Int, width: Int, images: Int
    ) {
        let tile = kernel.outputTile
        // A single row of tiles would leave no product at infinity, whose sum must be 0, not nothing.
        let shortRows = height < rows * tile && rows > 1
        let shortColumns = width < columns * tile && columns > 1
        var kinds = [[Int]](repeating: [], count: 4)
        for index in 0..<images * rows * columns {
            let (row, column) = (index / columns % rows, index % columns)
            let lacksRow = shortRows && row == rows - 1
            let lacksColumn = shortColumns && column == columns - 1
            kinds[lacksRow ? (lacksColumn ? 3 : 2) : (lacksColumn ? 0 : 1)].append(index)
        }
        var placeOfTile = [Int](repeating: 0, count: images * rows * columns)
        for (place, index) in kinds.joined().enumerated() { placeOfTile[index] = place }
        places = (0..<images).map { image in
            WinogradPlaces(
                Array(placeOfTile[image * rows * columns..<(image + 1) * rows * columns]),
                shortRows: shortRows, shortColumns: shortColumns)
        }
        let counts = kinds.map(\.count)
        products = WinogradTiling.products(
            kernel.inputTile, shortRows: shortRows, shortColumns: shortColumns,
            all: 0..<placeOfTile.count, withRow: 0..<counts[0] + counts[1],
            withColumn: counts[0]..<counts[0] + counts[1] + counts[2])
    }

    /// - Parameters:
    ///   - withRow: tiles that don't lack their last row.
    ///   - withColumn: tiles that don't lack their last column.
    private static func products(
        _ n: Int, shortRows: Bool, shortColumns: Bool, all: Range<Int>, withRow: Range<Int>,
        withColumn: Range<Int>
    ) -> [WinogradProducts] {
        let rows = shortRows ? n - 1 : n
        let columns = shortColumns ? n - 1 : n
        var found: [WinogradProducts] = []
        func add(_ first: Int, _ stride: Int, _ count: Int, _ tiles: Range<Int>) {
            found.append(
                WinogradProducts(
                    firstElement: first, elementStride: stride, tileElementCount: count,
                    tiles: tiles))
        }
        if shortColumns {
            for row in 0..<rows { add(row * n, 1, columns, all) }
            add(n - 1, n, rows, withColumn)
        } else {
            add(0, 1, rows * n, all)
        }
        if shortRows {
            add((n - 1) * n, 1, columns, withRow)
            if shortColumns { add(n * n - 1, 1, 1, withRow.clamped(to: withColumn)) }
        }
        return found
    }
}

extension WinogradTiling {
    /// Elements of all tiles that take part in products.
    public var tileElementCount: Int {
        products.reduce(0) { $0 + $1.tileElementCount * $1.tiles.count }
    }
}
