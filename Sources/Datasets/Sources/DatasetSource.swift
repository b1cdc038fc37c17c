import DurableFiles
import Foundation

/// What `--dataset` names.
public enum DatasetSource: Sendable, Equatable {
    case mnist
    case fashionMNIST
    case cifar10
    /// A folder with IDX files under MNIST's names.
    case idx(URL)
    /// A file in the form of Kaggle's digit-recognizer.
    case csv(URL)
    /// A folder with one folder of images a class.
    case images(URL)
    /// A folder with files in CIFAR-10's binary form, or an archive of them.
    case cifar(URL)

    /// - Parameter folder: where a relative path begins; nil for the folder that the process works in.
    /// - Throws: `DatasetError.unknownDataset`.
    public init(parsing text: String, in folder: String? = nil) throws {
        guard let (kind, path) = DatasetKind.parse(text) else {
            throw DatasetError.unknownDataset(name: text)
        }
        let url = FilePath.url(path ?? "", in: folder)
        self =
            switch kind {
            case .mnist: .mnist
            case .fashionMNIST: .fashionMNIST
            case .cifar10: .cifar10
            case .idx: .idx(url)
            case .csv: .csv(url)
            case .images: .images(url)
            case .cifar: .cifar(url)
            }
    }

    public var kind: DatasetKind {
        switch self {
        case .mnist: .mnist
        case .fashionMNIST: .fashionMNIST
        case .cifar10: .cifar10
        case .idx: .idx
        case .csv: .csv
        case .images: .images
        case .cifar: .cifar
        }
    }

    /// As it would be given to `--dataset`.
    public var name: String {
        switch self {
        case .mnist, .fashionMNIST, .cifar10: kind.word
        case .idx(let url), .csv(let url), .images(let url), .cifar(let url):
            "\(kind.word):\(url.path)"
        }
    }
}
