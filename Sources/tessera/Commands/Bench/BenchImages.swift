import Datasets
import DurableFiles
import Foundation
import Kernels
import Training

/// The images that a measurement works on: MNIST's training images from a folder, or random bytes.
struct BenchImages {
    let pixels: [UInt8]
    let labels: [Int]
    let height: Int
    let width: Int
    /// `mnist` or `random`.
    let kind: String

    var count: Int { labels.count }

    /// - Throws: what the loader throws for a folder without readable images, and
    ///   `BenchError.batchTooLarge` for one with fewer than a batch.
    init(_ options: BenchOptions, randomCount: Int) throws {
        if let folder = options.dataDir {
            // A folder that is named is read in place; nothing comes into the cache.
            let loader = DatasetLoader(cache: FileManager.default.temporaryDirectory)
            let set = try loader.load(.idx(FilePath.url(folder))).train
            guard set.count >= options.batch else {
                throw BenchError.batchTooLarge(batch: options.batch, imageCount: set.count)
            }
            self.init(
                pixels: set.pixels, labels: set.labels.map(Int.init), height: set.height,
                width: set.width, kind: "mnist")
        } else {
            let count = max(randomCount, options.batch)
            self.init(
                pixels: BenchImages.randomBytes(count * 28 * 28, stream: 0),
                labels: BenchImages.randomBytes(count, stream: 1).map { Int($0) % 10 },
                height: 28, width: 28, kind: "random")
        }
    }

    private init(pixels: [UInt8], labels: [Int], height: Int, width: Int, kind: String) {
        self.pixels = pixels
        self.labels = labels
        self.height = height
        self.width = width
        self.kind = kind
    }

    /// As many of them as fill whole batches.
    func samples(batch: Int) -> ImageSamples {
        ImageSamples(
            pixels: pixels, labels: labels, height: height, width: width,
            indices: Array(0..<count / batch * batch), normalization: .mnist)
    }

    /// The bytes of up to `limit` images in whole batches; at least one.
    func batches(of size: Int, limit: Int) -> [[UInt8]] {
        let bytes = size * height * width
        return (0..<max(1, min(limit, count) / size)).map {
            Array(pixels[$0 * bytes..<($0 + 1) * bytes])
        }
    }

    private static func randomBytes(_ count: Int, stream: UInt32) -> [UInt8] {
        let random = Philox(key: 42)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 15)
        var counter: UInt32 = 0
        while bytes.count < count {
            let words = random.words(SIMD4(counter, stream, 0, 0))
            for place in 0..<4 {
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: words[place] >> shift))
                }
            }
            counter += 1
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
