// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that what only benchmarks need never becomes the library's burden.
let package = Package(
    name: "tessera-benchmarks",
    products: [
        .executable(name: "tessera-benchmarks", targets: ["TesseraBenchmarks"])
    ],
    dependencies: [
        .package(name: "tessera", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        // The function inside which Callgrind counts.
        .target(name: "CMeasuredRegion"),
        .executableTarget(
            name: "TesseraBenchmarks",
            dependencies: [
                "CMeasuredRegion",
                .product(name: "DigitPipeline", package: "tessera"),
                .product(name: "Training", package: "tessera"),
                .product(name: "Datasets", package: "tessera"),
                .product(name: "Measurement", package: "tessera"),
                .product(name: "Kernels", package: "tessera"),
                .product(name: "LinearAlgebra", package: "tessera"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
