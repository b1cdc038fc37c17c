import DigitPipeline
import Training

/// A value that `key` allows and that `config` doesn't have, as text.
func otherValue(of key: ConfigKey<RunConfig>, in config: RunConfig) -> String {
    let present = key.value(in: config)
    let candidates: [String] =
        switch key.domain {
        case .integer(let range, let divisor):
            [range.lowerBound, range.lowerBound + divisor].map { String($0) }
        case .number: ["0.015625", "0.5", "1.5"]
        case .boolean: ["true", "false"]
        case .choice(let names): names
        case .text where key.name == "image_size": ["32", "24x32"]
        case .text where key.name == "normalization": ["0.1307/0.3081", "measured"]
        case .text where key.name == "hidden": ["64,32"]
        case .text where key.name == "network": ["mlp"]
        case .text, .folder: ["images:a \"quoted\" ünicode\\path.csv"]
        }
    return candidates.first { text in
        var changed = config
        return (try? key.set(.plain(text), in: &changed)) != nil
            && key.value(in: changed) != present
    } ?? "no candidate for \(key.name)"
}
