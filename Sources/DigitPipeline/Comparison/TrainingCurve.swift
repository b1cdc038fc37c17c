import Orchestration
import Reports
import RunFacts

/// The epochs of the training of a run's model, whichever run trained it.
public struct TrainingCurve: Sendable, Equatable {
    package typealias Step = LearningCurveFigure.Step

    package let epochs: [TrainingEpoch]
    /// In their order; empty where no step was recorded.
    package let steps: [Step]

    /// The epoch with the lowest validation loss, whose weights a training keeps.
    package var best: TrainingEpoch? {
        epochs.filter { $0.validationLoss?.isFinite == true }
            .min { $0.validationLoss! < $1.validationLoss! }
    }

    public var seconds: Double { epochs.reduce(0) { $0 + ($1.seconds ?? 0) } }

    /// - Throws: `StoreError`.
    package init(of run: String, in store: RunStore) throws {
        let model = try store.materializations(of: run).first(of: .model)
        var epochs: [Int: TrainingEpoch] = [:]
        let points = try store.metrics(of: model?.run ?? run)
        for point in points {
            guard let path = MetricName(rawValue: point.name)?.inEpoch, let number = point.epoch
            else { continue }
            epochs[number, default: TrainingEpoch(number: number)][keyPath: path] = point.value
        }
        self.epochs = epochs.values.sorted { $0.number < $1.number }
        steps = TrainingCurve.steps(points)
    }

    /// A resumed training has the earlier epochs' ends, but not their steps, which its first run has.
    private static func steps(_ points: [MetricPoint]) -> [Step] {
        let ends = points.filter { $0.name == MetricName.learningRate.rawValue }
        let recorded = points.filter { $0.name == MetricName.stepLearningRate.rawValue }
        guard !recorded.isEmpty,
            let end = ends.first(where: { ($0.epoch ?? 0) > 0 && $0.step > 0 }),
            let epoch = end.epoch
        else { return [] }
        let stepsPerEpoch = Double(end.step) / Double(epoch)
        let known = Set(recorded.compactMap(\.epoch))
        let rest = ends.filter { $0.epoch.map { !known.contains($0) } ?? false }
        return (recorded + rest).compactMap { point in
            point.value.map {
                Step(position: Double(point.step) / stepsPerEpoch, learningRate: $0)
            }
        }.sorted { $0.position < $1.position }
    }
}
