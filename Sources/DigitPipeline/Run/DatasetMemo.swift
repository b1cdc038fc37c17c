import Datasets
import Synchronization

/// The data sets that a process has read, so that several runs read them once.
public final class DatasetMemo: Sendable {
    private let datasets = Mutex<[String: Dataset]>([:])

    public init() {}

    func dataset(_ config: DataConfig, load: () throws -> Dataset) rethrows -> Dataset {
        let key = """
            \(config.folder ?? "")
            \(config.dataset)
            \(config.dataDir ?? "")
            \(config.color) \(config.imageSize ?? "")
            """
        return try datasets.withLock { datasets in
            if let dataset = datasets[key] { return dataset }
            let dataset = try load()
            datasets[key] = dataset
            return dataset
        }
    }
}
