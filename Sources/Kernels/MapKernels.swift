import CKernels
import LinearAlgebra

/// What is done to a convolution's output on its way to its readers: max(0, x · scale + shift + other),
/// for one sample, with channels in whole vectors.
public struct MapOperands {
    /// Compact, of the image's shape.
    public let x: FloatSlice
    public let constants: NormConstants
    /// Added before the activation; nil for nothing.
    public var other: MapAddend?
    public var isRectified: Bool
    /// By channel, what the values are multiplied by for their reader; nil for ones.
    public var mask: FloatSlice?

    public init(
        x: FloatSlice, constants: NormConstants, other: MapAddend? = nil, isRectified: Bool,
        mask: FloatSlice? = nil
    ) {
        self.x = x
        self.constants = constants
        self.other = other
        self.isRectified = isRectified
        self.mask = mask
    }

    fileprivate func check(_ height: Int, _ width: Int, _ channels: Int) {
        let count = height * width * channels
        precondition(
            channels % ImageView.channelMultiple == 0 && x.count == count
                && constants.scale.count == channels && constants.mean.count == channels
                && (other.map { $0.x.count == count } ?? true)
                && (mask.map { $0.count == channels } ?? true),
            "operands of a map of \(height)×\(width)×\(channels)")
    }

    fileprivate var pointers: tessera_map {
        tessera_map(
            x: UnsafePointer(x.pointer), scale: UnsafePointer(constants.scale.pointer),
            shift: UnsafePointer(constants.shift.pointer),
            other: other.map { UnsafePointer($0.x.pointer) },
            other_scale: (other?.constants?.scale.pointer).map { UnsafePointer($0) },
            other_shift: (other?.constants?.shift.pointer).map { UnsafePointer($0) },
            other_relu: other?.isRectified == true ? 1 : 0, relu: isRectified ? 1 : 0,
            mask: (mask?.pointer).map { UnsafePointer($0) })
    }
}

/// What is added to a map: values as they are, or made from another map's input.
public struct MapAddend {
    /// Compact.
    public let x: FloatSlice
    /// By channel, x · scale + shift; nil for x itself.
    public let constants: NormConstants?
    /// With constants: max(0, ·) of that.
    public let isRectified: Bool

    public init(x: FloatSlice, constants: NormConstants? = nil, isRectified: Bool = false) {
        self.x = x
        self.constants = constants
        self.isRectified = isRectified
    }
}

/// Writes a map's values.
///
/// - Parameters:
///   - values: compact, without the mask; nil for nowhere.
///   - image: with the mask; nil for nowhere.
public func mapValues(
    _ map: MapOperands, height: Int, width: Int, channels: Int, values: FloatSlice?,
    into image: ImageView?
) {
    map.check(height, width, channels)
    precondition(values.map { $0.count == height * width * channels } ?? true)
    precondition(
        image.map { $0.height == height && $0.width == width && $0.channels == channels } ?? true)
    var pointers = map.pointers
    tessera_map_values(
        &pointers, height, width, channels, values?.pointer, image?.values.pointer,
        image?.rowStride ?? 0, image?.pixelStride ?? 0)
}

/// Back through a map: the gradient in what is added up, from that in its values.
///
/// - Parameters:
///   - values: the map's values where they were kept; the sign of x · scale + shift counts else.
///   - du, extra: the gradient in the values, in one or two parts.
///   - g: overwritten, compact.
///   - sums: Σ g added from `offset` on; Σ g · (x − mean) in `sumsX`.
public func mapGradient(
    _ map: MapOperands, values: FloatSlice?, du: ImageView?, extra: FloatSlice?, height: Int,
    width: Int, channels: Int, into g: FloatSlice, sums: DoubleBuffer, sumsX: DoubleBuffer,
    offset: Int
) {
    map.check(height, width, channels)
    let count = height * width * channels
    precondition(
        g.count == count && (values.map { $0.count == count } ?? true)
            && (extra.map { $0.count == count } ?? true) && (du != nil || extra != nil))
    precondition(
        du.map { $0.height == height && $0.width == width && $0.channels == channels } ?? true)
    var pointers = map.pointers
    tessera_map_gradient(
        &pointers, values?.pointer, map.constants.mean.pointer, du?.values.pointer,
        du?.rowStride ?? 0, du?.pixelStride ?? 0, extra?.pointer, height, width, channels,
        g.pointer, sums.address(offset, length: channels),
        sumsX.address(offset, length: channels))
}

/// Writes y + bias + other into an image; of windows of 2×2 the largest, if pooled.
///
/// - Parameters:
///   - other: compact, of the output's shape; not with a pool.
///   - isRectified: max(0, ·) of the sum.
public func biasImage(
    _ y: ImageView, bias: FloatSlice, other: FloatSlice?, isRectified: Bool, isPooled: Bool,
    into image: ImageView
) {
    precondition(
        bias.count == y.channels && image.channels == y.channels
            && image.height == (isPooled ? y.height / 2 : y.height)
            && image.width == (isPooled ? y.width / 2 : y.width))
    precondition(
        other.map { !isPooled && $0.count == y.height * y.width * y.channels } ?? true)
    tessera_map_fold(
        y.values.pointer, y.rowStride, y.pixelStride, y.height, y.width, y.channels, bias.pointer,
        other?.pointer, isRectified ? 1 : 0, isPooled ? 1 : 0, image.values.pointer,
        image.rowStride, image.pixelStride)
}

/// y (+)= an image, compact.
public func keepImage(_ image: ImageView, adding: Bool, into y: FloatSlice) {
    precondition(y.count == image.height * image.width * image.channels)
    tessera_map_keep(
        image.values.pointer, image.rowStride, image.pixelStride, image.height, image.width,
        image.channels, adding ? 1 : 0, y.pointer)
}
