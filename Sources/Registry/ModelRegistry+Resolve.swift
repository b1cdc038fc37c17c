extension ModelRegistry {
    /// The shortest part of a digest that names a model.
    package static let minimumPrefixLength = 6

    /// The model that a user means: the start of its digest (at least 6 digits), a name that its
    /// file was added or decided on with, `deployed`, or `latest` (the one first decided on
    /// last).
    ///
    /// - Throws: `RegistryError.unknownModel` or `.ambiguousModel` with the candidates.
    package func resolve(_ reference: String) throws -> RegisteredModel {
        try resolve(reference, in: soundState())
    }

    func resolve(_ reference: String, in state: RegistryState) throws -> RegisteredModel {
        let models = models(state)
        switch reference {
        case "deployed":
            guard let decision = state.log.deployed else {
                throw RegistryError.nothingDeployed(location: store.location)
            }
            guard let model = models.first(where: \.isDeployed) else {
                throw missing(decision.modelDigest)
            }
            return model
        case "latest":
            guard let model = models.first else {
                throw RegistryError.unknownModel(reference: reference, candidates: [])
            }
            return model
        default:
            let found = models.filter { Self.matches($0, reference) }
            guard let model = found.first else {
                throw RegistryError.unknownModel(
                    reference: reference, candidates: models.map(\.label))
            }
            guard found.count == 1 else {
                throw RegistryError.ambiguousModel(
                    reference: reference, candidates: found.map(\.label))
            }
            return model
        }
    }

    private static func matches(_ model: RegisteredModel, _ reference: String) -> Bool {
        if model.fileName == reference { return true }
        if model.decisions.contains(where: { $0.fileName == reference }) { return true }
        let prefix = reference.lowercased()
        return prefix.utf8.count >= minimumPrefixLength && prefix.isLowerHex
            && model.digest.hasPrefix(prefix)
    }
}
