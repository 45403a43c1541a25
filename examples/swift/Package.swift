// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "segment",
    // The path of a copy of libanatomynet.
    dependencies: [.package(name: "anatomynet", path: Context.environment["ANATOMYNET_SOURCE"] ?? "../..")],
    targets: [
        .executableTarget(
            name: "segment", dependencies: [.product(name: "AnatomyNet", package: "anatomynet")])
    ],
    swiftLanguageModes: [.v6]
)
