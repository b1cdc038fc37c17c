import Kernels

/// What no network that can be computed exceeds. A description may come from a file, so its numbers are
/// held to these before they are multiplied.
enum NetworkLimits {
    /// Of a layer's option, such as its channels.
    static let option = 1 << 24
    /// Floats of one sample between two layers.
    static let values = 1 << 36
    /// The same of a network that is read from a file, whose weights may be few and its images huge.
    static let valuesInFile = 1 << 28
    /// Trainable values of a network: 8 GiB, and as much again for their gradients.
    static let parameters = 1 << 31

    /// - Returns: nil where the product is larger, or too large for a number.
    static func product(_ factors: [Int], atMost limit: Int) -> Int? {
        var product = 1
        for factor in factors {
            let (next, overflows) = product.multipliedReportingOverflow(by: factor)
            guard !overflows && next <= limit else { return nil }
            product = next
        }
        return product
    }
}

extension SampleShape {
    /// Whether it has at most so many values.
    func isWithin(_ limit: Int) -> Bool {
        NetworkLimits.product([height, width, channels], atMost: limit) != nil
    }

    /// - Throws: `NetworkDescriptionError` for more values than a sample can have.
    func check(layer: String, limit: Int = NetworkLimits.values) throws {
        guard isWithin(limit) else {
            throw NetworkDescriptionError(
                layer: layer, problem: "\(self) values a sample; expected at most \(limit)")
        }
    }
}
