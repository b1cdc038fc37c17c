import TestSupport
import Testing

@testable import Datasets

@Suite struct ClosingTests {
    /// Against every window's extremes, one by one.
    @Test(arguments: [(1, 1, 1), (5, 3, 1), (17, 9, 2), (16, 16, 3), (33, 40, 7), (8, 50, 30)])
    func closingIsTheLeastOfTheGreatest(width: Int, height: Int, radius: Int) {
        var random = SeededGenerator(seed: UInt64(width * 100 + radius))
        let values = (0..<width * height).map { _ in
            Int16.random(in: -4_080...4_080, using: &random)
        }
        func window(_ values: [Int16], _ pick: ([Int16]) -> Int16) -> [Int16] {
            (0..<width * height).map { place in
                let (x, y) = (place % width, place / width)
                return pick(
                    (max(0, y - radius)...min(height - 1, y + radius)).flatMap { row in
                        (max(0, x - radius)...min(width - 1, x + radius)).map {
                            values[row * width + $0]
                        }
                    })
            }
        }
        let expected = window(window(values) { $0.max()! }) { $0.min()! }
        #expect(
            Closing.closed(values, width: width, height: height, radius: radius) == expected,
            "seed \(width * 100 + radius)")
    }
}
