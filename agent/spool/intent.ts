import type { Boot } from "../../shared/frame.ts";
import type { StampQuality } from "../clock.ts";

/** How far one boot is delivered within a lane. */
export interface Progress {
  device: string;
  boot: Boot;
  /** First seq CloudWatch has not accepted. */
  next: number;
  /** Stamp of the last delivered event, epoch ms: the next may not be less. */
  stampMs: number;
  /** Its true stamp, where CloudWatch would not have taken that. */
  trueMs?: number;
}

/** How one entry of an intent is sent; never revised, but where CloudWatch refused the stamp. */
export interface IntentStamp {
  epochMs: number;
  /** Bound of the stamp's error; null where none is claimed. */
  errorMs: number | null;
  quality: StampQuality;
  /** The true stamp, where CloudWatch does not take it and `epochMs` is the nearest it accepts. */
  trueMs?: number;
  /** CloudWatch has accepted this many events of the entry, but not all of the batch. */
  accepted?: number;
  /** Why CloudWatch will never accept the rest of the entry: a dead letter, once the batch is settled. */
  refused?: string;
}

/** Consecutive entries of one boot in an intent, the first at seq `from`. */
export interface IntentRun {
  device: string;
  boot: Boot;
  from: number;
  /** First seq beyond the last entry. */
  end: number;
  /** Of each entry an `IntentStamp`, packed as `packStamps` does. */
  stamps: Uint8Array;
}

/** Events that are sent again although they may be there. */
export interface Repeated {
  count: number;
  /** The stream that has them, and is told. */
  target: { group: string; stream: string };
}

/** What is about to be sent to CloudWatch; without a settlement its outcome is unknown. */
export interface Intent {
  lane: string;
  group: string;
  stream: string;
  runs: IntentRun[];
  /** What is still to be told, with the next call. */
  repeated?: Repeated;
}
