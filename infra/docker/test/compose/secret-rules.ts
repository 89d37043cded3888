import { referencesIn } from "./interpolate.ts";
import type { Rule } from "./rule.ts";

const SECRET_NAME = /(?:SECRET|PASSWORD|KEY|AUTH)$/;
const PLACEHOLDER = "CHANGEME";

/** `exampleText`: of .env.example. */
export function secretRules(exampleText: string): Record<string, Rule> {
  return {
    "has placeholders for secrets, each marked": ({ text }) =>
      linesOf(text).flatMap(({ code, comment, line }) => [
        ...referencesIn(code)
          .filter(({ name, fallback }) => SECRET_NAME.test(name) && !fallback?.includes(PLACEHOLDER))
          .map(({ name }) => `line ${line}: ${name} has no placeholder`),
        ...(code.includes(PLACEHOLDER) && comment !== PLACEHOLDER
          ? [`line ${line}: not marked # CHANGEME`]
          : []),
      ]),
    "holds no secret that cannot be changed": ({ compose }) =>
      Object.entries(compose.services).flatMap(([service, { environment = {} }]) =>
        Object.entries(environment)
          .filter(([name, value]) => isSecret(name, value) && !value.includes(PLACEHOLDER))
          .map(([name]) => `${service}: ${name} is written down`),
      ),
    "gives each variable one default, the example's": ({ text }) => {
      const example = new Map(
        [...exampleText.matchAll(/^#? ?([A-Z_]+)=([^\s#]*)/gm)].map(([, name, value]) => [name, value]),
      );
      const references = linesOf(text).flatMap(({ code }) => referencesIn(code));
      const used = new Set(references.map(({ name }) => name));
      return [
        ...references
          .filter(({ name, fallback }) => example.get(name) !== fallback)
          .map(({ name, fallback }) => `${name}: ${fallback} here, ${example.get(name)} in .env.example`),
        ...[...example.keys()]
          .filter((name) => !used.has(name ?? ""))
          .map((name) => `${name}: nothing uses it`),
      ];
    },
  };
}

function isSecret(name: string, value: string): boolean {
  return SECRET_NAME.test(name) || /:\/\/[^/]*:[^/]*@/.test(value);
}

function linesOf(text: string): { code: string; comment: string; line: number }[] {
  return text.split("\n").map((whole, index) => {
    const [code = "", comment = ""] = whole.split(/(?:^|\s)#\s*/);
    return { code, comment, line: index + 1 };
  });
}
