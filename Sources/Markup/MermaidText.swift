/// Text for a label in a Mermaid diagram, to stand between double quotes.
///
/// Letters, digits and a little punctuation stay; everything else becomes Mermaid's own character reference, `#35;`
/// (https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters), so that a value ends neither the
/// label nor the code block around the diagram and brings no HTML.
public struct MermaidText: ExpressibleByStringInterpolation, Sendable, Hashable {
  public let text: String

  public init(stringLiteral value: String) { text = value }
  public init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

  public struct Interpolation: StringInterpolationProtocol {
    var text = ""

    public init(literalCapacity: Int, interpolationCount: Int) {}
    public mutating func appendLiteral(_ literal: String) { text += literal }
    public mutating func appendInterpolation(_ value: some BinaryInteger) { text += String(value) }
    public mutating func appendInterpolation(_ value: MermaidText) { text += value.text }

    public mutating func appendInterpolation(_ value: some StringProtocol) {
      for scalar in VisibleText.make(value, lineBreaks: .space).unicodeScalars {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", " ", ".", ",", "-", "/", "_", "–", "·": text.unicodeScalars.append(scalar)
        default: text += "#\(scalar.value);"
        }
      }
    }
  }
}
