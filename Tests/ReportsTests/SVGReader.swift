import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Reads a picture with an XML parser, so that a test sees what a viewer would.
final class SVGReader: NSObject, XMLParserDelegate {
    struct Element {
        let name: String
        let attributes: [String: String]
        var text = ""

        func number(_ attribute: String) -> Double { Double(attributes[attribute] ?? "") ?? .nan }
    }

    private(set) var elements: [Element] = []
    private var open: [Int] = []

    /// Fails the test unless `svg` is well-formed.
    init(_ svg: String, sourceLocation: SourceLocation = #_sourceLocation) {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        #expect(
            parser.parse(), "\(String(describing: parser.parserError))",
            sourceLocation: sourceLocation)
        #expect(elements.first?.name == "svg", sourceLocation: sourceLocation)
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        open.append(elements.count)
        elements.append(Element(name: name, attributes: attributes))
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
        qualifiedName: String?
    ) { open.removeLast() }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if let index = open.last { elements[index].text += string }
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }
    var texts: [String] { all("text").map(\.text) }
    /// Tooltips, and first the title of the picture.
    var titles: [String] { all("title").map(\.text) }
}

/// Expects every number to be finite and every text to end within the picture.
func expectWithinPicture(
    _ reader: SVGReader, width textWidth: (String, Double) -> Double,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let picture = reader.elements[0]
    let (width, height) = (picture.number("width"), picture.number("height"))
    for text in reader.all("text") {
        let length = textWidth(text.text, text.number("font-size"))
        let start: Double =
            switch text.attributes["text-anchor"] {
            case "middle": -length / 2
            case "end": -length
            default: 0
            }
        let turn = text.attributes["transform"]?.dropFirst("rotate(".count).split(separator: " ")
        let angle = (turn?.first.flatMap { Double($0) } ?? 0) * .pi / 180
        for end in [start, start + length] {
            let x = text.number("x") + end * cos(angle)
            let y = text.number("y") + end * sin(angle)
            #expect(
                x >= 0 && x <= width && y >= 8 && y <= height - 2,
                "'\(text.text)' reaches (\(x), \(y)) of \(width) × \(height)",
                sourceLocation: sourceLocation)
        }
    }
    for element in reader.elements {
        for (name, value) in element.attributes {
            #expect(
                !value.contains("nan") && !value.contains("inf"),
                "\(element.name) \(name)=\(value)", sourceLocation: sourceLocation)
        }
    }
}
