import Foundation
import TestSupport
import Testing

@testable import Training

/// `Tests/Golden/schedules.json`, written by `generate/schedules.py`.
private struct ScheduleGoldens: Decodable {
    var schedules: [ScheduleGolden]

    static let all: [ScheduleGolden] = {
        let data = try! Data(contentsOf: goldenFile("schedules.json"))
        return try! JSONDecoder().decode(ScheduleGoldens.self, from: data).schedules
    }()
}

struct ScheduleGolden: Decodable, CustomTestStringConvertible, Sendable {
    struct Options: Decodable {
        var step_size: Int?
        var gamma: Double?
        var epochs: Int?
        var minimum: Double?
        var total_steps: Int?
        var pct_start: Double?
        var div_factor: Double?
        var final_div_factor: Double?
        var factor: Double?
        var patience: Int?
        var threshold: Double?
        var cooldown: Int?
    }

    var name: String
    var kind: String
    var learning_rate: Double
    var options: Options
    /// Before each step (one_cycle and warm-ups) or epoch.
    var rates: [Double]
    var momentums: [Double]?
    var losses: [Double]?
    var warmup_steps: Int?
    var steps_per_epoch: Int?

    var testDescription: String { name }

    func makeSchedule() -> any LearningRateSchedule {
        let schedule: any LearningRateSchedule =
            switch kind {
            case "constant": ConstantRate(learningRate: learning_rate)
            case "step":
                StepLR(
                    learningRate: learning_rate, stepSize: options.step_size!,
                    gamma: options.gamma!)
            case "cosine":
                CosineAnnealing(
                    learningRate: learning_rate, epochs: options.epochs!,
                    minimumLearningRate: options.minimum!)
            case "one_cycle":
                OneCycle(
                    maximumLearningRate: learning_rate, totalSteps: options.total_steps!,
                    pctStart: options.pct_start!, divFactor: options.div_factor!,
                    finalDivFactor: options.final_div_factor!)
            case "plateau":
                ReduceLROnPlateau(
                    learningRate: learning_rate, factor: options.factor!,
                    patience: options.patience!, threshold: options.threshold!,
                    cooldown: options.cooldown!)
            default: fatalError("a schedule of kind \(kind)")
            }
        return warmup_steps.map { LinearWarmup(schedule, stepCount: $0) } ?? schedule
    }

    /// What the trainer tells between the rates of `index` and of `index + 1`.
    func advance(_ schedule: inout any LearningRateSchedule, _ index: Int) {
        if kind == "one_cycle" {
            schedule.stepFinished()
        } else if let stepsPerEpoch = steps_per_epoch {
            schedule.stepFinished()
            if (index + 1) % stepsPerEpoch == 0 { schedule.epochFinished(validationLoss: 1) }
        } else {
            schedule.stepFinished()
            schedule.epochFinished(validationLoss: losses?[index] ?? 1)
        }
    }
}

@Suite struct ScheduleTests {
    static let goldens = ScheduleGoldens.all

    @Test(arguments: goldens)
    func followsPyTorch(golden: ScheduleGolden) {
        var schedule = golden.makeSchedule()
        var rates: [Double] = []
        var momentums: [Double] = []
        for index in golden.rates.indices {
            rates.append(schedule.learningRate)
            if let momentum = schedule.momentum { momentums.append(momentum) }
            golden.advance(&schedule, index)
        }
        // Absolute only for cosines that end at zero by way of 1 + cos π.
        assertClose(rates, golden.rates, relative: 1e-12, absolute: 1e-18, golden.name)
        assertClose(momentums, golden.momentums ?? [], relative: 1e-12, golden.name)
    }

    @Test(arguments: goldens)
    func continuesFromSavedState(golden: ScheduleGolden) throws {
        var schedule = golden.makeSchedule()
        var resumed = golden.makeSchedule()
        for index in golden.rates.indices {
            golden.advance(&schedule, index)
            // Saved and restored, as JSON, after each step.
            let json = try JSONEncoder().encode(schedule.state)
            resumed = golden.makeSchedule()
            try resumed.restore(try JSONDecoder().decode(ScheduleState.self, from: json))
            #expect(resumed.learningRate == schedule.learningRate)
            #expect(resumed.momentum == schedule.momentum)
            #expect(resumed.state == schedule.state)
        }
    }

    @Test func goldensCoverEveryKindOverSixtySteps() {
        for kind in ["step", "cosine", "one_cycle", "plateau"] {
            let lengths = Self.goldens.filter { $0.kind == kind }.map(\.rates.count)
            #expect(lengths.max() ?? 0 >= 60, "\(kind)")
        }
    }

    @Test func oneCycleStaysAtItsLastRate() {
        var cycle = OneCycle(maximumLearningRate: 0.4, totalSteps: 10)
        for _ in 0..<9 { cycle.stepFinished() }
        let last = (cycle.learningRate, cycle.momentum)
        for _ in 0..<5 { cycle.stepFinished() }
        #expect(cycle.learningRate == last.0 && cycle.momentum == last.1)
    }

