/// Texts and the lines on which each has a `/close` that is a command, worked out by hand from CommonMark 0.31.2 and,
/// for tables, GitHub's specification. A line counts where it is ordinary text of a paragraph, outside of quotations.
enum CommandCorpus {
  typealias Case = (text: String, lines: [Int])

  static let all: [Case] =
    tabs + escapes + entities + thematicBreaks + headings + indentedCode + fencedCode + html + definitions
    + quotations + lists + inlineCode + inlines + tables + characters

  /// https://spec.commonmark.org/0.31.2/#tabs
  static let tabs: [Case] = [
    ("\t/close", []), ("  \t/close", []), ("a\n\t/close", [2]), ("a\n \t/close", [2]), (" - a\n\n\t/close", [3]),
    ("- a\n\n\t\t/close", []), ("- a\n\n\t/close", [3]), ("- a\n\n  \t/close", [3]), (">\t\t/close", []),
    ("-\t\t/close", []), ("    a\n\t/close", []), ("/close\tcompleted", [1]), ("\t- a\n\t/close", []),
    ("#\tH\n/close", [2]), ("*\t*\t*\t\n/close", [2]), ("1.\ta\n\n\t/close", [3]), ("/close\t", [1]),
    ("- a\n\t- b\n\n\t  /close", [4]),
  ]

  /// https://spec.commonmark.org/0.31.2/#backslash-escapes
  static let escapes: [Case] = [
    ("\\/close", []), ("a\\\n/close", [2]), ("\\`a\n/close\n\\`", [2]), ("\\<a href='\n/close\n'>", [2]),
    ("\\[a\n/close](b)", []), ("\\[a\n/close\n](b)", [2]), ("[a\n/close\n\\](b)", [2]), ("\\# h\n/close", [2]),
    ("\\> q\n/close", [2]), ("\\- a\n/close", [2]), ("\\```\n/close", [2]), ("\\```\n/close\n\\``", []),
    ("`a\\`\n/close\n`", [2]), ("\\\\\n/close", [2]), ("/close\\\n/close", [2]), ("\\~~~\n/close", [2]),
    ("1\\. a\n/close", [2]), ("\\&lt;\n/close", [2]), ("\\<!--\n/close\n-->", [2]),
  ]

  /// https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
  static let entities: [Case] = [
    ("&#47;close", []), ("&sol;close", []), ("&#x2F;close", []), ("a\n&#47;close", []), ("&#62; q\n/close", [2]),
    ("&#42; a\n/close", [2]), ("&#96;&#96;&#96;\n/close", [2]), ("&lt;div&gt;\n/close", [2]), ("&#9;x\n/close", [2]),
    ("&#96;a\n/close\n&#96;", [2]), ("[a\n/close\n&#93;(b)", [2]), ("&nbsp;\n/close", [2]), ("&#32;/close", []),
    ("&#10;/close", []),
  ]

  /// https://spec.commonmark.org/0.31.2/#thematic-breaks
  static let thematicBreaks: [Case] = [
    ("***\n/close", [2]), ("- - -\n/close", [2]), ("_ _ _\n/close", [2]), ("    ***\n/close", [2]),
    ("a\n***\n/close", [3]), ("/close\n***", [1]), ("/close\n___", [1]), ("/close\n- - -", [1]), ("--\n/close", [2]),
    ("---\n/close", [2]), ("   ***\n/close", [2]),
  ]

  /// https://spec.commonmark.org/0.31.2/#atx-headings and #setext-headings
  static let headings: [Case] = [
    ("# /close", []), ("/close\n# h", [1]), ("#h\n/close", [2]), ("####### h\n/close", [2]), ("    # h\n/close", [2]),
    ("a\n    # h\n/close", [3]), ("# a\\\n/close", [2]), ("#\n/close", [2]), ("# h #\n/close\n# h", [2]),
    ("a\n===\n/close", [3]), ("a\n/close\n===", []), ("a\n/close\n---", []), ("/close\n===", []), ("/close\n---", []),
    ("/close\n--", []), ("/close\n-", []), ("/close\n=", []), ("/close\n===  ", []), ("/close\n   ===", []),
    ("/close\n= =", [1]), ("/close\n    ===", [1]), ("/close\n\n---", [1]), ("/close\n\n===", [1]),
    ("> a\n/close\n===", []), ("- a\n/close\n===", [2]), ("- a\n/close\n---", [2]), ("a `b\n---\n/close\n`", [3]),
    ("\n===\n/close", [3]), ("/close\n--- -", [1]), ("/close\n====a", [1]),
  ]

