import DurableFiles
import Foundation

/// The 5,000 digits of MNIST's training set that ship with the package.
enum MNISTSample {
    static let imagesName = "sample-images-idx3-ubyte"
    static let labelsName = "sample-labels-idx1-ubyte"
    static let imagesDigest = "d880cf6cc71c80335012c59deb78e95e7b2c1d8aa8b78312f62bb489ae9ffb96"
    static let labelsDigest = "e18e6fe44bbeb980f85a745210a0a269a8bb7b98201e0f223576115fd7d5dc6c"

    static let notice = SourceNotice(
        source: "sample",
        reason: "using the 5,000 digits of MNIST that ship with tessera, not the whole set of "
            + "70,000; there is no test set. Metrics from it are not comparable with MNIST's. "
            + "For the whole set give --data-dir FOLDER, or connect to the internet")

    /// - Parameter folders: places to look in, in order.
    static func load(limits: DatasetLimits, folders: [URL] = searchFolders()) throws -> Dataset {
        guard let folder = folders.first(where: { isThere($0) }) else {
            throw DatasetError.sampleMissing(searched: folders.map(\.path))
        }
        let pair = IDXPair(
            images: folder.appendingPathComponent(imagesName + ".gz"),
            labels: folder.appendingPathComponent(labelsName + ".gz"))
        let content = try pair.read(classNames: ClassNames.digits, limits: limits)
        try check(content.imageDigest, imagesDigest, pair.images)
        try check(content.labelDigest, labelsDigest, pair.labels)
        return Dataset(
            name: DatasetKind.mnist.word, source: "sample that ships with tessera (\(folder.path))",
            train: content.set,
            digests: [imagesName: content.imageDigest, labelsName: content.labelDigest],
            notices: [notice], isSample: true)
    }

    /// Beside the program, however it was started; under `share` or `lib` of the prefix that it was
    /// installed to.
    ///
    /// The accessor that SwiftPM generates (`Bundle.module`) is not used: it ends the process when
    /// the resources are missing, and doesn't follow a link to the program.
    static func searchFolders() -> [URL] {
        let started = Bundle.main.bundleURL
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let prefix = program.deletingLastPathComponent()
        let parents = [
            started, program, prefix.appendingPathComponent("share/tessera"),
            prefix.appendingPathComponent("lib/tessera"),
        ]
        var folders: [URL] = []
        for parent in parents {
            let folder = parent.appendingPathComponent("tessera_Datasets.resources/mnist-sample")
            if !folders.contains(where: { $0.path == folder.path }) { folders.append(folder) }
        }
        return folders
    }

    private static func isThere(_ folder: URL) -> Bool {
        FileManager.default.fileExists(
            atPath: folder.appendingPathComponent(imagesName + ".gz").path)
    }

    private static func check(_ got: String, _ expected: String, _ file: URL) throws {
        guard got == expected else {
            throw DatasetError.wrongDigest(
                file: file.path, got: got, expected: expected,
                hint: "The file that ships with tessera was changed; install it again")
        }
    }
}
