import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Reads a page with an XML parser: what it says, and what holds for any page of ours.
final class PageReader: NSObject, XMLParserDelegate {
    struct Element {
        let name: String
        let attributes: [String: String]
        /// With that of the elements within.
        var text = ""
    }

    private(set) var elements: [Element] = []
    private var open: [Int] = []

    /// Fails the test unless `html` is well-formed and keeps the promises of a self-contained page.
    init(_ html: String, sourceLocation: SourceLocation = #_sourceLocation) {
        super.init()
        let parser = XMLParser(data: Data(html.utf8))
        parser.delegate = self
        #expect(
            parser.parse(), "\(String(describing: parser.parserError))",
            sourceLocation: sourceLocation)
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        expectUniqueIDs(sourceLocation)
        expectNoReferencesOutside(sourceLocation)
        expectAccessible(sourceLocation)
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
        for index in open { elements[index].text += string }
    }

    // MARK: - What it says

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    func classed(_ name: String) -> [Element] {
        elements.filter { ($0.attributes["class"] ?? "").split(separator: " ").contains(name[...]) }
    }

    func texts(_ name: String) -> [String] { all(name).map(\.text) }
    /// The whole page's.
    var text: String { texts("body").joined() }

    /// The cells of the table with a caption, by row.
    func table(_ caption: String) -> [[String]] {
        guard let place = elements.firstIndex(where: { $0.name == "caption" && $0.text == caption })
        else { return [] }
        var rows: [[String]] = []
        for element in elements[(place + 1)...] {
            if element.name == "caption" { break }
            if element.name == "tr" { rows.append([]) }
            if ["td", "th"].contains(element.name) { rows[rows.count - 1].append(element.text) }
        }
        return rows
    }

    // MARK: - What always holds

    private func expectUniqueIDs(_ location: SourceLocation) {
        let ids = elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count, "\(ids)", sourceLocation: location)
        for element in elements {
            for (name, value) in element.attributes {
                let target =
                    name == "fill" && value.hasPrefix("url(#")
                    ? String(value.dropFirst(5).dropLast())
                    : name == "href"
                        ? String(value.dropFirst()) : name == "aria-labelledby" ? value : nil
                guard let target else { continue }
                #expect(ids.contains(target), "\(name)=\(value)", sourceLocation: location)
            }
        }
    }

    private func expectNoReferencesOutside(_ location: SourceLocation) {
        let names = Set(elements.map(\.name))
        #expect(
            names.isDisjoint(with: ["script", "link", "iframe", "object", "base", "form", "use"]),
            sourceLocation: location)
        for style in all("style") {
            #expect(!style.text.contains("url(") && !style.text.contains("@import"))
        }
        for element in elements {
            for (name, value) in element.attributes {
                #expect(!name.hasPrefix("on"), "\(name)", sourceLocation: location)
                if name == "href" { #expect(value.hasPrefix("#"), sourceLocation: location) }
                if name == "src" {
                    #expect(value.hasPrefix("data:image/png;base64,"), sourceLocation: location)
                }
                #expect(
                    name != "style" || value.hasPrefix("width: ") || value.hasPrefix("max-width: "),
                    sourceLocation: location)
            }
        }
    }

    private func expectAccessible(_ location: SourceLocation) {
        #expect(all("h1").count == 1, sourceLocation: location)
        for cell in all("th") {
            #expect(
                ["row", "col"].contains(cell.attributes["scope"]), sourceLocation: location)
        }
        #expect(all("table").count == all("caption").count, sourceLocation: location)
        for image in all("img") {
            #expect(image.attributes["alt"]?.isEmpty == false, sourceLocation: location)
        }
        for picture in all("svg") {
            #expect(picture.attributes["role"] == "img", sourceLocation: location)
        }
    }
}

/// Text that would become markup if it were not escaped, and characters that XML can't hold.
let hostileText = "<script>alert('x')</script> & \"quoted\" ]]> --> \u{0} url(#a) id=\"top\""
/// As a reader sees it.
let hostileTextShown =
    "<script>alert('x')</script> & \"quoted\" ]]> --> \u{FFFD} url(#a) id=\"top\""
