import Foundation
import SwiftProtobuf

extension Tensorboard_Event {
    /// The first event of a file.
    static func version(at time: Date) -> Self {
        var event = Self(at: time)
        event.fileVersion = "brain.Event:2"
        return event
    }

    /// A scalar in the form of PyTorch's `SummaryWriter`.
    static func scalar(_ metric: ExportedMetric) -> Self {
        var value = Tensorboard_Summary.Value()
        value.tag = metric.name
        value.simpleValue = Float(metric.value)
        return Self(value, at: metric.at, step: metric.step)
    }

    /// A text in Markdown, in the form of TensorBoard's own `summary.text`.
    static func text(_ text: String, tag: String, at time: Date) -> Self {
        var value = Tensorboard_Summary.Value()
        value.tag = tag
        value.metadata.pluginData.pluginName = "text"
        value.tensor.dtype = .dtString
        value.tensor.tensorShape = Tensorboard_TensorShapeProto()
        value.tensor.stringVal = [Data(text.utf8)]
        return Self(value, at: time)
    }

    init(_ value: Tensorboard_Summary.Value, at time: Date, step: Int = 0) {
        self.init(at: time)
        self.step = Int64(step)
        summary.value = [value]
    }

    private init(at time: Date) {
        self.init()
        wallTime = time.timeIntervalSince1970
    }
}

extension Message {
    /// Maps come in the order of their keys, so that a run always has the same bytes.
    func deterministicBytes() throws -> Data {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        return try serializedBytes(options: options)
    }
}