  /// https://spec.commonmark.org/0.31.2/#indented-code-blocks
  static let indentedCode: [Case] = [
    ("    /close", []), ("     /close", []), ("   /close", [1]), ("  /close", [1]), ("a\n    /close", [2]),
    ("a\n          /close", [2]), ("    a\n/close", [2]), ("    a\n\n    /close", []), ("    a\n \n\n    /close", []),
    ("# h\n    /close", []), ("a\n***\n    /close", []), ("a\n\n    /close", []), ("***\n\n    /close\n/close", [4]),
    ("    a\n   /close", [2]), ("a\n\n    b\n\n/close", [5]), ("a\n===\n    /close", []),
  ]

  /// https://spec.commonmark.org/0.31.2/#fenced-code-blocks
  static let fencedCode: [Case] = [
    ("```\n/close\n```", []), ("~~~\n/close\n~~~", []), ("```\n/close\n~~~", []), ("~~~\n/close\n```", []),
    ("````\n/close\n```\n/close", []), ("```\n```\n/close", [3]), ("````\n```\n/close\n````", []), ("```\n/close", []),
    ("``\n/close\n``", []), ("```\na\n````\n/close", [4]), ("```\na\n  ```\n/close", [4]),
    ("```\na\n    ```\n/close", []),
    ("   ```\n/close\n```", []), ("    ```\n/close", [2]), ("a\n```\n/close\n```", []),
    ("a\n    ```\n/close\n    ```", []),
    ("```\n/close\n``` a", []), ("``` a b\n/close\n```", []), ("```a`b\n/close\n", [2]), ("~~~ a`b~\n/close\n~~~", []),
    ("```\n\n/close\n\n```", []), ("> ```\n/close", [2]), ("- ```\n/close", [2]), ("- ```\n  /close\n  ```", []),
    ("- ```\n  a\n  ```\n  /close", [4]), ("- ```\n  a\n/close\n  ```\n/close", [3]), ("~~~~~\n/close\n~~~~", []),
    ("1. ```\n   /close\n   ```\n\n/close", [5]), ("```\r\n/close\r\n```", []), ("```\r/close\r```", []),
    ("```\n<!--\n```\n/close", [4]), ("<!--\n```\n-->\n/close", [4]), ("> - ```\n>   /close", []),
    ("- - ```\n    /close\n    ```\n/close", [4]), ("- a\n\n  ```\n  /close\n\n  /close\n  ```\n\n  /close", [9]),
    ("```\n> /close\n```", []), ("~~~\n- /close\n/close\n~~~\n/close", [5]),
    ("<details>\n\n```\n/close\n```\n\n</details>", []),
    ("```\n/close\n\t```\n/close", []), ("```sh\n$ /close\n/close\n```\n/close", [5]),
    ("```\n/close\n``\n/close\n```\n/close", [6]),
    ("1. x\n\n   ~~~\n   /close\n   ~~~", []), ("a ```\n/close\n```", [2]), ("a ```\n/close\nb ```", []),
    ("```\n    /close\n```\n\n    /close", []),
    ("~~~\n~~~\n/close\n~~~", [3]), ("``` ```\n/close", [2]),
  ]

