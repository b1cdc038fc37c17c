import Datasets
import Foundation
import TestSupport

/// A folder with a small train and test set of real digits under MNIST's file names, cut from the
/// sample that ships with the package.
struct DigitFolder {
    let url: URL

    /// The argument of `--dataset`.
    var dataset: String { "idx:\(url.path)" }

    init(in folder: URL, trainCount: Int = 600, testCount: Int = 100) throws {
        url = folder.appendingPathComponent("digits")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let sample = try DatasetLoader(
            cache: folder.appendingPathComponent("empty-cache"), mirrors: []
        ).load(.mnist).train
        // The sample is sorted by class: take every k-th.
        let order = (0..<sample.count).sorted { ($0 % 500, $0) < ($1 % 500, $1) }
        try Self.write(sample.subset(Array(order[..<trainCount])), "train", to: url)
        try Self.write(
            sample.subset(Array(order[trainCount..<trainCount + testCount])), "t10k", to: url)
    }

    /// Writes a part of a set under MNIST's file names.
    static func write(_ set: ImageSet, _ prefix: String, to url: URL) throws {
        let images = IDXFile(dimensions: [set.count, set.height, set.width], elements: set.pixels)
        let labels = IDXFile(dimensions: [set.count], elements: set.labels)
        try Data(images.encoded()).write(
            to: url.appendingPathComponent("\(prefix)-images-idx3-ubyte"))
        try Data(labels.encoded()).write(
            to: url.appendingPathComponent("\(prefix)-labels-idx1-ubyte"))
    }
}

/// Flags of a network that learns a little in a second of a debug build.
let quickFlags = [
    "--conv1-channels", "4", "--conv2-channels", "6", "--conv3-channels", "8", "--hidden-size",
    "16", "--epochs", "3", "--learning-rate", "0.01", "--ema-decay", "0.5", "--threads", "2",
]
