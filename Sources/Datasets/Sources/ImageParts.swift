/// The parts of a data set, as folders of them are named: by Keras, torchvision, fastai, Roboflow and
/// Kaggle's sets, and the words that Hugging Face's `imagefolder` knows; in any case, and with such
/// words as `set`, `data` or `images` beside (`training_set`, `Test Data`).
struct ImageParts: Equatable {
    let train: String
    let validation: String?
    let test: String?

    private enum Part: CaseIterable { case train, validation, test }

    private static let words: [String: Part] = [
        "train": .train, "training": .train, "trn": .train,
        "val": .validation, "valid": .validation, "validation": .validation, "dev": .validation,
        "test": .test, "testing": .test, "tst": .test, "eval": .test, "evaluation": .test,
    ]
    private static let fillers: Set<String> = [
        "set", "data", "dataset", "image", "images", "img", "imgs", "picture", "pictures", "split",
        "part", "folder", "files", "samples",
    ]

    /// Tells what a folder's subfolders are.
    ///
    /// - Parameter names: sorted.
    /// - Returns: nil for classes.
    /// - Throws: `DatasetError.imageFolder` where some look like parts and don't make a data set.
    init?(_ names: [String], in path: String) throws {
        let found = Self.parts(of: names)
        guard !found.isEmpty else { return nil }
        let (like, unlike) = (
            names.filter { found[$0] != nil }, names.filter { found[$0] == nil }
        )
        guard unlike.isEmpty else {
            throw Self.error(
                path,
                "\(Self.looks(like)), \(Self.few(unlike)) \(unlike.count == 1 ? "doesn't" : "don't")"
            )
        }
        func folder(_ part: Part, _ word: String) throws -> String? {
            let folders = names.filter { found[$0] == part }
            guard folders.count < 2 else {
                throw Self.error(
                    path, "\(Self.few(folders)) would both be the \(word) part; keep one")
            }
            return folders.first
        }
        guard let train = try folder(.train, "training") else {
            throw Self.error(path, "\(Self.looks(like)), but none is for training")
        }
        self.train = train
        validation = try folder(.validation, "validation")
        test = try folder(.test, "test")
    }

    /// - Parameters:
    ///   - names: of classes, or of folders below one.
    ///   - few: how many must look like parts.
    /// - Throws: `DatasetError.imageFolder` if some do.
    static func checkNone(
        in names: [String], of path: String, within place: String, few: Int = 1
    ) throws {
        let like = names.filter { part(named: $0) != nil }
        guard like.count >= few else { return }
        throw error(path, "\(looks(like)) within \(place)")
    }

    func withoutClasses(_ part: String, in path: String) -> DatasetError {
        let all = [train, validation, test].compactMap(\.self)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return Self.error(path, "\(Self.looks(all)), but \(part) holds no class folders")
    }

    // MARK: - Names

    /// Of names that all have one of the words, with whatever beside (`seg_train`, `seg_test`), all are
    /// parts; else those that have nothing else.
    private static func parts(of names: [String]) -> [String: Part] {
        let loose = names.map(part(in:))
        if loose.contains(.train), !loose.contains(nil), Set(loose).count == names.count {
            return Dictionary(uniqueKeysWithValues: zip(names, loose.compactMap(\.self)))
        }
        return Dictionary(
            uniqueKeysWithValues: names.compactMap { name in part(named: name).map { (name, $0) } }
        )
    }

    private static func part(named name: String) -> Part? {
        let words = tokens(name).filter { !fillers.contains($0) }
        return words.count == 1 ? part(ofWord: words[0]) : nil
    }

    private static func part(in name: String) -> Part? {
        let parts = tokens(name).compactMap(part(ofWord:))
        return parts.count == 1 ? parts[0] : nil
    }

    /// Also `trainset`, `testdata`.
    private static func part(ofWord word: String) -> Part? {
        if let part = words[word] { return part }
        for filler in fillers where word.hasSuffix(filler) {
            if let part = words[String(word.dropLast(filler.count))] { return part }
        }
        return nil
    }

    private static func tokens(_ name: String) -> [String] {
        name.lowercased().split { !$0.isLetter }.map(String.init)
    }

    // MARK: - Words

    private static func looks(_ names: [String]) -> String {
        names.count == 1
            ? "\(names[0]) looks like a part of a data set"
            : "\(few(names)) look like parts of a data set"
    }

    private static func few(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ")
            + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }

    private static func error(_ path: String, _ reason: String) -> DatasetError {
        .imageParts(path: path, reason: reason)
    }
}
