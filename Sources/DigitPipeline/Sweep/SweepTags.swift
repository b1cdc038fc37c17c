/// Names of the tags that trainings of a sweep have.
package enum SweepTags {
    // MARK: - What tells trainings apart

    /// The sweep's name.
    package static let sweep = "sweep"
    /// Digest of the trial's configuration.
    static let trial = "trial"
    static let trialName = "trial_name"
    /// Name of the variant that the trial is of, where the sweep has such.
    static let variant = "variant"
    static let seed = "seed"

    // MARK: - What trainings are ranked by

    /// The trial's place in the sweep's file.
    static let number = "trial_number"
    /// The last epoch of the round that trained.
    static let rung = "rung"
}
