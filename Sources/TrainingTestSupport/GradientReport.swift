/// How far a layer's gradients are from differences of its outputs.
public struct GradientReport: Sendable, CustomStringConvertible {
    /// One gradient: `dx`, or a parameter's.
    public struct Entry: Sendable {
        public let name: String
        /// ‖numeric − analytic‖ / ‖analytic‖; of no meaning where `vanishes`.
        public let relativeError: Double
        /// The largest difference's magnitude.
        public let largestDifference: Double
        /// Zero by the mathematics: then the differences have to be small themselves.
        public let vanishes: Bool

        init(_ name: String, _ numeric: [Float], _ analytic: [Float]) {
            self.name = name
            var (difference, norm, largest) = (0.0, 0.0, 0.0)
            for (left, right) in zip(numeric, analytic) {
                let error = Double(left) - Double(right)
                difference += error * error
                norm += Double(right) * Double(right)
                // Written so that NaN stays.
                if !(error.magnitude <= largest) { largest = error.magnitude }
            }
            relativeError = (difference / max(norm, .leastNormalMagnitude)).squareRoot()
            largestDifference = largest
            vanishes = norm.squareRoot() < 1e-4
        }

        /// Whether the gradient is right.
        public func isWithin(_ tolerance: Double) -> Bool {
            vanishes ? largestDifference < 2 * tolerance : relativeError < tolerance
        }
    }

    public let entries: [Entry]
    /// Where results change if memory is used as the layer's `memoryUse` and `backwardReads` allow.
    public let memoryFaults: [String]

    /// Of the entries that don't vanish.
    public var largestRelativeError: Double {
        entries.filter { !$0.vanishes }.map(\.relativeError).max() ?? 0
    }

    /// A line for each gradient.
    public var description: String {
        let lines = entries.map { entry in
            entry.vanishes
                ? "\(entry.name): vanishes, largest difference \(entry.largestDifference)"
                : "\(entry.name): relative error \(entry.relativeError), largest difference \(entry.largestDifference)"
        }
        return (lines + memoryFaults).joined(separator: "\n")
    }

    /// - Parameter tolerance: of ‖numeric − analytic‖ / ‖analytic‖. Float32 allows 1e-3; what is
    ///   wrong is off by far more.
    /// - Throws: `GradientError` where a gradient is wrong, or memory is used that the layer doesn't
    ///   claim.
    public func check(tolerance: Double = 1e-3) throws(GradientError) {
        let wrong = entries.filter { !$0.isWithin(tolerance) }.map(\.name)
        guard wrong.isEmpty && memoryFaults.isEmpty else {
            throw GradientError(wrong: wrong, tolerance: tolerance, report: self)
        }
    }
}

/// A layer's backward pass doesn't fit its forward pass.
public struct GradientError: Error, CustomStringConvertible {
    /// The gradients that are off.
    public let wrong: [String]
    public let tolerance: Double
    public let report: GradientReport

    public var description: String {
        let gradients =
            wrong.isEmpty
            ? "the gradients are right"
            : "wrong by more than \(tolerance): \(wrong.joined(separator: ", "))"
        return "\(gradients)\n\(report)"
    }
}
