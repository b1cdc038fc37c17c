import Datasets
import DurableFiles
import Foundation
import Orchestration

/// Relative paths stay as they were given, so that versions don't depend on the folder that a run was
/// started in; where they begin is recorded beside, so that they lead to the same from any folder.
extension DataConfig {
    /// - Throws: `DatasetError.unknownDataset`.
    var source: DatasetSource {
        get throws { try DatasetSource(parsing: dataset, in: folder) }
    }

    /// What `images:DIR` is read as.
    var pictures: FolderPictures {
        switch color {
        case .grey: .digits(.automatic)
        case .rgb: .color(imageSize.flatMap(ImageSize.init(parsing:)))
        }
    }

    /// `dataDir` from the root on.
    var directory: URL? { dataDir.map { FilePath.url($0, in: folder) } }
}

extension RunConfig {
    /// The config of a run that is on record.
    ///
    /// - Throws: `ConfigError` for a value that isn't allowed (any more).
    package init(of run: StoredRun) throws {
        try self.init(values: run.config)
        // Nil for a run of before it was recorded: its paths begin where this process works.
        data.folder = run.paths[RunPaths.folder]
    }

    public var homeURL: URL { FilePath.url(home) }

    /// The same with all paths from the root on.
    public var withAbsolutePaths: RunConfig {
        var config = self
        config.home = homeURL.path
        config.data.dataset = (try? data.source.name) ?? data.dataset
        config.data.dataDir = data.directory?.path
        config.data.folder = nil
        return config
    }

    /// What a record has of the config's paths.
    var paths: [String: String] {
        let absolute = withAbsolutePaths
        var paths = [
            RunPaths.folder: FilePath.absolute(data.folder ?? "."),
            ConfigSchema.homeKey.name: absolute.home,
        ]
        if absolute.data.dataset.contains("/") {
            paths[ConfigSchema.datasetKey.name] = absolute.data.dataset
        }
        paths[ConfigSchema.dataDirKey.name] = absolute.data.dataDir
        return paths
    }
}

/// Names in a run's `paths`; the others are those of the config's keys.
enum RunPaths {
    /// Where the relative paths of the data begin.
    static let folder = "folder"
    static let input = "input"
    static let resumedFrom = "resumed_from"
}
