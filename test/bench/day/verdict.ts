import type { ReadEvent } from "../../../agent/demo/read-all.ts";

/** What came of all that was logged. */
export interface Verdict {
  logged: number;
  /** Different events that can be read. */
  delivered: number;
  missing: number;
  /** Events that are there once more than they should be. */
  doubled: number;
  /** Neighbours within a device whose stamps run backwards. */
  outOfOrder: number;
}

/** The earliest and latest stamp that an event is there with. */
interface Sighting {
  leastMs: number;
  mostMs: number;
  times: number;
}

interface Message {
  device: string;
  event?: string;
  args: unknown[];
}

const sightingsOf = (streams: readonly ReadEvent[][]): Map<string, Map<number, Sighting>> => {
  const devices = new Map<string, Map<number, Sighting>>();
  for (const { timestamp, message } of streams.flat()) {
    const { device, event, args } = JSON.parse(message) as Message;
    if (event !== undefined) continue;
    const seen = devices.get(device) ?? new Map<number, Sighting>();
    const ordinal = Number(args.at(-1));
    const { leastMs, mostMs, times } = seen.get(ordinal) ?? {
      leastMs: timestamp,
      mostMs: timestamp,
      times: 0,
    };
    seen.set(ordinal, {
      leastMs: Math.min(leastMs, timestamp),
      mostMs: Math.max(mostMs, timestamp),
      times: times + 1,
    });
    devices.set(device, seen);
  }
  return devices;
};

/** Compares how many events each device logged, numbered from 0, with what can be read. */
export const compare = (
  logged: ReadonlyMap<string, number>,
  streams: readonly ReadEvent[][],
): Verdict => {
  const devices = sightingsOf(streams);
  const verdict: Verdict = { logged: 0, delivered: 0, missing: 0, doubled: 0, outOfOrder: 0 };
  for (const [device, events] of logged) {
    const seen = devices.get(device);
    verdict.logged += events;
    let latestMs = 0;
    for (let ordinal = 0; ordinal < events; ordinal++) {
      const sighting = seen?.get(ordinal);
      if (sighting === undefined) {
        verdict.missing++;
        continue;
      }
      verdict.delivered++;
      verdict.doubled += sighting.times - 1;
      if (sighting.leastMs < latestMs) verdict.outOfOrder++;
      latestMs = Math.max(latestMs, sighting.mostMs);
    }
  }
  return verdict;
};
