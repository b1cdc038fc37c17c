import Kernels
import Training

extension ConfigSchema {
    /// `TESSERA_LEARNING_RATE` of `learning_rate`.
    public static func environmentName(of key: String) -> String {
        environmentPrefix + key.uppercased()
    }

    /// The settings made by `TESSERA_…` variables, in the order of their names. An empty variable
    /// counts as unset, and 1 and 0 as true and false.
    ///
    /// - Throws: `RunConfigError.unknownKey` for a `TESSERA_…` variable that is no key's,
    ///   `RunConfigError.cpuLevel` for a level that this CPU hasn't got.
    public static func settings(environment: [String: String]) throws -> [ConfigSetting] {
        try checkCPULevel(environment[TesseraVariable.cpuLevel])
        return try environment.sorted { $0.key < $1.key }.compactMap { name, text in
            guard name.hasPrefix(environmentPrefix), !text.isEmpty,
                !TesseraVariable.all.contains(name), !isServiceLink(name)
            else { return nil }
            return try setting(variable: name, text: text)
        }
    }

    /// Kernels that can't be had would silently be others, and give other bits.
    private static func checkCPULevel(_ text: String?) throws {
        let available = CPULevel.available.map(\.rawValue)
        guard let text, !text.isEmpty, !available.contains(text) else { return }
        throw RunConfigError.cpuLevel(got: text, available: available)
    }

    private static let environmentPrefix = "TESSERA_"

    private static func setting(variable: String, text: String) throws -> ConfigSetting {
        let origin = ConfigOrigin.environment(name: variable)
        let name = variable.dropFirst(environmentPrefix.count).lowercased()
        guard let key = key(named: name), environmentName(of: name) == variable else {
            throw RunConfigError.unknownKey(
                name: name, nearest: nearestKey(to: name), origin: origin)
        }
        var value = text
        if case .boolean = key.domain { value = ["1": "true", "0": "false"][text] ?? text }
        return ConfigSetting(key: name, value: .plain(value), origin: origin)
    }

    /// Kubernetes gives every pod such variables for a service that happens to be named `tessera`.
    private static func isServiceLink(_ name: String) -> Bool {
        ["SERVICE_HOST", "SERVICE_PORT", "PORT"].contains {
            let link = environmentPrefix + $0
            return name == link || name.hasPrefix(link + "_")
        }
    }
}
