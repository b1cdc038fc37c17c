import Foundation

/// A data set that is published as four IDX files of known content.
public struct PublishedDataset: Sendable, Equatable {
    /// As given to `--dataset`; also the name of its folder in the cache.
    public let name: String
    public let classNames: [String]
    /// SHA-256 of the uncompressed content of each file.
    let digests: Files<String>
    /// Folders on the web that hold the four files, gzip-compressed; tried in order.
    public let mirrors: [URL]
    /// Where a system package puts the files.
    public let systemFolder: URL?

    /// One value for each of the four files.
    struct Files<Value: Sendable & Equatable>: Sendable, Equatable {
        let trainImages: Value
        let trainLabels: Value
        let testImages: Value
        let testLabels: Value

        var all: [Value] { [trainImages, trainLabels, testImages, testLabels] }

        func map<Other>(_ transform: (Value) throws -> Other) rethrows -> Files<Other> {
            try .init(
                trainImages: transform(trainImages), trainLabels: transform(trainLabels),
                testImages: transform(testImages), testLabels: transform(testLabels))
        }
    }

    /// The names under which IDX sets are published, without `.gz`.
    static let fileNames = Files(
        trainImages: "train-images-idx3-ubyte", trainLabels: "train-labels-idx1-ubyte",
        testImages: "t10k-images-idx3-ubyte", testLabels: "t10k-labels-idx1-ubyte")

    /// Handwritten digits: Y. LeCun, C. Cortes, C. Burges.
    ///
    /// The mirrors are those of torchvision and of the Common Visual Data Foundation.
    public static let mnist = PublishedDataset(
        name: DatasetKind.mnist.word, classNames: (0...9).map(String.init),
        digests: Files(
            trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        mirrors: [
            URL(string: "https://ossci-datasets.s3.amazonaws.com/mnist/")!,
            URL(string: "https://storage.googleapis.com/cvdf-datasets/mnist/")!,
        ],
        systemFolder: nil)

    /// Clothes in MNIST's form: H. Xiao, K. Rasul, R. Vollgraf (2017), Zalando Research.
    ///
    /// The digests are of the files in Debian's `dataset-fashion-mnist`; the mirrors are the
    /// authors' repository and the one that Keras downloads from.
    public static let fashionMNIST = PublishedDataset(
        name: DatasetKind.fashionMNIST.word,
        classNames: [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
            "Bag", "Ankle boot",
        ],
        digests: Files(
            trainImages: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            trainLabels: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            testImages: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            testLabels: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        mirrors: [
            URL(
                string: "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
                    + "master/data/fashion/")!,
            URL(string: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/")!,
        ],
        systemFolder: URL(fileURLWithPath: "/usr/share/datasets/fashion-mnist"))

    /// The published set and file that have this content.
    static func owner(ofDigest digest: String) -> (dataset: String, file: String)? {
        for dataset in [mnist, fashionMNIST] {
            for (known, file) in zip(dataset.digests.all, fileNames.all) where known == digest {
                return (dataset.name, file)
            }
        }
        return nil
    }
}
