import DigitPipeline
import Inference
import Measurement
import Training

/// What can take the times of its parts.
protocol Profiled: AnyObject {
    var profiling: Bool { get set }
    func takeProfile() -> [ProfileSection]
}

extension Network: Profiled {}
extension Predictor: Profiled {}

/// Goes along with a stream of equal steps: measures them, and then, if asked to, profiles as many
/// more as fit into some seconds. Profiled steps don't count as samples.
final class BenchRun {
    private let sampler: StepSampler
    private let profiled: (any Profiled)?
    private let profileSeconds: Double
    private var firstBatch: Result<Double, any Error>?
    private var profileStart = ContinuousClock.now
    private var profileElapsed = 0.0
    private var profileSteps = 0

    private static let longestProfile = 5.0

    /// - Parameter profiled: nil if no profile is wanted.
    init(seconds: Double, profiled: (any Profiled)?) {
        sampler = StepSampler(.standard(seconds: seconds))
        self.profiled = profiled
        profileSeconds = min(seconds, BenchRun.longestProfile)
    }

    /// Called once, right before the first step.
    func begin() { sampler.begin() }

    /// Called after each step.
    func stepFinished() {
        if firstBatch == nil { firstBatch = Result { try ProcessFacts.secondsSinceStart() } }
        if sampler.isDone {
            profileSteps += 1
            profileElapsed = (ContinuousClock.now - profileStart).inSeconds
        } else {
            sampler.stepFinished()
            if sampler.isDone, let profiled {
                profiled.profiling = true
                profileStart = .now
            }
        }
    }

    var isDone: Bool {
        sampler.isDone && (profiled == nil || profileElapsed >= profileSeconds)
    }

    /// The result of a run that is done; `subject` has what the run can't know.
    func result(_ subject: BenchSubject) throws -> BenchResult {
        guard let firstBatch else { preconditionFailure("the result of a run without steps") }
        return BenchResult(
            subject: subject.subject, batch: subject.batch, threads: subject.threads,
            parameters: subject.parameters, data: subject.data,
            imagesPerSecond: Speeds(sampler.stepsPerSecond.map { $0 * Double(subject.batch) }),
            latencyMs: Latencies(sampler.latencies), stepsPerSample: sampler.stepsPerBlock,
            secondsToFirstBatch: (try firstBatch.get() * 1000).rounded() / 1000,
            peakMemoryBytes: try ProcessFacts.peakMemoryBytes(), convolutionPlan: subject.plan,
            machine: .current, tesseraVersion: TesseraVersion.current,
            isDebugBuild: BenchRun.isDebugBuild, lastLoss: subject.lastLoss,
            profile: profiled.map {
                ProfileRow.rows(
                    $0.takeProfile(), steps: profileSteps, seconds: profileElapsed,
                    threads: subject.threads)
            })
    }

    private static var isDebugBuild: Bool {
        #if DEBUG
            true
        #else
            false
        #endif
    }
}

/// What was measured.
struct BenchSubject {
    let subject: BenchResult.Subject
    let batch: Int
    let threads: Int
    let parameters: Int
    let data: String
    let plan: ConvolutionPlan
    var lastLoss: Double?
}
