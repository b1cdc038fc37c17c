import Foundation
import PackagePlugin

/// Has the commit that is checked out written into a C header before each build, where it changed.
///
/// The header lies with the sources, where git ignores it: plugins can't generate C files, and a
/// generated Swift file would have all modules above it compiled again at each commit.
@main
struct EmbedCommit: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let header = root.appending(path: "Sources/CBuildInformation/generated/commit.h")
        return [
            .prebuildCommand(
                displayName: "Looking for the commit",
                executable: root.appending(path: "scripts/embed-commit"),
                arguments: [root.path, header.path],
                outputFilesDirectory: context.pluginWorkDirectoryURL.appending(path: "None"))
        ]
    }
}