  /// https://spec.commonmark.org/0.31.2/#html-blocks, by the numbers of their kinds, and #raw-html
  static let html: [Case] = [
    // 1
    ("<script>\n/close\n</script>", []), ("<pre>\n\n/close\n</pre>\n/close", [5]), ("<style>\n\n/close", []),
    ("<textarea>\n\n/close\n</textarea>", []), ("<PRE>\n\n/close", []), ("<script>a</script>\n/close", [2]),
    ("<pre>\n/close\n</style>\n/close", [4]), ("<textarea>\n/close\n</textarea>\n/close", [4]),
    ("<prea>\n\n/close", [3]),
    // 2
    ("<!--\n/close\n-->", []), ("<!-- a -->\n/close", [2]), ("a <!--\n/close\n-->", []),
    ("a <!-- b\n\n/close\n-->", [3]),
    ("<!--\n\n/close\n", []), ("<!-- -->/close", []), ("   <!--\n/close\n-->", []), ("    <!--\n/close\n-->", [2]),
    ("a\n<!--\n/close\n-->", []), ("<!---->\n/close", [2]), ("<!-- a -->\n\n/close", [3]), ("/close <!--\n-->", [1]),
    ("<!-- a\nb --> c\n/close", [3]), ("<!-- Describe the bug\n/close to close -->\n/close", [3]),
    // 3
    ("<?php\n/close\n?>", []), ("<?php\n\n/close\n?>", []), ("<? a ?>\n/close", [2]), ("a <?php\n/close\n?>", []),
    // 4
    ("<!DOCTYPE html>\n/close", [2]), ("<!A\n\n/close\n>", []), ("<!doctype\n\n/close\n>", []),
    ("a <!X b\n/close\nc>", []), ("a <!x b\n/close\nc>", []), ("a <!X b\n/close\n>", [2]),
    // 5
    ("<![CDATA[\n/close\n]]>", []), ("<![CDATA[\n\n/close\n]]>\n/close", [5]), ("a <![CDATA[\n/close\n]]>", []),
    // 6
    ("<div>\n/close", []), ("<div>\n\n/close", [3]), ("</div>\n/close", []), ("<div\n/close", []),
    ("<DIV CLASS=a\n/close", []), ("<details open>\n/close", []), ("a\n<div>\n/close", []), ("<div*a\n/close", [2]),
    ("<hr>\n/close", []), ("<table>\n<tr>\n\n/close", [4]), ("<li>\n/close\n</li>", []), ("<div></div>\n/close", []),
    ("<details>\n<summary>a</summary>\n\n/close\n\n</details>", [4]), ("<search>\n/close\n</search>", []),
    ("a\n<search>\n/close", []), ("    <div>\n/close", [2]), ("<summary>a\n/close", []), ("<br/>\n/close", []),
    // 7
    ("<a>\n/close", []), ("<a href='x'>\n/close", []), ("<a> b\n/close", [2]), ("a\n<a>\n/close", [3]),
    ("</a>\n/close", []), ("<a\n/close", [2]), ("<x-y/>\n/close", []), ("<x-y>\n\n/close", [3]),
    ("<ins>\n/close\n</ins>", []),
    ("<ins>\n\n/close\n\n</ins>", [3]), ("<ins>a\n/close", [2]), ("<divx>\n/close", []),
    // Within a line
    ("a <b c='\n/close\n'>d</b>", []), ("a <b c=\n/close\nd>", []), ("a <b c=\n/close\n>", [2]),
    ("**a** <b>\n/close\n</b>", [2]), ("<1a>\n/close", [2]),
    ("< a>\n/close", [2]), ("<http://a>\n/close", [2]), ("<a@b.c>\n/close", [2]), ("a < b\n/close\n> c", [2]),
    ("a <b\n/close", [2]), ("<http://a\n/close\n>", [2]),
  ]

  /// https://spec.commonmark.org/0.31.2/#link-reference-definitions
  static let definitions: [Case] = [
    ("[a]: b\n/close", [2]), ("[a]:\n/close", []), ("[a]:\n/close\n/close", [3]), ("[a]: b\n'\n/close\n'", []),
    ("[a]: b '\n/close\n'", []), ("[a]: b '\n\n/close\n'", [3]), ("[a]: b 'c\n/close", [2]), ("[\na\n/close\n]: b", []),
    ("a\n[b]: c\n/close", [3]), ("[a]: <b\n/close>", []), ("[a]: <b\n/close", [2]), ("[a]: b \"c\" d\n/close", [2]),
    ("# [a]\n[a]: b\n/close", [3]), ("[a]: b\n===\n/close", [3]), ("> [a]: b\n/close", []), ("[a]: b\n\n/close", [3]),
    ("[a]: b\n[c]: d\n/close", [3]), ("[a]\n\n[a]: b\n/close", [4]), ("[]: b\n/close", [2]),
  ]

