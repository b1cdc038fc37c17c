import Foundation
import SwiftProtobuf

/// The HParams plugin's part of a run: each run is a session, and TensorBoard makes the table of
/// all sessions from what it finds in them.
///
/// Source: TensorBoard 2.21, `tensorboard/plugins/hparams/summary_v2.py`.
extension Tensorboard_Event {
    static func sessionStart(of run: ExportedRun) throws -> Self {
        var content = Tensorboard_HParamsPluginData()
        content.sessionStartInfo.hparams = run.parameters.mapValues(hyperparameter)
        content.sessionStartInfo.groupName = run.id
        content.sessionStartInfo.startTimeSecs = run.startedAt.timeIntervalSince1970
        return try session(content, tag: "_hparams_/session_start_info", at: run.startedAt)
    }

    /// Nil while the run goes on.
    static func sessionEnd(of run: ExportedRun) throws -> Self? {
        guard run.status != .running else { return nil }
        let time = run.finishedAt ?? run.metrics.last?.at ?? run.startedAt
        var content = Tensorboard_HParamsPluginData()
        content.sessionEndInfo.status = run.status == .succeeded ? .success : .failure
        content.sessionEndInfo.endTimeSecs = time.timeIntervalSince1970
        return try session(content, tag: "_hparams_/session_end_info", at: time)
    }

    /// Numbers and truth values as such, so that TensorBoard sorts by them.
    private static func hyperparameter(_ text: String) -> Google_Protobuf_Value {
        if text == "true" || text == "false" { return .init(boolValue: text == "true") }
        // `Double` also reads names and hexadecimal digits.
        let isDecimal = text.allSatisfy { "0123456789+-.eE".contains($0) }
        if isDecimal, let number = Double(text), number.isFinite {
            return .init(numberValue: number)
        }
        return .init(stringValue: text)
    }

    private static func session(
        _ content: Tensorboard_HParamsPluginData, tag: String, at time: Date
    ) throws -> Self {
        var value = Tensorboard_Summary.Value()
        value.tag = tag
        value.metadata.pluginData.pluginName = "hparams"
        value.metadata.pluginData.content = try content.deterministicBytes()
        // Readers skip a value without a tensor, even if all it says is in its metadata.
        value.tensor.dtype = .dtFloat
        value.tensor.tensorShape.dim = [Tensorboard_TensorShapeProto.Dim()]
        return Self(value, at: time)
    }
}
