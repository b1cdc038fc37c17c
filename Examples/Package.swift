// swift-tools-version: 6.1
import PackageDescription

// Programs that use the engine as another package would; `scripts/check-examples` runs them. The trait
// leaves out what only Tessera's own program needs.
let engine: [Target.Dependency] = [
    .product(name: "Training", package: "tessera"),
    .product(name: "Kernels", package: "tessera"),
    .product(name: "LinearAlgebra", package: "tessera"),
]

let package = Package(
    name: "tessera-examples",
    dependencies: [.package(name: "tessera", path: "..", traits: [])],
    targets: ["MLP", "Regression", "ResNet"].map {
        .executableTarget(name: $0, dependencies: engine, path: $0)
    } + [
        .executableTarget(
            name: "CustomLayer",
            dependencies: engine + [.product(name: "TrainingTestSupport", package: "tessera")],
            path: "CustomLayer")
    ],
    swiftLanguageModes: [.v6]
)
