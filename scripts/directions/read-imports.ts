import { type Expression, parseSync, Visitor } from "oxc-parser";

/** One import, re-export or `import()` with a literal name. `line` counts from 1. */
export interface ImportSite {
  readonly specifier: string;
  readonly line: number;
  /**
   * Leaves nothing at run time. `import { type A }` does not count: type stripping keeps the statement,
   * so the module is still loaded.
   */
  readonly typeOnly: boolean;
}

/** Every import of one source text. Throws where the text does not parse: an unread file is an unchecked one. */
export function readImports(path: string, text: string): ImportSite[] {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path}: ${error.message}`);

  const sites: ImportSite[] = [];
  const add = (specifier: string | undefined, start: number, typeOnly: boolean) => {
    if (specifier !== undefined) sites.push({ specifier, line: lineAt(text, start), typeOnly });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node.start, node.importKind === "type"),
    ExportNamedDeclaration: (node) => add(node.source?.value, node.start, node.exportKind === "type"),
    ExportAllDeclaration: (node) => add(node.source.value, node.start, node.exportKind === "type"),
    ImportExpression: (node) => add(literalText(node.source), node.start, false),
    TSImportType: (node) => add(node.source.value, node.start, true),
  }).visit(program);
  return sites;
}

function literalText(node: Expression): string | undefined {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.value.raw;
  return undefined;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
