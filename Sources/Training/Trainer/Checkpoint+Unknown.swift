extension Checkpoint {
    /// What this version doesn't know of the training.
    ///
    /// - Throws: `ModelFileError.field` for a config that is none.
    public func unknownEntries() throws -> UnknownEntries {
        var unknown = UnknownEntries()
        if content.metadata[Key.config.rawValue] != nil {
            unknown.keys = try metadata(.config, as: ModelConfig.UnknownKeys.self).names
        }
        let known = Key.allCases.map(\.rawValue)
        unknown.metadata = content.otherMetadata(than: known)
        return unknown
    }

    /// What the user of such a file should know.
    ///
    /// - Parameter file: its name.
    /// - Throws: `ModelFileError.field` for a config that is none.
    public func notices(of file: String) throws -> [String] {
        [integrity.notice(of: file), try unknownEntries().notice(of: file)].compactMap(\.self)
    }
}
