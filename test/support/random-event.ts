import { type LogEvent, levels, type Site, type Value } from "../../shared/event.ts";
import type { Random } from "./random.ts";

/** Logs as a program does: few sites that come again, formats that never do, texts of a small set. */
export interface RandomLog {
  event(uptimeMs: number): LogEvent;
}

const numbers = [0, -0, 1, -1, 0.5, 0.1 + 0.2, 1e-7, 5e-324, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53];
const edges = [31, 32, 6_175, 6_176, 530_463, 530_464, 34_084_895, 34_084_896, 4_329_052_192];
const rare: Value[] = [null, true, false, Number.NaN, Number.POSITIVE_INFINITY, "", "\ud800", "é"];

export const createRandomLog = (random: Random): RandomLog => {
  const sites: Site[] = Array.from({ length: 2 + random.below(12) }, (_, place) => {
    const tag = random.pick(["", "wifi", "mqtt"]);
    if (place % 4 === 1) return { level: "info", tag, format: `metric ${place}`, isMetric: true };
    return { level: random.pick(levels), tag, format: `site ${place} ${"%d ".repeat(place % 4)}` };
  });
  const texts = Array.from({ length: 1 + random.below(9) }, (_, place) => `text of ${place} `);
  let offs = 0;

  const anyNumber = (): number => {
    const sign = random.once(2) ? 1 : -1;
    const kind = random.below(6);
    if (kind === 0) return random.pick(numbers);
    if (kind === 1) return sign * (random.pick(edges) + random.below(3) - 1);
    if (kind === 2) return sign * Math.round(random.below(1e9)) * random.pick([1, 1e3, 1e6]);
    if (kind === 3) return (sign * random.below(5_000)) / random.pick([10, 100, 1_000, 1_000_000]);
    if (kind === 4) return (sign * random.below(1e6)) / 7;
    return sign * random.below(50);
  };
  const anyValue = (): Value => {
    const kind = random.below(8);
    if (kind < 4) return anyNumber();
    if (kind === 4) return random.pick(texts);
    if (kind === 5) return random.pick(texts).slice(0, random.below(9)) + random.below(99);
    if (kind === 6) return random.pick(rare);
    if (random.once(3)) return new Uint8Array(random.below(9)).fill(random.below(256));
    return random.once(2) ? { json: `[${random.below(9)}]` } : "x".repeat(50 + random.below(30));
  };
  const kept = new Map<Site, Value[]>();
  return {
    event(uptimeMs) {
      const isOff = random.once(5);
      const site: Site = isOff
        ? { level: "info", tag: "", format: `once ${offs++}` }
        : random.pick(sites);
      const before = kept.get(site);
      const count = isOff ? random.below(3) : sites.indexOf(site) % 4;
      const values = Array.from({ length: count }, (_, index) =>
        before && random.once(2) ? (before[index] as Value) : anyValue(),
      );
      if (!isOff) kept.set(site, values);
      return { kind: "event", uptimeMs, site, values };
    },
  };
};
