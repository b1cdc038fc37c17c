/// What is said to the REST API and answered by it, under its own names.
///
/// Source: https://mlflow.org/docs/latest/api_reference/rest-api.html
enum MLflowMessages {
    struct Nothing: Decodable {}

    struct ExperimentID: Decodable { let experiment_id: String }

    struct ExperimentAnswer: Decodable {
        struct Experiment: Decodable {
            let experiment_id: String
            let lifecycle_stage: String?
        }

        let experiment: Experiment
    }

    struct Search: Encodable {
        let experiment_ids: [String]
        let filter: String
        let max_results = 1
        let order_by = ["attributes.start_time ASC"]
    }

    struct Runs: Decodable { let runs: [Run]? }

    struct RunAnswer: Decodable { let run: Run }

    struct Run: Decodable {
        struct Info: Decodable {
            let run_id: String
            let artifact_uri: String
        }

        struct Content: Decodable { let params: [MLflowContent.Pair]? }

        let info: Info
        let data: Content?
    }

    struct NewRun: Encodable {
        let experiment_id: String
        let run_name: String
        let start_time: Int64
        let tags: [MLflowContent.Pair]
    }

    struct RunUpdate: Encodable {
        let run_id: String
        let run_name: String
        let status: String
        let end_time: Int64?
    }
}
