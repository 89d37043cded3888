import { createSeededFraction } from "../support/seeded-random.ts";
import { type Area, areaUnderCurve, type Scored } from "./area-under-curve.ts";
import { type Example, trainClassifier } from "./classifier.ts";
import { type AccountHistory, type Group, pairFeatures } from "./pair-features.ts";
import { DAY_MS } from "./person.ts";
import type { Issuance, Transcript } from "./transcript.ts";

export interface Game {
  /** The reports made with tokens of these epochs are in play. */
  readonly epochs: readonly number[];
  /** With which issuances a group is paired: those of its own epoch's tokens, or whatever was issued on the day of its reports. */
  readonly pairedBy: "epoch" | "day";
  readonly seed: number;
}

export interface Result extends Area {
  readonly truePairs: number;
  /** The best single features, as areas. */
  readonly telling: readonly (readonly [feature: string, auc: number])[];
}

interface Pair {
  readonly issuance: Issuance;
  readonly group: Group;
  readonly isTrue: boolean;
}

const FALSE_PAIRS_PER_TRUE_PAIR = 5;

/**
 * The operator is given pairs of an issuance and the reports of one token, and says how likely it is that they belong to one account.
 * It learns on the pairs of half of the accounts and is judged on those of the other half; then the other way round.
 */
export function playLinkingGame(transcript: Transcript, game: Game): Result {
  const random = createSeededFraction(`pairs ${game.seed}`);
  const groups = groupsOf(transcript, game);
  const histories = Map.groupBy(transcript.issuances, ({ account }) => account);
  const halves = [0, 1].map((half) => {
    const pairs = pairsOf(transcript.issuances, groups, game, random, (account) => account % 2 === half);
    return pairs.map((pair) => ({ ...pair, features: featuresOf(pair, histories) }));
  });
  const judged = halves.map((half, i) => judge(halves[1 - i] ?? [], half));
  const [first, second] = judged;
  if (first === undefined || second === undefined) throw new Error("two halves");
  return {
    auc: (first.auc + second.auc) / 2,
    standardError: Math.hypot(first.standardError, second.standardError) / 2,
    truePairs: halves.flat().filter(({ isTrue }) => isTrue).length,
    telling: tellingFeatures(halves.flat()),
  };
}

type Candidate = Pair & { readonly features: Record<string, number> };

function judge(training: readonly Candidate[], test: readonly Candidate[]): Area {
  const example = ({ features, isTrue }: Candidate): Example => ({
    features: Object.values(features),
    isTrue,
  });
  const score = trainClassifier(training.map(example));
  return areaUnderCurve(test.map((each) => scored(each, score(Object.values(each.features)))));
}

function scored({ isTrue, issuance }: Pair, score: number): Scored {
  return { score, isTrue, client: issuance.account };
}

function tellingFeatures(pairs: readonly Candidate[]) {
  const areas = Object.keys(pairs[0]?.features ?? {}).map((name) => {
    const { auc } = areaUnderCurve(pairs.map((each) => scored(each, each.features[name] ?? 0)));
    return [name, auc] as const;
  });
  return areas.sort((a, b) => Math.abs(b[1] - 0.5) - Math.abs(a[1] - 0.5)).slice(0, 4);
}

function featuresOf({ issuance, group }: Pair, histories: ReadonlyMap<number, AccountHistory>) {
  return pairFeatures(issuance, histories.get(issuance.account) ?? [], group);
}

function groupsOf({ redemptions, ownerOf }: Transcript, { epochs }: Game): Group[] {
  const inPlay = redemptions.filter(({ epoch }) => epochs.includes(epoch));
  return [...Map.groupBy(inPlay, ({ token }) => token)].map(([token, reports]) => ({
    reports,
    epoch: reports[0]?.epoch ?? 0,
    owner: ownerOf.get(token) ?? -1,
  }));
}

/** Every true pair among these accounts, and as many false ones as wanted, drawn evenly from all there are. */
function pairsOf(
  issuances: readonly Issuance[],
  groups: readonly Group[],
  { pairedBy, epochs }: Game,
  random: () => number,
  isPlaying: (account: number) => boolean,
): Pair[] {
  const dayOf = (each: Issuance) => (pairedBy === "epoch" ? each.epoch : Math.floor(each.atMs / DAY_MS));
  const pairs: Pair[] = [];
  for (const epoch of epochs) {
    const given = issuances.filter((each) => isPlaying(each.account) && dayOf(each) === epoch);
    const seen = groups.filter((each) => isPlaying(each.owner) && each.epoch === epoch);
    const trues = given.flatMap((issuance) =>
      seen
        .filter(({ owner }) => owner === issuance.account)
        .map((group) => ({ issuance, group, isTrue: true })),
    );
    pairs.push(...trues);
    for (let left = trues.length * FALSE_PAIRS_PER_TRUE_PAIR; left > 0; ) {
      const issuance = given[Math.floor(random() * given.length)];
      const group = seen[Math.floor(random() * seen.length)];
      if (issuance === undefined || group === undefined || issuance.account === group.owner) continue;
      pairs.push({ issuance, group, isTrue: false });
      left--;
    }
  }
  return pairs;
}
