// swift-tools-version: 6.2
//
// Targets in layer order: an import may only point to a row above. `Scripts/check` enforces it.

import PackageDescription

let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// Generic code is specialised across modules only with the first flag; it makes us an application,
// not a library for others. Exclusivity is checked in debug builds, where every test runs; in
// release the checks would cost more than the work they guard.
let optimised: [SwiftSetting] = [
    .unsafeFlags(
        ["-cross-module-optimization", "-enforce-exclusivity=unchecked"],
        .when(configuration: .release))
]

/// Layers 1 to 3: no clock, no I/O, no randomness, no unsafe memory.
let pure = common + optimised + [.strictMemorySafety()]

/// Layers 4 to 6: may touch the world.
let edge = common + optimised

// The step is static: it starts fast and needs nothing of the machine it runs on. ThreadSanitizer
// cannot link that: MUSTER_DYNAMIC_STEP=1 swift build --sanitize=thread --product muster
let stepLinking: [LinkerSetting] =
    Context.environment["MUSTER_DYNAMIC_STEP"] == nil
    ? [.unsafeFlags(["-static-executable", "-nostartfiles"])] : []

let package = Package(
    name: "muster",
    targets: [
        // Layer 0: C.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CHwloc", pkgConfig: "hwloc"),
        .systemLibrary(name: "CNuma", pkgConfig: "numa"),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .target(name: "CLinux", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .target(
            name: "CAssets", exclude: ["report"],
            cSettings: [.unsafeFlags(["-std=c2x", "-Wall", "-Wextra", "-Werror"])]),

        // Layer 1: ground.
        .target(name: "Primitives", swiftSettings: pure),

        // Layer 2: language.
        .target(name: "Wire", dependencies: ["Primitives"], swiftSettings: pure),
        .target(name: "Resources", dependencies: ["Primitives", "Wire"], swiftSettings: pure),
        .target(name: "HTTP", dependencies: ["Primitives"], swiftSettings: pure),

        // Layer 3: decisions.
        .target(name: "Scheduling", dependencies: ["Primitives"], swiftSettings: pure),
        .target(name: "Kernel", dependencies: ["Primitives", "Scheduling"], swiftSettings: pure),

        // Layer 4: adapters. All I/O is here.
        .target(
            name: "Storage", dependencies: ["Primitives", "CSQLite", "CLinux"], swiftSettings: edge),
        .target(
            name: "Network", dependencies: ["Primitives", "HTTP", "CLinux", "COpenSSL", "CZlib"],
            swiftSettings: edge),
        .target(
            name: "Host", dependencies: ["Primitives", "CLinux", "CHwloc", "CNuma", "CZlib"],
            swiftSettings: edge),
        .target(name: "Telemetry", dependencies: ["Primitives", "CLinux"], swiftSettings: edge),
        .target(
            name: "Configuration", dependencies: ["Primitives", "Wire", "CYAML"],
            swiftSettings: edge),

        // Layer 5: services.
        .target(
            name: "Control",
            dependencies: [
                "Primitives", "Wire", "Resources", "HTTP", "Scheduling", "Kernel", "Storage",
                "Host",
                "Telemetry",
            ], swiftSettings: edge),
        .target(
            name: "Client",
            dependencies: [
                "Primitives", "Wire", "Resources", "HTTP", "Network", "Host", "Configuration",
            ],
            swiftSettings: edge),
        .target(
            name: "Service",
            dependencies: [
                "Primitives", "Wire", "Resources", "HTTP", "Network", "Host", "Telemetry",
                "Configuration", "Control", "Kernel", "Scheduling", "Storage",
            ], swiftSettings: edge),
        .target(
            name: "Agent",
            dependencies: [
                "Primitives", "Wire", "Resources", "HTTP", "Network", "Host", "Telemetry", "Client",
            ], swiftSettings: edge),
        .target(
            name: "Simulation",
            dependencies: [
                "Primitives", "Wire", "Resources", "Scheduling", "Kernel", "Host", "Configuration",
                "CAssets",
            ], swiftSettings: edge),
        .target(
            name: "Commands",
            dependencies: [
                "Primitives", "Wire", "Resources", "HTTP", "Network", "Host", "Telemetry",
                "Configuration", "Client", "Service", "Control", "Agent", "Simulation", "Storage",
                "Kernel", "Scheduling",
            ], swiftSettings: edge),

        // Layer 6: executables.
        .executableTarget(name: "muster", dependencies: ["Commands"], swiftSettings: edge),
        .executableTarget(
            name: "muster-step",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
            linkerSettings: stepLinking),
        .executableTarget(
            name: "muster-bench",
            dependencies: [
                "Primitives", "Wire", "Resources", "HTTP", "Scheduling", "Kernel", "Storage",
                "Network",
                "Host", "Client", "Simulation",
            ], swiftSettings: edge),
    ]
        + [
            "Primitives", "Wire", "Resources", "HTTP", "Scheduling", "Kernel", "Storage", "Network",
            "Host", "Telemetry", "Configuration", "Control", "Client", "Service", "Agent",
            "Simulation",
            "Commands", "Tidy",
        ].map { name in
            .testTarget(
                name: "\(name)Tests",
                dependencies: name == "Tidy" ? [] : [.byName(name: name)], swiftSettings: common)
        }
)
