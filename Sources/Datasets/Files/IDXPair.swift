import Foundation

/// The file of images and the file of labels that belong to it.
struct IDXPair {
    let images: URL
    let labels: URL

    /// An image set and the digests of its two files, images first.
    struct Content {
        let set: ImageSet
        let imageDigest: String
        let labelDigest: String
    }

    /// Reads and checks both.
    ///
    /// - Throws: `DatasetError` when either is refused, the counts differ, or a label is outside
    ///   the classes.
    func read(classNames: [String], limits: DatasetLimits) throws -> Content {
        // The labels are small: a mistake in them is found before the images are read. How many
        // there may be, the images' header says.
        let count = try IDXFile.dimensions(of: images, expecting: .images, limits: limits)[0]
        let (labelFile, labelDigest) = try IDXFile.read(
            labels, expecting: .labels, limits: limits
        ) { try checkCounts(images: count, labels: $0[0]) }
        if let index = labelFile.elements.firstIndex(where: { $0 >= classNames.count }) {
            throw DatasetError.labelOutsideClasses(
                file: labels.path, offset: 8 + index, got: Int(labelFile.elements[index]),
                classCount: classNames.count)
        }
        let (imageFile, imageDigest) = try IDXFile.read(
            images, expecting: .images, limits: limits
        ) { try checkCounts(images: $0[0], labels: labelFile.dimensions[0]) }
        let set = ImageSet(
            height: imageFile.dimensions[1], width: imageFile.dimensions[2],
            pixels: imageFile.elements, labels: labelFile.elements, classNames: classNames)
        return Content(set: set, imageDigest: imageDigest, labelDigest: labelDigest)
    }

    private func checkCounts(images imageCount: Int, labels labelCount: Int) throws {
        guard imageCount == labelCount else {
            throw DatasetError.countMismatch(
                imageFile: images.path, images: imageCount, labelFile: labels.path,
                labels: labelCount)
        }
    }
}
