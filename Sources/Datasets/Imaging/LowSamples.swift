/// Samples of fewer bits in a container of sixteen: cameras and scanners of 10, 12 or 14 bits store what
/// they measured as it is, and a converter may leave 8 bits so. Read by the container's range such a
/// picture is nearly black.
struct LowSamples {
    /// The bits that the samples have.
    let bits: Int
    var maximum: Int { 1 << bits - 1 }

    /// Nil for a picture that uses its range: one with a sample of a quarter of it, or a black one.
    ///
    /// - Parameter brightest: the picture's largest sample of 16 bits, alpha left out.
    /// - Parameter significant: the bits that the file says are significant, if it says so; believed
    ///   where no sample has more.
    init?(brightest: Int, significant: Int? = nil) {
        let stated = significant.flatMap { $0 < 16 && brightest < 1 << $0 ? $0 : nil }
        guard brightest > 0,
            let bits = stated ?? [8, 10, 12, 14].first(where: { brightest < 1 << $0 })
        else { return nil }
        self.bits = bits
    }

    /// A sample's value in 0–255.
    @inline(__always)
    subscript(sample: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: (min(sample, maximum) &* 255 &+ maximum / 2) / maximum)
    }

    func warning(brightest: Int) -> String {
        "the brightest sample of the 16-bit picture is \(brightest) of 65535; it was read as one of "
            + "\(bits) bits"
    }
}
