export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Of the events of one visit, these many at this time. */
export interface Moment {
  readonly at: number;
  readonly events: number;
}

/** A visit to the app, unix milliseconds. */
export interface Visit {
  readonly from: number;
  readonly to: number;
  readonly moments: readonly Moment[];
}

export interface Person {
  readonly installAt: number;
  readonly visits: readonly Visit[];
  isOnline(atMs: number): boolean;
}

/** Light, middling and heavy users: visits a day, and events a visit at most. */
const KINDS = [
  { share: 0.4, visits: [1, 3], events: 6 },
  { share: 0.4, visits: [3, 8], events: 15 },
  { share: 0.2, visits: [8, 20], events: 30 },
] as const;

/** Someone with habits: hours of waking, a kind of use, hours of the day they come back to, and times without a network. */
export function createPerson(random: () => number, startMs: number, days: number): Person {
  const between = (low: number, high: number) => low + random() * (high - low);
  const draw = random();
  const kind = draw < 0.4 ? KINDS[0] : draw < 0.8 ? KINDS[1] : KINDS[2];
  const wakesAt = between(5.5, 10) * HOUR_MS;
  const sleepsAt = between(21, 25) * HOUR_MS;
  const favourites = Array.from({ length: 3 }, () => between(wakesAt, sleepsAt));
  /** Every night, by habit: flight mode, or the device is off. */
  const isOffAtNight = random() < 0.6;
  const offline: [number, number][] = [];
  const visits: Visit[] = [];
  for (let day = 0; day < days; day++) {
    const midnight = startMs + day * DAY_MS;
    const bedtime = midnight + sleepsAt + between(-0.5, 0.5) * HOUR_MS;
    if (isOffAtNight) offline.push([bedtime, midnight + DAY_MS + wakesAt + between(-0.5, 0.5) * HOUR_MS]);
    if (random() < 0.3) {
      const from = midnight + between(wakesAt, sleepsAt);
      offline.push([from, from + between(0.25, 6) * HOUR_MS]);
    }
    for (let left = Math.round(between(kind.visits[0], kind.visits[1])); left > 0; left--) {
      const favourite = favourites[Math.floor(random() * 3)] ?? wakesAt;
      const hour = random() < 0.5 ? favourite + between(-1, 1) * HOUR_MS : between(wakesAt, sleepsAt);
      visits.push(visit(midnight + hour));
    }
  }
  visits.sort((a, b) => a.from - b.from);
  return {
    installAt: startMs + between(wakesAt, Math.min(sleepsAt, 23.5 * HOUR_MS)),
    visits,
    isOnline: (atMs) => !offline.some(([from, to]) => atMs >= from && atMs < to),
  };

  function visit(from: number): Visit {
    const lengthMs = between(0.5, 25) * MINUTE_MS;
    const moments = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
      at: from + random() * lengthMs,
      events: 1 + Math.floor((random() * kind.events) / 3),
    }));
    return { from, to: from + lengthMs, moments: moments.sort((a, b) => a.at - b.at) };
  }
}
