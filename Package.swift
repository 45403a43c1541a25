// swift-tools-version: 6.1
import PackageDescription

/// Link flags of libanatomynet.so: one self-contained file that exports the functions of
/// include/anatomynet.h and nothing else, and stays mapped after dlclose().
let sharedLibraryFlags = [
    "-static-stdlib",
    "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/AnatomyNetCInterface/exports.map",
    "-Xlinker", "-soname=libanatomynet.so.0",
    "-Xlinker", "--gc-sections",
    "-Xlinker", "-z", "-Xlinker", "nodelete",
]

let package = Package(
    name: "anatomynet",
    products: [
        .library(name: "anatomynet", type: .dynamic, targets: ["AnatomyNetCInterface"]),
        .library(name: "AnatomyNet", targets: ["AnatomyNet"]),
        .library(name: "AnatomyNetPhantom", targets: ["AnatomyNetPhantom"]),
        .executable(name: "anatomynet-demo", targets: ["anatomynet-demo"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
    ],
    targets: [
        .systemLibrary(name: "CAnatomyNet", path: "include"),
        .systemLibrary(name: "CYajl", providers: [.apt(["libyajl-dev"])]),
        .systemLibrary(name: "CMessageDigest", providers: [.apt(["libmd-dev"])]),
        .target(
            name: "AnatomyNetKernels"
        ),
        .target(
            name: "AnatomyNetSystem",
            linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("pthread")]
        ),
        .target(
            name: "AnatomyNet",
            dependencies: ["AnatomyNetKernels", "AnatomyNetSystem", "CYajl", "CMessageDigest"],
            linkerSettings: [.linkedLibrary(":libyajl_s.a"), .linkedLibrary(":libmd.a")]
        ),
        .target(
            name: "AnatomyNetCInterface",
            dependencies: ["AnatomyNet", "AnatomyNetSystem", "CAnatomyNet"],
            exclude: ["exports.map"],
            linkerSettings: [.unsafeFlags(sharedLibraryFlags)]
        ),
        .target(name: "AnatomyNetPhantom"),
        .executableTarget(
            name: "anatomynet-demo",
            dependencies: [
                "AnatomyNet", "AnatomyNetPhantom",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .testTarget(
            name: "AnatomyNetTests",
            dependencies: ["AnatomyNet", "AnatomyNetSystem", "AnatomyNetKernels"],
            resources: [.copy("Fixtures")]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)
