import DigitPipeline
import Training

/// What the manual says besides the commands' own help.
enum ManualFacts {
    static let variables: [(name: String, meaning: String)] = [
        (
            "TESSERA_<KEY>",
            "A key of the configuration in upper case, such as TESSERA_LEARNING_RATE; it overrides the "
                + "configuration file, and flags override it."
        ),
        (
            TesseraVariable.config,
            "The configuration file; tessera.yaml in the current folder otherwise."
        ),
        (
            variable(of: ConfigSchema.homeKey),
            "Where models, runs and the registry are kept; .tessera otherwise."
        ),
        (
            variable(of: ConfigSchema.dataDirKey),
            "A folder with the data set's files, looked in before the network."
        ),
        (
            "\(TesseraVariable.cache), XDG_CACHE_HOME",
            "Where downloads are kept: \(TesseraVariable.cache), else XDG_CACHE_HOME/tessera, else "
                + "~/.cache/tessera."
        ),
        (TesseraVariable.cpuLevel, "Lowers the level of the kernels: base or avx2."),
        ("USER, LOGNAME", "Who decides on a deployment; the user database otherwise."),
        ("MLFLOW_TRACKING_URI", "The server that runs export sends to, where no flag names one."),
        (
            "MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD",
            "How runs export proves who it is."
        ),
        (
            [TesseraVariable.run, TesseraVariable.status, TesseraVariable.error]
                .joined(separator: ", "),
            "Set for the commands of --on-success and --on-failure, with "
                + "\(variable(of: ConfigSchema.homeKey))."
        ),
    ]

    private static func variable(of key: ConfigKey<RunConfig>) -> String {
        ConfigSchema.environmentName(of: key.name)
    }

    static let files: [(path: String, meaning: String)] = [
        ("tessera.yaml", "The configuration; tessera config init prints one with every key."),
        (".tessera/runs.sqlite", "What runs did."),
        (".tessera/artifacts", "What runs built, by SHA-256."),
        (".tessera/runs/RUN", "What people look at: figures, reports, checkpoints."),
        (".tessera/registry", "Models, and the record of decisions."),
        ("PREFIX/share/tessera", "The sample of 5,000 digits that is used without any other data."),
    ]
}

extension ExitStatus {
    /// What it says, for the manual.
    var meaning: String {
        switch self {
        case .success: "Success; for run and deploy: the model was deployed."
        case .failure: "Failure, such as a loss that became infinite."
        case .badInput:
            "Data or a file that is missing, broken or unverifiable, or that can't be written, "
                + "standard output included."
        case .gateRefused: "The gate refused."
        case .someNotScored: "Some inputs couldn't be scored."
        case .checkFailed: "A check failed that nothing may be built on."
        case .usage: "Wrong flag or configuration."
        case .interrupted: "Interrupted, after what was under way had been saved."
        case .readerGone: "The reader of standard output went away."
        }
    }
}
