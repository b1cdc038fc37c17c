import Datasets
import Foundation
import Testing
import Training

@testable import DigitPipeline

/// Which normalisation a data set gets, and what it does to what is stored.
@Suite struct NormalizationTests {
    @Test(arguments: [
        ("auto", NormalizationChoice.automatic), ("measured", .measured),
        ("0.1307/0.3081", .given(.mnist)),
        (
            "0.5, 0.25,0/1, 2,3e-1",
            .given(
                InputNormalization(mean: [0.5, 0.25, 0], standardDeviation: [1, 2, 0.3]))
        ),
    ])
    func isRead(text: String, choice: NormalizationChoice) {
        #expect(NormalizationChoice(text) == choice)
    }

    @Test(arguments: [
        "", "mnist", "0.5", "0.5/", "0.5/0", "0.5/-1", "0.5/nan", "inf/1", "0.5,0.5/1", "1/2/3",
        "0.5,/1,", "a/b",
    ])
    func isRefusedByName(text: String) {
        let setting = ConfigSetting(
            key: "normalization", value: .plain(text), origin: .flag(name: "--normalization"))
        let error = #expect(throws: RunConfigError.self) {
            try EffectiveConfig(settings: [setting])
        }
        #expect("\(error!)".hasPrefix("--normalization "), "\(error!)")
        #expect("\(error!)".contains("must be auto, measured, or means and"), "\(error!)")
    }

    // MARK: - Data

    private static func dataset(channels: Int) -> Dataset {
        let count = 20
        return Dataset(
            name: "own", source: "here",
            train: ImageSet(
                height: 1, width: 1, channels: channels,
                pixels: (0..<count * channels).map { UInt8($0 * 4) },
                labels: (0..<count).map { UInt8($0 % 2) }, classNames: ["a", "b"]),
            digests: [:])
    }

    private static func normalization(
        _ channels: Int, _ choice: String
    ) throws -> InputNormalization {
        var config = DataConfig()
        config.normalization = choice
        let prepared = PreparedData(
            dataset: dataset(channels: channels),
            split: try ProcessedData(dataset(channels: channels), config))
        #expect(prepared.training.normalization == prepared.validation.normalization)
        return prepared.training.normalization
    }

    @Test func oneChannelHasMNISTsUnlessAskedOtherwise() throws {
        #expect(try Self.normalization(1, "auto") == .mnist)
        #expect(try Self.normalization(1, "0.5/0.25").mean == [0.5])
        #expect(try Self.normalization(1, "measured") != .mnist)
    }

    /// Of the images that are trained on, not of those that are validated with.
    @Test func severalChannelsAreMeasuredOverTheTrainingPart() throws {
        let dataset = Self.dataset(channels: 3)
        let split = try ProcessedData(dataset, DataConfig())
        #expect(split.normalization.channels == 3)
        for channel in 0..<3 {
            let bytes = split.train.map { Double(dataset.train.pixels[$0 * 3 + channel]) / 255 }
            let mean = bytes.reduce(0, +) / Double(bytes.count)
            let variance = bytes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(bytes.count)
            #expect(abs(split.normalization.mean[channel] - mean) < 1e-12)
            #expect(
                abs(split.normalization.standardDeviation[channel] - variance.squareRoot())
                    < 1e-12)
        }
    }

    @Test func aNormalisationOfOtherImagesIsRefused() throws {
        let error = #expect(throws: PipelineError.self) {
            try Self.normalization(3, "0.1307/0.3081")
        }
        #expect(
            "\(error!)" == "normalization 0.1307/0.3081 is for images of 1 channel, those of own "
                + "have 3; give one mean and one standard deviation a channel, or measured")
    }

    // MARK: - Versions

    /// What was stored before there was the key is taken as long as it isn't set.
    @Test func theKeyCountsWhereItIsSet() throws {
        var config = RunConfig()
        #expect(
            config.values(affecting: [.preparation]) == [
                "split_seed": "42", "validation_fraction": "0.2",
            ])
        #expect(config.values(affecting: [.data]) == ["dataset": "mnist"])
        config.data.normalization = "measured"
        #expect(config.values(affecting: [.preparation])["normalization"] == "measured")
    }
}

/// The keys for colour pictures, and what they go with.
@Suite struct ColorConfigTests {
    private static func config(_ values: [(String, String)]) throws -> RunConfig {
        try EffectiveConfig(
            settings: values.map {
                ConfigSetting(key: $0.0, value: .plain($0.1), origin: .flag(name: "--" + $0.0))
            }
        ).config
    }

    @Test func theyDecideWhatAFolderIsReadAs() throws {
        let folder = ("dataset", "images:pictures")
        try #expect(Self.config([folder]).data.pictures == .digits(.automatic))
        try #expect(Self.config([folder, ("color", "rgb")]).data.pictures == .color(nil))
        let sized = try Self.config([folder, ("color", "rgb"), ("image_size", "24x32")])
        #expect(sized.data.pictures == .color(ImageSize(height: 24, width: 32)))
        #expect(
            sized.values(affecting: [.data])
                == ["dataset": "images:pictures", "color": "rgb", "image_size": "24x32"])
        try #expect(
            Self.config([folder]).values(affecting: [.data]) == ["dataset": "images:pictures"])
    }

    @Test(arguments: [
        ([("color", "rgb")], "--color rgb does not go with dataset mnist: must be color rgb with"),
        (
            [("dataset", "images:a"), ("image_size", "32")],
            "--image_size 32 does not go with color grey: must be an image_size with color rgb"
        ),
        (
            [("dataset", "cifar10"), ("color", "rgb"), ("image_size", "32")],
            "--image_size 32 does not go with --dataset cifar10: must be an image_size with images:"
        ),
        ([("image_size", "2000")], "--image_size 2000: must be a side, or height x width such as"),
        ([("color", "blue")], "--color blue: must be one of grey, rgb"),
    ])
    func whatDoesNotGoTogetherIsTold(values: [(String, String)], message: String) {
        let error = #expect(throws: RunConfigError.self) { try Self.config(values) }
        #expect("\(error!)".hasPrefix(message), "\(error!)")
    }
}
