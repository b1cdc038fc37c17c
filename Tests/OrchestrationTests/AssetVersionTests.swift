import Testing

@testable import Orchestration

@Suite struct AssetVersionTests {
    private let asset = AssetDefinition("model", from: ["data", "seed"], codeVersion: "3")
    private let inputs = [
        "data": AssetVersion(digest: "aa"), "seed": AssetVersion(digest: "bb"),
    ]

    @Test func everythingThatItDependsOnChangesIt() {
        let version = AssetVersion(of: asset, config: "{}", inputs: inputs)
        #expect(version == AssetVersion(of: asset, config: "{}", inputs: inputs))
        let others = [
            AssetVersion(of: asset, config: #"{"rate":1}"#, inputs: inputs),
            AssetVersion(
                of: AssetDefinition("model", from: ["data", "seed"], codeVersion: "4"),
                config: "{}", inputs: inputs),
            AssetVersion(
                of: AssetDefinition("net", from: ["data", "seed"], codeVersion: "3"),
                config: "{}", inputs: inputs),
            AssetVersion(
                of: asset, config: "{}",
                inputs: ["data": AssetVersion(digest: "bb"), "seed": AssetVersion(digest: "aa")]),
            AssetVersion(of: asset, config: "{}", source: "", inputs: inputs),
            AssetVersion(of: asset, config: "{}", source: "cc", inputs: inputs),
            AssetVersion(
                of: AssetDefinition("model", from: ["data"], codeVersion: "3"), config: "{}",
                inputs: inputs),
        ]
        #expect(Set(others + [version]).count == others.count + 1)
    }

    /// Parts are told apart by their lengths, and the order in which inputs are named is nothing.
    @Test func partsDoNotRunIntoEachOther() {
        let first = AssetDefinition("a", codeVersion: "bc")
        let second = AssetDefinition("ab", codeVersion: "c")
        #expect(
            AssetVersion(of: first, config: "", inputs: [:])
                != AssetVersion(of: second, config: "", inputs: [:]))
        let turned = AssetDefinition("model", from: ["seed", "data"], codeVersion: "3")
        #expect(
            AssetVersion(of: turned, config: "{}", inputs: inputs)
                == AssetVersion(of: asset, config: "{}", inputs: inputs))
    }

    /// The stored versions of a project must survive new releases. Computed with sha256sum from
    /// `5:model1:32:{}4:data2:aa4:seed2:bb`.
    @Test func itsFormStaysTheSame() {
        let version = AssetVersion(of: asset, config: "{}", inputs: inputs)
        #expect(
            version.digest == "86eb8d0f9c35bbf60af0e8fd58ec63fc163aa201d3aa6a7d8dd86cab16cdd53f")
        #expect(version.short == String(version.digest.prefix(12)))
    }
}
