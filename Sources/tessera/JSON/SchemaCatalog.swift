import Foundation

/// The JSON Schemas (draft 2020-12) of what commands print with `--json`; their files are in `Schemas`,
/// and within the program.
enum SchemaCatalog {
    /// Those of whole answers, by name.
    static let names = files.keys.filter { $0 != common }.sorted()

    /// The schema of each command's `--json`, by the command's path. Errors have `error`.
    static let commands = [
        "run": "run", "train": "run", "prepare": "prepare", "evaluate": "evaluate",
        "deploy": "decision", "models list": "models-list", "models show": "models-show",
        "models history": "models-history", "models rollback": "decision",
        "runs list": "runs-list", "runs show": "runs-show", "runs events": "runs-events",
        "runs lineage": "runs-lineage", "runs diff": "runs-diff", "runs delete": "runs-delete",
        "runs gc": "runs-gc", "runs export": "runs-export", "predict": "prediction-row",
        "predict --output": "predict-summary", "sweep": "ranking", "compare": "ranking",
        "config show": "config-show", "bench train": "bench-speed", "bench infer": "bench-speed",
        "bench accuracy": "bench-accuracy", "bench plan": "bench-plan", "summary": "summary",
    ]

    private static let common = "common"

    private static let files: [String: [UInt8]] = [
        common: PackageResources.common_json, "error": PackageResources.error_json,
        "run": PackageResources.run_json, "prepare": PackageResources.prepare_json,
        "evaluate": PackageResources.evaluate_json, "decision": PackageResources.decision_json,
        "models-list": PackageResources.models_list_json,
        "models-show": PackageResources.models_show_json,
        "models-history": PackageResources.models_history_json,
        "runs-list": PackageResources.runs_list_json,
        "runs-show": PackageResources.runs_show_json,
        "runs-events": PackageResources.runs_events_json,
        "runs-lineage": PackageResources.runs_lineage_json,
        "runs-diff": PackageResources.runs_diff_json,
        "runs-delete": PackageResources.runs_delete_json,
        "runs-gc": PackageResources.runs_gc_json,
        "runs-export": PackageResources.runs_export_json,
        "prediction-row": PackageResources.prediction_row_json,
        "predict-summary": PackageResources.predict_summary_json,
        "ranking": PackageResources.ranking_json,
        "config-show": PackageResources.config_show_json,
        "bench-speed": PackageResources.bench_speed_json,
        "bench-accuracy": PackageResources.bench_accuracy_json,
        "bench-plan": PackageResources.bench_plan_json,
        "summary": PackageResources.summary_json,
    ]

    /// A schema that stands by itself: what it has in common with others is within.
    ///
    /// - Returns: nil for an unknown name.
    /// - Throws: `DecodingError` for a file that isn't JSON.
    static func schema(_ name: String) throws -> JSONValue? {
        guard name != common, let file = files[name] else { return nil }
        var schema = try value(file)
        schema["$defs"] = try value(files[common]!)["$defs"]
        return schema
    }

    private static func value(_ file: [UInt8]) throws -> JSONValue {
        let text = String(decoding: file, as: UTF8.self)
        return try JSONValue(parsing: Data(text.replacing("common.json#/", with: "#/").utf8))
    }
}
