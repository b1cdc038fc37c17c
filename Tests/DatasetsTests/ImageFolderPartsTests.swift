import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// `--dataset images:FOLDER` with parts inside.
@Suite struct ImageFolderPartsTests {
    private static func write(_ paths: [String], in folder: URL) throws {
        for (index, path) in paths.enumerated() {
            try OwnFolderTests.writePNG(index, to: "\(path)/\(index).png", in: folder)
        }
    }

    /// As Keras, torchvision, fastai, Roboflow, Hugging Face and Kaggle's sets have them.
    @Test(arguments: [
        ("train", "val", "test"), ("train", "validation", "test"), ("train", "valid", "test"),
        ("training", "dev", "testing"), ("Train", "Val", "Test"), ("TRAIN", "VALID", "EVAL"),
        ("Training Data", "Validation Data", "Testing Data"),
        ("training_set", "validation_set", "test_set"), ("trn", "val", "tst"),
        ("train_images", "val-images", "evaluation"), ("trainset", "valset", "testset"),
    ])
    func partsAreRecognised(_ train: String, _ validation: String, _ test: String) throws {
        try withTemporaryFolder { folder in
            try Self.write(
                [
                    "\(train)/0", "\(train)/1", "\(train)/1", "\(validation)/0",
                    "\(validation)/1", "\(test)/1",
                ], in: folder)
            let got = try OwnFolderTests.load(.images(folder))
            try #require(got.train.classNames == ["0", "1"], "\(got.train.classNames)")
            #expect(got.train.labels == [0, 1, 1])
            #expect(got.validation?.labels == [0, 1])
            #expect(got.test?.labels == [1])
        }
    }

    @Test func partsThatAreNotThereAreNone() throws {
        try withTemporaryFolder { folder in
            try Self.write(["Train/0", "Train/1", "valid/1"], in: folder)
            let got = try OwnFolderTests.load(.images(folder))
            #expect(got.train.count == 2 && got.validation?.count == 1 && got.test == nil)
        }
    }

    /// What is neither: each is told, and nothing is read.
    @Test(arguments: [
        (
            ["train", "val", "test"],
            "test, train, val look like parts of a data set, but train holds no class folders"
        ),
        (
            ["train/0", "train/1", "val"],
            "train, val look like parts of a data set, but val holds no class folders"
        ),
        (
            ["val/0", "test/0", "val/1"],
            "test, val look like parts of a data set, but none is for training"
        ),
        (
            ["train/0", "train/1", "0", "1"],
            "train looks like a part of a data set, 0, 1 don't"
        ),
        (["0", "1", "test"], "test looks like a part of a data set, 0, 1 don't"),
        (
            ["train/0", "train/1", "training/0", "training/1"],
            "train, training would both be the training part"
        ),
        (
            ["train/train/0", "train/test/0", "test/train/0"],
            "test, train look like parts of a data set within a part"
        ),
        (
            ["0/train", "0/val", "1/train", "1/val"],
            "train, val look like parts of a data set within a class"
        ),
    ])
    func whatLooksLikePartsAndIsNoneIsToldSo(_ paths: [String], _ reason: String) throws {
        try withTemporaryFolder { folder in
            try Self.write(paths, in: folder)
            let text = message(folder) { try OwnFolderTests.load(.images(folder)) }
            #expect(text.hasPrefix("DIR"), "\(text)")
            #expect(text.contains(": \(reason)"), "\(text)")
        }
    }

    @Test func aValidationPartHasNoClassesOfItsOwn() throws {
        try withTemporaryFolder { folder in
            try Self.write(["train/0", "train/1", "val/2"], in: folder)
            #expect(
                message(folder) { try OwnFolderTests.load(.images(folder)) }
                    .hasPrefix("DIR/val: classes that train hasn't got: 2"))
        }
    }
}