    /// 0.1 · 10 steps: the rise ends where it begins, where PyTorch divides by zero.
    @Test func aRiseOfNoLengthStartsAtTheTop() {
        let cycle = OneCycle(maximumLearningRate: 0.4, totalSteps: 10, pctStart: 0.1)
        #expect(cycle.learningRate == 0.4)
    }

    @Test func everyKeyOfTheConfigReachesItsSchedule() {
        let changes: [(String, Set<ScheduleType>, (inout ModelConfig) -> Void)] = [
            ("learning_rate", Set(ScheduleType.allCases), { $0.optimizer.learningRate = 0.1 }),
            ("epochs", [.cosine, .oneCycle], { $0.epochs = 19 }),
            ("warmup_steps", Set(ScheduleType.allCases), { $0.schedule.warmupSteps = 5 }),
            ("lr_step_size", [.step], { $0.schedule.lrStepSize = 3 }),
            ("lr_gamma", [.step], { $0.schedule.lrGamma = 0.7 }),
            ("cosine_min_lr", [.cosine], { $0.schedule.cosineMinLr = 1e-4 }),
            ("one_cycle_pct_start", [.oneCycle], { $0.schedule.oneCyclePctStart = 0.5 }),
            ("one_cycle_div_factor", [.oneCycle], { $0.schedule.oneCycleDivFactor = 3 }),
            ("one_cycle_final_div_factor", [.oneCycle], { $0.schedule.oneCycleFinalDivFactor = 3 }),
            ("plateau_factor", [.plateau], { $0.schedule.plateauFactor = 0.7 }),
            ("plateau_patience", [.plateau], { $0.schedule.plateauPatience = 2 }),
            ("plateau_threshold", [.plateau], { $0.schedule.plateauThreshold = 0.5 }),
            ("plateau_cooldown", [.plateau], { $0.schedule.plateauCooldown = 9 }),
        ]
        for kind in ScheduleType.allCases {
            var config = ModelConfig()
            config.schedule.type = kind
            config.schedule.plateauPatience = 1
            let usual = rates(config)
            for (key, affected, change) in changes {
                var changed = config
                change(&changed)
                #expect((rates(changed) != usual) == affected.contains(kind), "\(key) and \(kind)")
            }
        }
    }

    private func rates(_ config: ModelConfig) -> [Double] {
        var schedule = config.makeSchedule(stepsPerEpoch: 2)
        var rates: [Double] = []
        for epoch in 0..<18 {
            for _ in 0..<2 {
                rates.append(schedule.learningRate)
                schedule.stepFinished()
            }
            schedule.epochFinished(validationLoss: 1 - 0.01 * Double(epoch % 4))
        }
        return rates
    }

    // MARK: - States that no training wrote

    @Test func refusesStatesThatDoNotFit() {
        var negative = ScheduleState(learningRate: 0.1, count: -1)
        expectRefusal(StepLR(learningRate: 0.1, stepSize: 2), negative, "schedule.count")
        negative.count = .max
        expectRefusal(CosineAnnealing(learningRate: 0.1, epochs: 2), negative, "schedule.count")
        let past = ScheduleState(learningRate: 0.1, count: 11)
        expectRefusal(
            OneCycle(maximumLearningRate: 0.1, totalSteps: 10), past, "schedule.count is 11")
        let notANumber = ScheduleState(learningRate: .nan)
        expectRefusal(
            ConstantRate(learningRate: 0.1), notANumber, "schedule.learning_rate is nan")
        let plain = ScheduleState(learningRate: 0.1)
        expectRefusal(ReduceLROnPlateau(learningRate: 0.1), plain, "without plateau")
        expectRefusal(
            LinearWarmup(ConstantRate(learningRate: 0.1), stepCount: 3), plain, "without warm-up")
        var warm = plain
        warm.warmupStepCount = 4
        expectRefusal(
            LinearWarmup(ConstantRate(learningRate: 0.1), stepCount: 3), warm,
            "warmup_step_count is 4")
        var plateau = plain
        plateau.plateau = PlateauState()
        plateau.plateau?.badEpochCount = 11
        expectRefusal(
            ReduceLROnPlateau(learningRate: 0.1), plateau, "plateau.bad_epoch_count is 11")
        plateau.plateau?.badEpochCount = 0
        plateau.plateau?.cooldownCount = 1
        expectRefusal(
            ReduceLROnPlateau(learningRate: 0.1), plateau, "plateau.cooldown_count is 1")
    }

    /// The message names the field, and the schedule stays as it was.
    private func expectRefusal(
        _ schedule: any LearningRateSchedule, _ state: ScheduleState, _ words: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var schedule = schedule
        let before = schedule.state
        do {
            try schedule.restore(state)
            Issue.record("restored \(state)", sourceLocation: sourceLocation)
        } catch {
            #expect("\(error)".contains(words), sourceLocation: sourceLocation)
        }
        #expect(schedule.state == before, sourceLocation: sourceLocation)
    }
}