  /// https://spec.commonmark.org/0.31.2/#block-quotes
  static let quotations: [Case] = [
    ("> /close", []), (">/close", []), ("   > /close", []), ("    > a\n/close", [2]), ("> a\n/close", []),
    ("> a\n\n/close", [3]), ("> a\n>\n/close", [3]), ("> a\n> ---\n/close", [3]), ("> ***\n/close", [2]),
    ("> # a\n/close", [2]), ("> - a\n/close", []), (">     a\n/close", [2]), ("> ```\n/close\n```", [2]),
    ("> <div>\n/close", [2]), ("> > a\n/close", []), ("> > a\n> /close", []), (">>> a\n/close", []),
    ("> a\n- /close", []), ("> a\n***\n/close", [3]), ("> a\n# h\n/close", [3]), ("> a\n```\n/close", []),
    ("- > a\n/close", []), ("- > a\n\n  /close", [3]), ("1. > a\n   /close", []), ("> a\n    - b\n/close", []),
    ("> 1. a\n/close", []), ("> a\n===\n/close", []), ("> [!NOTE]\n> a\n\n/close", [4]), (">\n/close", [2]),
    ("> a\nb\nc\n/close", []), ("> a\n    /close", []), ("a\n> b\n/close", []), ("/close\n> a", [1]),
    ("> ```\n> /close\n> ```", []), ("> `a\n/close\n`", []), (">\n> a\n/close", []), ("> a\n>\n> b\n\n/close", [5]),
    ("On Monday, a wrote:\n> /close\n\n/close", [4]), ("> a\n\n\n/close", [4]), ("> <!--\n/close\n-->", [2]),
  ]

  /// https://spec.commonmark.org/0.31.2/#list-items and #lists
  static let lists: [Case] = [
    ("- /close", []), ("- a\n  /close", [2]), ("- a\n/close", [2]), ("- a\n- b\n/close", [3]), ("- a\n\n/close", [3]),
    ("- a\n\n\n/close", [4]), ("1. a\n   /close", [2]), ("1) a\n   /close", [2]), ("- [ ] a\n  /close", [2]),
    ("+ a\n\n  b\n\n  /close", [5]), ("* a\n  * b\n    /close", [3]), ("- a\n  > b\n  /close", []),
    ("- # a\n  /close", [2]),
    ("- a\n  - b\n\n  /close", [4]), ("- a\n  - b\n\n    /close", [4]), ("- a\n  - b\n\n      /close", [4]),
    ("- a\n  - b\n\n        /close", []), ("123456789. a\n/close", [2]), ("1234567890. a\n/close", [2]),
    ("- a\n\n  ~~~\n  /close\n  ~~~", []), ("- a\n\n      b\n\n  /close", [5]), ("1. a\n\n2. b\n\n   /close", [5]),
    ("- ***\n/close", [2]), ("- <div>\n/close", [2]), ("- <!--\n/close\n-->", [2]), ("- <!--\n  /close\n  -->", []),
    ("- a\n    /close", [2]), ("- a\n\n    /close", [3]), ("- a\n\n      /close", []), ("1.  a\n\n        /close", []),
    ("1.  a\n\n    /close", [3]), ("10. a\n\n    /close", [3]), ("10. a\n\n   /close", [3]),
    ("  - a\n\n    /close", [3]),
    ("-    a\n\n     /close", [3]), ("-     a\n\n  /close", [3]), ("-\n  /close", [2]), ("-\n\n  /close", [3]),
    ("- a\n b\n/close", [3]), ("/close\n- a", [1]), ("/close\n1. a", [1]), ("/close\n2. a", [1]), ("/close\n+", [1]),
    ("/close\n*", [1]), ("-1. a\n/close", [2]), ("-a\n/close", [2]), ("1. /close", []), ("* /close\n/close", [2]),
    ("- a\n\n\n \n  /close", [5]), ("- a\n\n\n\n      /close", []), ("-\n\n\n  /close", [4]),
    ("- - a\n    /close", [2]),
  ]

  /// https://spec.commonmark.org/0.31.2/#code-spans
  static let inlineCode: [Case] = [
    ("`/close`", []), ("`a\n/close\n`", []), ("``a\n/close\n`b``", []), ("`a\n/close", [2]), ("``a`\n/close", [2]),
    ("`a\n\n/close\n`", [3]), ("`` a\n/close\n``` b``", []), ("*`a*\n/close\n`", []),
    ("`<a href=\"`\n/close\n\">`", [2]),
    ("<a href=\"`\">`\n/close\n`", []), ("[a`](b)\n/close\n`", []), ("` `` `\n/close", [2]),
    ("a `b` c `d\n/close\ne`", []),
    ("\\``a\n/close\n`", []), ("`a`\n/close\n`b`", [2]), ("``` a\n/close ```", []), ("`a\n- /close`\n/close", [3]),
    ("`a\n***\n/close\n`", [3]),
  ]

