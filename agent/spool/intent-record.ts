import type { Intent, IntentRun } from "./intent.ts";
import { decodeJson, encodeJson } from "./record.ts";

/** A run but for its stamps; `bytes` is what these take. */
interface RunHead extends Omit<IntentRun, "stamps"> {
  bytes: number;
}

interface IntentHead extends Omit<Intent, "runs"> {
  runs: RunHead[];
}

const lengthBytes = 4;

/**
 *   ┌─────────────┬──────────────────────────────────────────┬────────────────────────────┐
 *   │ length      │ where it goes, and which seqs of which   │ stamps of each run, packed │
 *   │ 4, big end  │ boots: JSON, of that length              │ to the end                 │
 *   └─────────────┴──────────────────────────────────────────┴────────────────────────────┘
 */
export const encodeIntent = ({ runs, ...where }: Intent): Uint8Array => {
  const heads = runs.map(({ stamps, ...run }): RunHead => ({ ...run, bytes: stamps.length }));
  const head = encodeJson({ ...where, runs: heads } satisfies IntentHead);
  const stampBytes = heads.reduce((sum, { bytes }) => sum + bytes, 0);
  const record = Buffer.allocUnsafe(lengthBytes + head.length + stampBytes);
  record.writeUInt32BE(head.length, 0);
  record.set(head, lengthBytes);
  let offset = lengthBytes + head.length;
  for (const { stamps } of runs) {
    record.set(stamps, offset);
    offset += stamps.length;
  }
  return record;
};

export const decodeIntent = (record: Uint8Array): Intent => {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  let offset = lengthBytes + view.getUint32(0);
  const { runs, ...where } = decodeJson<IntentHead>(record.subarray(lengthBytes, offset));
  return {
    ...where,
    runs: runs.map(({ bytes, ...run }) => {
      const stamps = Uint8Array.from(record.subarray(offset, offset + bytes));
      offset += bytes;
      return { ...run, stamps };
    }),
  };
};
