/** An element: its children, or its text. */
export interface Element {
  readonly name: string;
  readonly attributes: string;
  readonly children: readonly Element[];
  readonly text: string;
}

const TOKEN = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w-]+)([^<>]*?)(\/?)>|([^<]+)/g;

/** Reads the XML that ClickHouse's settings are: elements, attributes, text; no entities, no CDATA. Throws where elements do not nest. */
export function readXml(xml: string): Element {
  const root = { name: "", attributes: "", children: [] as Element[], text: "" };
  const open: { name: string; attributes: string; children: Element[]; text: string }[] = [root];
  for (const [whole, closing, name = "", attributes = "", empty, text] of xml.matchAll(TOKEN)) {
    const innermost = open.at(-1) ?? root;
    if (text !== undefined) innermost.text += text.trim();
    else if (closing === "/") {
      if (innermost.name !== name) throw new Error(`${whole} closes <${innermost.name}>`);
      open.pop();
    } else if (closing === "") {
      const element = { name, attributes: attributes.trim(), children: [], text: "" };
      innermost.children.push(element);
      if (empty === "") open.push(element);
    }
  }
  const [document, ...others] = root.children;
  if (document === undefined || others.length > 0 || open.length > 1)
    throw new Error("not one whole element");
  return document;
}

/** The children of the element at that path of names; none where it is not. */
export function childrenAt(element: Element, ...path: readonly string[]): readonly Element[] {
  const [name, ...rest] = path;
  if (name === undefined) return element.children;
  const child = element.children.find((each) => each.name === name);
  return child === undefined ? [] : childrenAt(child, ...rest);
}
