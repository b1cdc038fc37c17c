import Foundation

/// A command on a prepared home, and what it is for: that decides what is checked after a fault.
struct Scenario {
    enum Goal: Equatable {
        /// A training without a deployment: a run whose model is that of the undisturbed run.
        case training
        /// The same, ending with a model in production.
        case wholeRun
        /// A decision about a model; whether it is deployed then.
        case decision(deploys: Bool)
        case deletion(run: String)
        case cleaning
        /// A file below the work folder, that was there before with other content.
        case file(path: String, isDeterministic: Bool)
        /// Nothing may change.
        case reading
    }

    let name: String
    let goal: Goal
    /// The folder that each case starts from.
    let template: URL
    let arguments: [String]
    var expectedStatus: Int32 = 0
    /// The model in production before; it must be usable whatever happens, unless another one is.
    let deployedBefore: String?
    let runsBefore: [ListedRun]
    let stateBefore: FolderState
}

/// What the undisturbed command did.
struct Reference {
    let calls: [DiskCall]
    /// The artifact of the model of the run.
    let modelArtifact: String?
    let state: FolderState
    /// What is deployed afterwards.
    let deployed: String?
}

/// What stops the harness itself: it then proves nothing.
struct HarnessError: Error, CustomStringConvertible {
    let description: String
}

extension Scenario {
    /// Flags of a training of milliseconds that is deployed.
    static let training = [
        "--dataset", "idx:data", "--conv1-channels", "4", "--conv2-channels", "4",
        "--conv3-channels", "4", "--hidden-size", "8", "--batch-size", "16", "--learning-rate",
        "0.02", "--schedule", "constant", "--ema-decay", "none", "--no-augmentation", "--threads",
        "1", "--accuracy-threshold", "0.4",
    ]
    /// By epochs: 67 % of the test images right, and all of them.
    static let good = training + ["--epochs", "3"]
    static let better = training + ["--epochs", "6"]
    /// 33 %: as good as guessing.
    static let bad = training + ["--epochs", "1"]
}