  /// https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis, #links, #images, #hard-line-breaks
  static let inlines: [Case] = [
    ("*a\n/close\nb*", [2]), ("**a\n/close**", []), ("_a\n/close\n_", [2]), ("*/close*", []),
    ("***a\n/close\nb***", [2]),
    ("~~a\n/close\nb~~", [2]), ("*a\n\n/close\n*", [3]), ("[a\n/close\nb](c)", []), ("![a\n/close\nb](c)", []),
    ("[a\n/close\nb]", [2]), ("[a\n/close\nb][]\n\n[a /close b]: c", []), ("[a\n/close\nb]\n\n[a /close b]: c", []),
    ("[a\n/close\n][d]\n\n[d]: e", []), ("[a\n/close\n][d]", [2]), ("[a](b\n/close\n)", [2]),
    ("[a](<b>\n'\n/close\n')", []),
    ("[a](\n/close\n)", []), ("[a](b \"\n/close\n\")", []), ("[a] (b\n/close\n)", [2]), ("[/close](a)", []),
    ("[a](b)\n/close", [2]),
    ("![a](b)\n/close", [2]), ("a  \n/close", [2]), ("/close  \n/close", [1, 2]),
    ("[a\n/close\nb\n\n[a /close b]: c", [2]),
    ("[![a\n/close\n](b)](c)", []), ("[x\n/close\ny]: z", []), ("[[a\n/close\n](b)]", []), ("https://a.b\n/close", [2]),
    ("@a\n/close", [2]), ("[a\n/close\nb]\n/close\n\n[a /close b]: c", [4]),
    ("[a\n/close\n/close\nb]\n\n[a /close /close b]: c", []),
    ("[a\n/close\n/close]\n\n[b\n/close]\n\n[a /close /close]: c\n[b /close]: d", []),
  ]

  /// https://github.github.com/gfm/#tables-extension-
  static let tables: [Case] = [
    ("a | b\n--|--\n/close", []), ("a | b\n--|--\nc | d\n\n/close", [5]), ("| a |\n| --- |\n/close", []),
    ("a\n--|--\n/close", [3]), ("a | b\n/close", [2]), ("/close | b\n--|--", []), ("/close | b\n--|--|--", [1]),
    ("a\n:-:\n/close", []), ("x\na | b\n--|--\n/close", []), ("a | b\n:-: | -:\n/close\n/close", []),
    ("a | b\n--|--\n# h\n/close", [4]), ("```\na | b\n--|--\n```\n/close", [5]),
    ("a | b\n--|--\n```\n/close\n```\n/close", [6]),
    ("--|--\n/close", [2]), ("a \\| b\n--|--\n/close", [3]), ("| a | b |\n|---|---|\n| c | /close |\n\n/close", [5]),
    ("- a | b\n  --|--\n  /close", []), ("a | b\n-- -|--\n/close", [3]), ("a | b\n\n--|--\n/close", [4]),
  ]

  /// Line endings, and characters that show nothing: https://spec.commonmark.org/0.31.2/#characters-and-lines
  static let characters: [Case] = [
    ("/close", [1]), ("/close\n/close", [1, 2]), ("a\n\n/close", [3]), ("\n\n  /close\n", [3]), ("a\r/close\rb", [2]),
    ("a\r\n/close\r\nb", [2]), ("a\n\r/close", [3]), ("/close\r\n\r\n/close", [1, 3]), ("a\u{2028}/close", []),
    ("a\u{0B}/close", []), ("a\u{85}/close", []), ("\u{A0}/close", []), ("\u{FEFF}/close", [1]),
    ("\u{FEFF}a\n/close", [2]),
    ("a\n\u{FEFF}/close", []), ("\u{FEFF}    /close", []), ("\0\n/close", [2]), ("/close\0", []), ("/clo\0se", []),
    ("a\0\n/close", [2]),
    ("```\0\n/close", []), (">\0a\n/close", []), ("/CLOSE", [1]), ("／close", []), ("\u{200B}/close", []),
    ("/close\u{200B}", []),
    ("🚢\n/close\n🚢", [2]), ("/сlose", []), ("//close", []), ("/ close", []), ("/close/", []), ("/close.", []), ("", []),
    ("/", []),
    ("a /close", []), ("please\n/close\nnow", [2]), (String(repeating: "\n", count: 50) + "/close", [51]),
  ]
}
