import type { ReadEvent } from "./read-all.ts";

/** One log call, as a device wrote it down beside its logger. */
export interface RecordedCall {
  device: string;
  boot: string;
  /** Number of the call within its boot; also its last value. */
  ordinal: number;
  epochMs: number;
  level: string;
  tag: string;
  format: string;
  values: unknown[];
}

/** What came of all that was logged. */
export interface Verdict {
  logged: number;
  delivered: number;
  /** Logged, neither delivered nor counted as dropped; or delivered with other words or values. */
  missing: number;
  duplicates: number;
  /** Events that a reader meets after one of the same boot with a higher seq. */
  outOfOrder: number;
  /** Counted as dropped, at whichever place. */
  dropped: number;
  /** Largest difference between a stamp and the time of its call. */
  maxStampErrorMs: number;
}

/** The fields of a delivered message that a check needs. */
interface Message {
  device: string;
  boot: string;
  seq: number;
  level: string;
  tag?: string;
  format?: string;
  args?: unknown[];
  event?: string;
  count?: number;
}

const contentOf = (level: string, tag: string, format: unknown, values: unknown): string =>
  JSON.stringify([level, tag, format, values]);

const isSame = (call: RecordedCall, { level, tag = "", format, args }: Message): boolean =>
  contentOf(call.level, call.tag, call.format, call.values) === contentOf(level, tag, format, args);

/** Compares what devices say they logged with what CloudWatch gives back. */
export const check = (calls: readonly RecordedCall[], streams: readonly ReadEvent[][]): Verdict => {
  const expected = new Map(
    calls.map((call) => [`${call.device} ${call.boot} ${call.ordinal}`, call]),
  );
  const seen = new Set<string>();
  const verdict: Verdict = {
    logged: calls.length,
    delivered: 0,
    missing: 0,
    duplicates: 0,
    outOfOrder: 0,
    dropped: 0,
    maxStampErrorMs: 0,
  };

  const take = (message: Message, timestamp: number): void => {
    const key = `${message.device} ${message.boot} ${message.args?.at(-1)}`;
    const call = expected.get(key);
    if (call === undefined || !isSame(call, message)) return;
    if (seen.has(key)) verdict.duplicates++;
    else verdict.delivered++;
    seen.add(key);
    const errorMs = Math.abs(timestamp - call.epochMs);
    verdict.maxStampErrorMs = Math.max(verdict.maxStampErrorMs, errorMs);
  };
  for (const events of streams) {
    const lastSeq = new Map<string, number>();
    for (const { timestamp, message: text } of events) {
      const message = JSON.parse(text) as Message;
      if (message.event === "dropped") verdict.dropped += message.count ?? 0;
      if (message.event !== undefined) continue;
      const boot = `${message.device} ${message.boot}`;
      if (message.seq < (lastSeq.get(boot) ?? -1)) verdict.outOfOrder++;
      lastSeq.set(boot, message.seq);
      take(message, timestamp);
    }
  }
  verdict.missing = Math.max(0, verdict.logged - verdict.delivered - verdict.dropped);
  return verdict;
};

/** Nothing missing, nothing doubled, nothing out of order. */
export const isGood = ({ missing, duplicates, outOfOrder }: Verdict): boolean =>
  missing + duplicates + outOfOrder === 0;
