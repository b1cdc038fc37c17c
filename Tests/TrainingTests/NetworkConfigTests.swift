import Foundation
import Kernels
import Testing

@testable import Training

/// Networks chosen by their names.
@Suite struct NetworkConfigTests {
    private let images = SampleShape(height: 28, width: 28, channels: 1)

    private func config(_ settings: [String: String]) throws -> ModelConfig {
        var config = ModelConfig()
        for (name, value) in settings {
            let key = try #require(ModelConfig.keys.first { $0.name == name })
            try key.set(.plain(value), in: &config)
        }
        try config.validate()
        return config
    }

    @Test func eachNameIsItsNetwork() throws {
        func description(_ settings: [String: String]) throws -> NetworkDescription {
            try config(settings).network.description(input: images)
        }
        #expect(try description([:]) == .digitCNN(input: images))
        #expect(
            try description(["network": "mlp", "hidden": "64, 32"])
                == .mlp(input: images, hidden: [64, 32], outputs: 10))
        #expect(
            try description(["network": "lenet5"]) == .leNet5(input: images, classCount: 10))
        #expect(
            try description(["network": "resnet", "depth": "14", "width": "8"])
                == .resNet(input: images, depth: 14, width: 8, classCount: 10))
    }

    @Test(arguments: ["", "0", "512,", ",8", "a", "8 8", "65537", "-1"])
    func hiddenLayersThatAreNoneAreRefused(_ text: String) throws {
        #expect(throws: ConfigError.self) { try config(["hidden": text]) }
    }

    @Test func aDepthThatNoResidualNetworkHasIsRefused() throws {
        let error = try #require(throws: ConfigError.self) {
            try config(["network": "resnet", "depth": "21"])
        }
        #expect("\(error)" == "depth 21: must be 6·n + 2 layers, such as 20 or 26")
        // Nobody asks for it.
        _ = try config(["depth": "21"])
    }

    @Test func imagesThatDontFitAreRefusedWithTheLayer() throws {
        let network = try config(["network": "lenet5"]).network
        try network.validate(for: images)
        let error = try #require(throws: ConfigError.self) {
            try network.validate(for: SampleShape(height: 4, width: 4, channels: 1))
        }
        #expect("\(error)".hasPrefix("network lenet5: must be a network that images of 4×4 fit"))
        #expect("\(error)".contains("layer conv2"), "\(error)")
    }

    /// Model files of DigitCNN are those of before there were others.
    @Test func theJSONOfADefaultHasNoLaterKeys() throws {
        func keys(_ config: ModelConfig) throws -> Set<String> {
            let data = try JSONEncoder().encode(config)
            #expect(try JSONDecoder().decode(ModelConfig.self, from: data) == config)
            let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            return Set(try #require(object).keys)
        }
        let plain = try keys(config([:]))
        #expect(plain.isDisjoint(with: ["network", "hidden", "depth", "width"]))
        let other = try keys(config(["network": "mlp", "hidden": "64"]))
        #expect(other.subtracting(plain) == ["network", "hidden"])
    }

    /// A list of layers, in the form that files have them in.
    @Test func ownLayersAreANetwork() throws {
        let text =
            #"[{"conv2d":{"channels":4,"kernel":3}},"relu","flatten",{"linear":{"outputs":10}}]"#
        let layers: [LayerDescription] = [.conv2d(4, kernel: 3), .relu, .flatten, .linear(10)]
        let config = try config(["network": text])
        #expect(config.network.kind == .layers(layers))
        #expect(NetworkConfig.kindKey.value(in: config.network) == .text(text))
        #expect(
            try config.network.description(input: images)
                == NetworkDescription(input: images, layers))
        try config.network.validate(for: images)
        let data = try JSONEncoder().encode(config)
        #expect(try JSONDecoder().decode(ModelConfig.self, from: data) == config)
    }

    @Test(arguments: ["[]", "[\"rely\"]", "{}", "DigitCNN", ""])
    func whatIsNoNetworkIsRefused(_ text: String) {
        #expect(throws: ConfigError.self) { try config(["network": text]) }
    }

    /// The reason reaches whoever wrote the list in a flag or a variable.
    @Test(arguments: [
        (#"["rely"]"#, "a layer rely; the layers are conv2d"),
        (#"[{"linear":{"output":1}}]"#, "linear: outputs is missing"),
        (#"["max_pool"]"#, "max_pool: kernel is missing"),
        (#"[{"linear":{"outputs":"many"}}]"#, "outputs"),
        ("[relu]", "JSON"), ("[]", "a network needs a layer"),
    ])
    func whatIsWrongWithALayerIsSaid(_ text: String, _ problem: String) throws {
        let error = try #require(throws: ConfigError.self) { try config(["network": text]) }
        #expect("\(error)".contains(problem), "\(error)")
    }

    @Test func outputsForOtherClassesAreRefused() throws {
        let network = try config(["network": #"["flatten",{"linear":{"outputs":9}}]"#]).network
        let error = try #require(throws: ConfigError.self) { try network.validate(for: images) }
        #expect("\(error)".contains("each of the 10 classes, not 9"), "\(error)")
    }
}
