// swift-tools-version: 6.1
import PackageDescription

// A package with unsafe flags can't be a dependency by version, so there are none unless `make test`
// asks: optimised kernels make debug tests twice as fast (docs/decisions/engine-as-a-dependency.md).
// Kernels are chosen at run time by CPU feature: one binary runs everywhere.
let kernelSettings: [CSetting] =
    Context.environment["TESSERA_OPTIMIZED_KERNELS"] == "1"
    ? [.unsafeFlags(["-O2"], .when(configuration: .debug))] : []

// What only the program needs is not even resolved for a package that depends on the engine alone.
let forProgram: TargetDependencyCondition = .when(traits: ["Program"])!

let package = Package(
    name: "tessera",
    products: [
        .executable(name: "tessera", targets: ["tessera"]),
        .library(name: "Training", targets: ["Training"]),
        .library(name: "Inference", targets: ["Inference"]),
        .library(name: "Datasets", targets: ["Datasets"]),
        .library(name: "Metrics", targets: ["Metrics"]),
        // A network is given a `WorkerPool`; the yardstick of the benchmarks calls `gemm`.
        .library(name: "Kernels", targets: ["Kernels"]),
        .library(name: "LinearAlgebra", targets: ["LinearAlgebra"]),
        .library(name: "Measurement", targets: ["Measurement"]),
        // Gradient checks, for tests of layers of one's own.
        .library(name: "TrainingTestSupport", targets: ["TrainingTestSupport"]),
        .library(name: "DigitPipeline", targets: ["DigitPipeline"]),
    ],
    traits: [
        .default(enabledTraits: ["Program"]),
        .trait(
            name: "Program",
            description: "The program and the pipeline, with their dependencies on other packages."),
    ],
    dependencies: [
        // `KeyFlags` leans on how this version stores a command's options.
        .package(
            url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        // System libraries.
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
        .systemLibrary(
            name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CImageCodecs", providers: [.apt(["libspng-dev", "libturbojpeg0-dev"])]),

        // The commit that the program was built from, looked for before each build.
        .plugin(name: "EmbedCommit", capability: .buildTool()),
        .target(name: "CBuildInformation", plugins: ["EmbedCommit"]),

        // Foundations: nothing of ours below them.
        .target(name: "SafeText"),
        .target(name: "DurableFiles", dependencies: ["CLibCrypto"]),
        .target(name: "HTTPTransfer", dependencies: ["CLibCurl"]),
        .target(name: "LinearAlgebra", dependencies: ["COpenBLAS"]),
        .target(name: "CKernels", cSettings: kernelSettings),
        .target(name: "Metrics", dependencies: ["SafeText"]),
        .target(name: "RunFacts"),
        .target(name: "Reports", dependencies: ["RunFacts", "SafeText"]),

        // The engine.
        .target(name: "Kernels", dependencies: ["LinearAlgebra", "CKernels"]),
        .target(name: "Training", dependencies: ["Kernels", "DurableFiles", "SafeText"]),
        .target(
            name: "TrainingTestSupport", dependencies: ["Training", "Kernels", "LinearAlgebra"]),
        .target(name: "Measurement", dependencies: ["Kernels", "LinearAlgebra"]),

        // Data, inference, registry.
        .target(
            name: "Datasets",
            dependencies: [
                "CImageCodecs", "CZlib", "DurableFiles", "HTTPTransfer", "SafeText",
            ],
            resources: [.copy("Resources/mnist-sample")]),
        .target(
            name: "Inference",
            dependencies: [
                "Training", "Datasets", "Kernels", "LinearAlgebra", "DurableFiles", "SafeText",
            ]),
        .target(name: "Registry", dependencies: ["DurableFiles", "SafeText"]),
        .target(
            name: "Orchestration",
            dependencies: [
                "DurableFiles", "RunFacts", "SafeText",
                .product(name: "GRDB", package: "GRDB.swift", condition: forProgram),
            ]),
        .target(
            name: "RunExports",
            dependencies: [
                "DurableFiles", "HTTPTransfer", "RunFacts", "SafeText",
                .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: forProgram),
            ],
            exclude: ["TensorBoard/tensorboard_events.proto"]),

        // The program.
        .target(
            name: "DigitPipeline",
            dependencies: [
                "Training", "Kernels", "Datasets", "Metrics", "Inference", "Registry", "Reports",
                "Orchestration", "RunExports", "RunFacts", "Measurement", "DurableFiles",
                "SafeText",
                "CBuildInformation",
            ]),
        .executableTarget(
            name: "tessera",
            dependencies: [
                "DigitPipeline", "Orchestration", "RunExports", "RunFacts", "Reports", "Training",
                "Inference",
                "Datasets", "Kernels", "Measurement", "DurableFiles", "SafeText",
                .product(name: "Yams", package: "Yams", condition: forProgram),
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser", condition: forProgram),
            ],
            // Within the program, which is one file wherever it is copied to.
            resources: [.embedInCode("Schemas")]),

        // Tests.
        .target(name: "TestSupport", dependencies: ["DurableFiles"], path: "Tests/Support"),
        .testTarget(name: "SafeTextTests", dependencies: ["SafeText", "TestSupport"]),
        // `scripts/check-faults` runs it; it judges the program from outside and shares no code with it.
        .target(name: "FaultHarness", path: "Tests/Faults/Harness"),
        .executableTarget(
            name: "fault-harness", dependencies: ["FaultHarness"], path: "Tests/Faults/Driver"),
        .testTarget(
            name: "FaultHarnessTests", dependencies: ["FaultHarness", "TestSupport"],
            path: "Tests/Faults/Tests"),
        .testTarget(name: "DurableFilesTests", dependencies: ["DurableFiles", "TestSupport"]),
        .testTarget(name: "HTTPTransferTests", dependencies: ["HTTPTransfer"]),
        .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "TestSupport"]),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"]),
        .testTarget(name: "MeasurementTests", dependencies: ["Measurement", "TestSupport"]),
        .testTarget(
            name: "TrainingTests", dependencies: ["Training", "TrainingTestSupport", "TestSupport"]),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics", "TestSupport"]),
        .testTarget(name: "ReportsTests", dependencies: ["Reports", "RunFacts", "TestSupport"]),
        .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "TestSupport"]),
        .testTarget(name: "InferenceTests", dependencies: ["Inference", "TestSupport"]),
        .testTarget(name: "RegistryTests", dependencies: ["Registry", "TestSupport"]),
        .testTarget(
            name: "OrchestrationTests",
            dependencies: [
                "Orchestration", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift", condition: forProgram),
            ]),
        .testTarget(
            name: "RunExportsTests",
            dependencies: ["RunExports", "RunFacts", "DurableFiles", "TestSupport"]),
        .testTarget(
            name: "DigitPipelineTests",
            dependencies: ["DigitPipeline", "RunFacts", "Training", "TestSupport"]),
        .testTarget(
            name: "TesseraCommandTests",
            dependencies: [
                "tessera", "Datasets", "DigitPipeline", "DurableFiles", "Measurement",
                "Orchestration", "Registry", "SafeText", "Training", "TestSupport",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// The engine and its tests alone, for `make test-release`: a third of the time to build.
if Context.environment["TESSERA_ENGINE_ONLY"] == "1" {
    let engine: Set = [
        "COpenBLAS", "CLibCrypto", "CLibCurl", "CZlib", "CImageCodecs", "SafeText", "DurableFiles",
        "HTTPTransfer", "LinearAlgebra", "CKernels", "Kernels", "Training", "TrainingTestSupport",
        "Measurement", "Metrics", "Datasets", "Inference", "TestSupport",
    ]
    package.targets.removeAll {
        !engine.contains($0.name) && !engine.contains(String($0.name.dropLast("Tests".count)))
    }
    let names = Set(package.targets.map(\.name))
    package.products.removeAll { !names.contains($0.name) }
    package.dependencies = []
}
