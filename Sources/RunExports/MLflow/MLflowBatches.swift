import Foundation

/// The bodies of `runs/log-batch`: few enough entries and bytes in each.
///
/// Source: MLflow 3.17, `mlflow/utils/validation.py`: a call may have 1,000 metrics, 100 parameters
/// and 100 tags, and a megabyte.
struct MLflowBatches {
    enum Kind: String {
        case metrics, params, tags

        var limit: Int { self == .metrics ? 1000 : 100 }
    }

    static let byteLimit = 900_000

    private let run: String
    private let encoder: JSONEncoder

    init(run: String) {
        self.run = run
        encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // The names that protobuf's JSON has for them.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    }

    func bodies(_ kind: Kind, _ entries: [some Encodable]) throws -> [Data] {
        var bodies: [Data] = []
        var (batch, count) = (Data(), 0)
        for entry in entries {
            let json = try encoder.encode(entry)
            if count == kind.limit || (count > 0 && batch.count + json.count > Self.byteLimit) {
                bodies.append(body(kind, batch))
                (batch, count) = (Data(), 0)
            }
            if count > 0 { batch.append(UInt8(ascii: ",")) }
            batch.append(json)
            count += 1
        }
        return count > 0 ? bodies + [body(kind, batch)] : bodies
    }

    private func body(_ kind: Kind, _ entries: Data) -> Data {
        // MLflow's ids are letters, digits, _ and -.
        Data(#"{"run_id":"\#(run)","\#(kind.rawValue)":["#.utf8) + entries + Data("]}".utf8)
    }
}
