// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "consumer",
    dependencies: [.package(url: "https://git.example/tessera.git", from: "0.2.0", traits: [])],
    targets: [
        .executableTarget(
            name: "Consumer",
            dependencies: ["Training", "Kernels", "Datasets"].map {
                .product(name: $0, package: "tessera")
            })
    ])
