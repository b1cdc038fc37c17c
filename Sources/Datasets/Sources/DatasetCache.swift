import DurableFiles
import Foundation

/// The folder where downloads are kept, one folder a data set.
public enum DatasetCache {
    /// The variable that names the folder.
    public static let variable = "TESSERA_CACHE"

    /// `$TESSERA_CACHE`, else `$XDG_CACHE_HOME/tessera`, else `~/.cache/tessera`; for a user without a
    /// home folder `.cache/tessera` in the current one.
    ///
    /// - Parameter environment: usually `ProcessInfo.processInfo.environment`. A variable that is
    ///   empty counts as not set, and so does a relative `XDG_CACHE_HOME`, as its specification
    ///   asks.
    public static func folder(environment: [String: String]) -> URL {
        if let own = environment[variable], !own.isEmpty {
            return FilePath.url(own)
        }
        if let shared = environment["XDG_CACHE_HOME"], shared.hasPrefix("/") {
            return URL(fileURLWithPath: shared, isDirectory: true)
                .appendingPathComponent("tessera")
        }
        let home =
            SystemUser.homeFolder(environment: environment)
            ?? FileManager.default.currentDirectoryPath
        return URL(fileURLWithPath: home, isDirectory: true)
            .appendingPathComponent(".cache/tessera")
    }

    /// Makes the folder and runs `body` while no other process or thread does so for this folder:
    /// two downloads into one partial file would spoil each other.
    ///
    /// The lock is on the folder itself, so that it leaves no file behind.
    ///
    /// - Parameter onWait: called when another has held it for a second.
    static func withLock<Result>(
        on folder: URL, onWait: () -> Void = {}, _ body: () throws -> Result
    ) throws -> Result {
        try Folder.make(folder)
        // As long as a download may take: another process brings what this one wants.
        return try FileLock.holding(
            folder, creates: false, patience: DownloadPolicy().totalSeconds,
            onWait: { _ in onWait() }, body)
    }
}
