// swift-tools-version: 6.1
import PackageDescription

/// Link flags of libanatomynet.so: one self-contained file that exports the functions of
/// include/anatomynet.h and nothing else, and stays mapped after dlclose().
let sharedLibraryFlags = [
    "-static-stdlib", "-use-ld=lld",
    "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/AnatomyNetCInterface/exports.map",
    "-Xlinker", "-soname=libanatomynet.so.0",
    "-Xlinker", "--gc-sections",
    "-Xlinker", "-z", "-Xlinker", "nodelete",
]

/// Debian's nifti1_io.h includes <znzlib.h>, which lies beside it.
let niftiHeaders: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-I/usr/include/nifti"])]

/// cairo and what it is made of, as archives: the demo runner then needs none of them, nor X11, where
/// it runs.
let cairoArchives = [
    "cairo", "pixman-1", "fontconfig", "freetype", "png16", "brotlidec", "brotlicommon", "expat",
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
        .systemLibrary(
            name: "CNifti",
            providers: [.apt(["libniftiio-dev", "libnifti2-dev", "libznz-dev", "zlib1g-dev"])]),
        .systemLibrary(name: "CTeem", providers: [.apt(["libteem-dev"])]),
        .systemLibrary(name: "CCairo", providers: [.apt(["libcairo2-dev"])]),
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
        .target(name: "MachinePeak", linkerSettings: [.linkedLibrary("pthread")]),
        .target(
            name: "MedicalImageFiles",
            dependencies: ["AnatomyNet", "CNifti", "CTeem"],
            swiftSettings: niftiHeaders,
            linkerSettings: [
                .linkedLibrary(":libniftiio.a"), .linkedLibrary(":libznz.a"), .linkedLibrary("z"),
                .linkedLibrary("teem"),
            ]
        ),
        .target(name: "PNGFile", linkerSettings: [.linkedLibrary(":libpng16.a"), .linkedLibrary("z")]),
        .target(
            name: "SegmentationPictures",
            dependencies: ["AnatomyNet", "MedicalImageFiles", "CCairo", "PNGFile"],
            linkerSettings: cairoArchives.map { .linkedLibrary(":lib\($0).a") }
        ),
        .executableTarget(
            name: "anatomynet-demo",
            dependencies: [
                "AnatomyNet", "AnatomyNetPhantom", "MachinePeak", "MedicalImageFiles", "SegmentationPictures",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            // Self-contained, like the library. FoundationEssentials is made of the last three, which
            // the compiler does not name by itself.
            linkerSettings: [
                .unsafeFlags(["-static-stdlib", "-use-ld=lld", "-Xlinker", "--gc-sections"]),
                .linkedLibrary("_FoundationCollections"),
                .linkedLibrary("_FoundationCShims"), .linkedLibrary("swiftSynchronization"),
            ]
        ),
        .testTarget(
            name: "AnatomyNetPhantomTests",
            dependencies: ["AnatomyNetPhantom"]
        ),
        .testTarget(
            name: "AnatomyNetTests",
            dependencies: ["AnatomyNet", "AnatomyNetSystem", "AnatomyNetKernels"],
            resources: [.copy("Fixtures")]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["AnatomyNet", "AnatomyNetPhantom"]
        ),
        .testTarget(
            name: "MedicalImageFilesTests",
            dependencies: ["AnatomyNet", "MedicalImageFiles"]
        ),
        .testTarget(
            name: "SegmentationPicturesTests",
            dependencies: ["AnatomyNet", "MedicalImageFiles", "SegmentationPictures"]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)
