// swift-tools-version: 6.2
import PackageDescription

// Layers, lowest first. A target may import only what its line names; `make` builds with
// `--explicit-target-dependency-import-check error`, so the table below is the architecture.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func debian(_ name: String, pkgConfig: String, package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// The commit for `--version`, as `make` says it; builds without it say "unknown".
let commit = Context.environment["BERT_COMMIT"].map {
    [CSetting.define("BERT_COMMIT", to: "\"\($0)\"")]
}

let package = Package(
    name: "bert",
    products: [
        .executable(name: "bert-train", targets: ["bert-train"]),
        .executable(name: "bert", targets: ["bert"]),
        .executable(name: "bert-bench", targets: ["bert-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // Layer 0: C, only what Swift cannot express.
        debian("CMPI", pkgConfig: "mpi", package: "libmpich-dev"),
        debian("CHDF5", pkgConfig: "hdf5", package: "libhdf5-dev"),
        debian("COpenSSL", pkgConfig: "libcrypto", package: "libssl-dev"),
        .target(name: "CKernels"),
        .target(name: "CBuild", cSettings: commit),
        .target(name: "CProcessStart"),
        // What every layer may know: files by names of any bytes, and with which status a program ends for an error.
        library("FileNames"),
        library("ExitCoding", ["FileNames"]),

        // Layer 1: one outside thing, or one idea, each.
        library("OperatingSystem", ["ExitCoding", "FileNames", "CProcessStart"]),
        library("MPI", ["ExitCoding", "FileNames", "CMPI", "OperatingSystem"]),
        library("DurableFiles", ["ExitCoding", "FileNames", "COpenSSL"]),
        library("HDF5", ["ExitCoding", "FileNames", "CHDF5", "DurableFiles"]),
        library("Version", ["FileNames", "CBuild"]),
        library("Randomness"),
        library("Tensors", ["OperatingSystem"]),
        library(
            "Kernels",
            ["ExitCoding", "FileNames", "CKernels", "OperatingSystem", "Randomness", "Tensors"]),
        library("Samples", ["Randomness"]),
        library("Formats", ["ExitCoding", "FileNames", "DurableFiles", yams]),

        // Layer 2: the parts of the system; of their neighbours they know Tokenization at most.
        library(
            "Tokenization", ["ExitCoding", "FileNames", "DurableFiles"],
            exclude: ["Tables/generate.py"]),
        library(
            "Corpus",
            [
                "ExitCoding", "FileNames", "Formats", "Samples", "Tokenization", "HDF5",
                "DurableFiles", "Randomness",
            ],
            exclude: ["Tables/generate.py"]),
        library("BERT", ["ExitCoding", "Formats", "Samples", "Tensors", "Kernels", "Randomness"]),
        library("Optimization", ["Formats", "Tensors", "Kernels"]),
        library("Distributed", ["ExitCoding", "MPI", "OperatingSystem"]),
        library(
            "Checkpointing", ["ExitCoding", "Tensors", "Tokenization", "HDF5", "DurableFiles"]),
        library("Reporting", ["ExitCoding", "FileNames", "DurableFiles", "OperatingSystem"]),

        // Layer 3: the parts put together.
        library(
            "Models",
            [
                "ExitCoding", "Reporting", "BERT", "Checkpointing", "Tokenization", "Tensors",
                "DurableFiles",
            ]),
        .target(
            name: "QuickStart", dependencies: ["Tokenization", "Corpus", "DurableFiles"],
            resources: [.copy("Resources")],
            swiftSettings: strict),
        library(
            "Evaluation",
            [
                "Samples", "BERT", "Corpus", "Tokenization", "Distributed", "MPI", "Kernels",
                "Tensors",
                "Randomness",
            ]),
        library(
            "FineTuning",
            [
                "ExitCoding", "Models", "Tokenization", "Formats", "DurableFiles", "BERT",
                "Checkpointing", "Kernels",
                "Tensors", "Randomness",
            ]),
        library(
            "Runtime",
            [
                "ExitCoding", "FileNames", "OperatingSystem", "MPI", "DurableFiles", "Kernels",
                "Distributed",
                "Formats",
            ]),
        library(
            "TrainingStep",
            ["BERT", "Distributed", "Kernels", "MPI", "Optimization", "Runtime", "Tensors"]),
        // Layer 4: what ranks do together.
        library(
            "Pretraining",
            [
                "Samples", "ExitCoding", "FileNames", "Runtime", "TrainingStep", "Models", "BERT",
                "Corpus",
                "Optimization",
                "Distributed", "MPI",
                "Checkpointing",
                "Evaluation", "Formats", "Tokenization", "Kernels", "Tensors",
                "Randomness", "DurableFiles", "HDF5", "OperatingSystem", "Reporting",
            ]),

        library(
            "FanOut",
            [
                "ExitCoding", "FileNames", "Runtime", "TrainingStep", "Models", "FineTuning",
                "BERT",
                "Optimization",
                "Distributed",
                "MPI",
                "Checkpointing", "Formats", "Tokenization", "Kernels", "Tensors",
                "Randomness", "DurableFiles", "OperatingSystem", "Reporting",
            ]),

        // Layer 5: parse, build, run, report.
        program(
            "bert-train",
            [
                "ExitCoding", "FileNames", "Runtime", "Pretraining", "Formats", "QuickStart",
                "Distributed",
                "MPI",
                "Reporting",
                "DurableFiles", "FineTuning", "FanOut", "Version", "HDF5", "Kernels",
                "OperatingSystem", "Tensors",
                argumentParser,
            ]),
        program(
            "bert",
            [
                "Samples", "ExitCoding", "FileNames", "Models", "Tokenization", "Corpus",
                "Checkpointing",
                "BERT", "Tensors",
                "DurableFiles",
                "HDF5", "FineTuning", "Kernels", "OperatingSystem", "Version", argumentParser,
            ]),
        program(
            "bert-bench",
            [
                "Samples", "ExitCoding", "FileNames", "BERT", "Kernels", "CKernels", "Tensors",
                "Optimization",
                "Distributed", "MPI",
                "Formats", "Randomness", "Reporting", "Checkpointing", "DurableFiles",
                "Runtime", "TrainingStep", "Pretraining", "FineTuning", "Tokenization",
                "OperatingSystem",
                "Version",
                argumentParser,
            ]),

        .executableTarget(
            name: "bert-fuzz",
            dependencies: [
                "Samples", "Tokenization", "Corpus", "Checkpointing", "BERT", "Tensors",
                "DurableFiles",
                "HDF5", "FineTuning", "Formats", "Randomness", "Reporting", "ExitCoding",
                "Models", "Pretraining", argumentParser,
            ],
            path: "Tests/Fuzz", swiftSettings: strict),
        .target(
            name: "MPITestSupport", dependencies: ["MPI"], path: "Tests/MPITestSupport",
            swiftSettings: strict),
        .target(
            name: "TemporaryDirectories", dependencies: ["FileNames"],
            path: "Tests/TemporaryDirectories",
            swiftSettings: strict),
        tests("FileNames", ["FileNames", "ExitCoding", "TemporaryDirectories"]),
        tests("OperatingSystem", ["ExitCoding", "OperatingSystem"]),
        tests("MPI", ["MPI", "MPITestSupport"]),
        tests("HDF5", ["HDF5", "TemporaryDirectories"], exclude: ["Fixtures"]),
        tests("DurableFiles", ["FileNames", "DurableFiles", "TemporaryDirectories"]),
        tests("Randomness", ["Randomness"]),
        tests("Tensors", ["Tensors"]),
        .target(name: "TileEmulation", dependencies: ["CKernels"], path: "Tests/TileEmulation"),
        tests("Kernels", ["Kernels", "CKernels", "Tensors", "Randomness", "TileEmulation"]),
        tests(
            "Tokenization", ["Tokenization", "TemporaryDirectories"], exclude: ["Golden"]),
        tests(
            "Corpus",
            [
                "Samples", "Corpus", "Tokenization", "HDF5", "DurableFiles", "Randomness",
                "TemporaryDirectories",
            ],
            exclude: ["Fixtures"]),
        tests(
            "BERT",
            [
                "Samples", "BERT", "Kernels", "Tensors", "Randomness", "HDF5", "Checkpointing",
                "Corpus",
            ],
            exclude: ["Golden"]),
        tests("Evaluation", ["Samples", "Evaluation", "Corpus", "BERT", "Tokenization"]),
        tests("Optimization", ["Optimization", "Tensors", "Kernels"]),
        tests("Distributed", ["Distributed", "MPI", "MPITestSupport"]),
        tests(
            "Checkpointing",
            [
                "Checkpointing", "Tokenization", "HDF5", "Tensors", "DurableFiles",
                "TemporaryDirectories",
            ],
            exclude: ["Fixtures"]),
        tests(
            "Models",
            [
                "Models", "BERT", "Checkpointing", "Tokenization", "Tensors", "DurableFiles",
                "TemporaryDirectories",
            ]),
        tests(
            "Reporting",
            ["ExitCoding", "FileNames", "Reporting", "DurableFiles", "TemporaryDirectories"]),
        tests(
            "FineTuning",
            [
                "FineTuning", "Tokenization", "Formats", "Randomness", "BERT", "Tensors",
                "TemporaryDirectories",
            ],
            exclude: ["Golden"]),
        tests(
            "TrainingStep",
            [
                "Samples", "TrainingStep", "Runtime", "BERT", "Kernels", "Optimization", "Tensors",
                "MPI",
                "MPITestSupport",
            ]),
        tests("Runtime", ["Runtime", "OperatingSystem", "Kernels"]),
        tests(
            "Pretraining",
            [
                "Pretraining", "Formats", "Samples", "TrainingStep", "Runtime", "BERT", "Corpus",
                "Optimization", "Distributed", "Kernels", "Tensors", "Checkpointing", "Reporting",
                "Tokenization", "DurableFiles", "MPI", "MPITestSupport", "TemporaryDirectories",
            ]),
        // The programs, started as people start them.
        tests(
            "Program",
            [
                "Pretraining", "FileNames", "Models", "BERT", "Tensors", "MPI", "Checkpointing",
                "Reporting", "HDF5", "Corpus", "Tokenization", "DurableFiles", "MPITestSupport",
                "TemporaryDirectories",
            ]),
    ]
)
