import type { Result } from "./linking-game.ts";

/** One line: the figure with its interval of 95 %, and what told most by itself. */
export function describeResult(what: string, { auc, standardError, truePairs, telling }: Result): string {
  const features = telling.map(([name, area]) => `${name} ${area.toFixed(2)}`).join(", ");
  const interval = `${auc.toFixed(3)} +- ${(1.96 * standardError).toFixed(3)}`;
  return `linking game: ${what}: AUC ${interval} (${truePairs} true pairs; ${features})\n`;
}
