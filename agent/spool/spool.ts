import type { Definition, Lookup } from "../../shared/definition.ts";
import type { Boot } from "../../shared/frame.ts";
import type { ClockState } from "../clock.ts";
import type { BootState } from "../session/boot-state.ts";
import type { ClosedBoot } from "../session/closing.ts";
import type { EvictedCount } from "./evicted.ts";
import type { Intent, Progress } from "./intent.ts";
import type { DiskUsage } from "./level/free-space.ts";

/** What the agent knows of one boot of a device; written together with each frame. */
export interface BootRecord extends BootState {
  device: string;
  clock: ClockState;
}

/** The same as it will be written: where the clock is a function it is asked as the write begins. */
export interface NewBootRecord extends BootState {
  device: string;
  clock: ClockState | (() => ClockState);
}

/** With all of its names, be what they stand for undefined. */
export type Whole<Type> = { [Name in keyof Required<Type>]: Type[Name] | undefined };

/** A frame as it arrived, with what the session found out about it. */
export interface NewFrame {
  /** The queue it waits in: one for each log stream. */
  lane: string;
  device: string;
  boot: Boot;
  /** First seq that was new; entries of the frame below it are stored already. */
  from: number;
  /** First seq beyond the frame. */
  end: number;
  /** Seqs from `cursor` to `from` that another store may hold, but this one does not: 0 for none. */
  lost: number;
  /** Boots that were cut off, as is known since this frame, the first of its boot. */
  closes: ClosedBoot[];
  /** Hash of the dictionary that formats of its boot may be tokens of. */
  dictionary?: string;
  /** When it was set aside, epoch ms. */
  asideMs?: number;
  /** Dead letters of the device that gave way before it was stored; the spool adds them. */
  evicted?: EvictedCount[];
  /** Events of its boot, from it on, that may have been delivered: their store was repaired. */
  repeated?: number;
  bytes: Uint8Array;
}

export interface StoredFrame extends NewFrame {
  /** Place in its lane; rises with each stored frame. */
  position: number;
  /** What it takes in the store. */
  storedBytes: number;
  /** The store gave back other bytes than it got. */
  isDamaged?: true;
}

/** What can never be delivered, kept with its reason. */
export interface DeadLetter {
  device: string;
  reason: string;
  /** When it was given up, epoch ms. */
  epochMs: number;
  /** Stamped events as they would have been sent, or the bytes that could not be read. */
  content: { timestamp: number; message: string }[] | { base64: string };
  /** Where the events belong. */
  target?: { group: string; stream: string };
}

/** A dead letter in the store. */
export interface StoredLetter extends DeadLetter {
  /** Names it for as long as it is kept. */
  id: string;
}

/** The end of an intent: what CloudWatch accepted or will never accept. */
export interface Settlement {
  lane: string;
  progress: Progress[];
  /** Frames with nothing left to deliver, oldest first. */
  delivered: StoredFrame[];
  deadLetters: DeadLetter[];
}

export interface SpoolUsage {
  frames: number;
  bytes: number;
  /** Of these, what is set aside. */
  asideBytes: number;
  limitBytes: number;
  /** Devices whose boots are known. */
  devices: number;
  /** Of the disk it lies on, where there is one. */
  disk?: DiskUsage;
}

/** One boot of one device. */
export interface BootOfDevice {
  device: string;
  boot: Boot;
}

/** A boot whose cursor is given up, and the lane its frames went to. */
export interface ForgottenBoot {
  boot: Boot;
  lane: string;
}

/** A definition that is held: its number, and the bytes of its text. */
export type HeldDefinition = [number: number, textBytes: number];

/** How the definitions of a boot change. */
export interface DefinitionsChange {
  added: Definition[];
  /** Numbers that no frame stored later uses. */
  retired: number[];
  /** All that are held from now on. */
  held: HeldDefinition[];
}

/** What an append changes besides the record of the frame's own boot. */
export interface DeviceChange {
  /** Nothing of the device was stored before. */
  isNewDevice: boolean;
  /** Older boots of the device. */
  forget: ForgottenBoot[];
  /** Of the frame's boot. */
  definitions?: DefinitionsChange | null;
  /** A boot whose definitions go, once its frames are delivered: as it is after that. */
  outdated?: OutdatedBoot | null;
}

/** A boot that holds definitions no more, and the lane its frames went to. */
export interface OutdatedBoot {
  record: BootRecord;
  lane: string;
}

/** What a spool may hold, and how it tells of what gives way. */
export interface SpoolLimits {
  /** Frames that may wait, in bytes as stored. */
  limitBytes: number;
  /** Share of `limitBytes` one lane may take, 0 to 1. */
  laneShare: number;
  /** Devices that may be known; a frame of one more has no room. */
  limitDevices: number;
  /** Dead letters kept with events, and as many with bytes that could not be read. */
  limitDeadLetters: number;
  /** A dead letter gave way to a newer one. */
  onEvicted(): void;
  /** Names a store that is new or was repaired: 32 bits; random ones where absent. */
  newStoreId?: () => number;
}

/** Frames the agent has stored and CloudWatch has not accepted. Survives a crash. */
export interface Spool {
  /** Names this store to devices: 32 bits. */
  readonly storeId: number;
  /** All that is known of a device, oldest boot first; every append so far included. */
  boots(device: string): Promise<BootRecord[]>;
  /** What is known of one boot, every append so far included; null where that is nothing. */
  boot(device: string, boot: Boot): Promise<BootRecord | null>;
  /** Which definitions of a boot none has replaced, every change so far included. */
  held(device: string, boot: Boot): readonly HeldDefinition[];
  /** What the numbers of a boot mean, as long as a frame waits that may use them. */
  lookup(device: string, boot: Boot): Lookup;
  /**
   * Whether a frame can be taken now: not where the spool or the lane is full, where the disk lags
   * too far behind, or where the device would be one too many.
   */
  hasRoom(lane: string, bytes: number, isNewDevice: boolean): boolean;
  /**
   * Stores a frame with what is known of its boot, and forgets older boots of the device. Of the
   * records of a boot that one write serves only the last is written, and its clock asked for. Resolves
   * once all of it is synced to disk, in the order of the calls of `append`, `define` and `synced`. Rejects
   * with `SPOOL_FAILED`, then always: nothing is retried. Frames that are synced together get one promise.
   */
  append(frame: NewFrame, record: NewBootRecord, change: DeviceChange): Promise<void>;
  /**
   * Stores definitions that came with a frame which is not stored itself, none of them retiring any.
   * Resolves as `append` does.
   */
  define(record: BootRecord, change: DefinitionsChange | null): Promise<void>;
  /** Resolves once all appended or defined so far is synced. */
  synced(): Promise<void>;
  /** Keeps bytes or events that can never be delivered; synced. Beyond the limit the oldest go. */
  bury(letter: DeadLetter): Promise<void>;
  /** Counts a dead letter of which there are too many to keep; told with the next frame of the device. */
  evict(device: string, reason: string): Promise<void>;
  /** Those with events first, each kind oldest first. */
  deadLetters(): Promise<StoredLetter[]>;
  /** Forgets dead letters; synced. Ids that are not known are passed over. */
  dropLetters(ids: readonly string[]): Promise<void>;
  /** Lanes in which frames wait. */
  lanes(): string[];
  /** Bytes of the frames that wait in a lane, as stored. */
  laneBytes(lane: string): number;
  /** Lanes whose intent is open. */
  intended(): Promise<string[]>;
  /** Frames of a lane, oldest first, until they exceed `limitBytes`; at least one where any waits. */
  read(lane: string, limitBytes: number): Promise<StoredFrame[]>;
  /**
   * Moves frames of a lane to the end of another, which waits for the dictionary with this hash.
   * Resolves once that is written, all or none of it; not synced.
   */
  setAside(lane: string, hash: string, frames: StoredFrame[], epochMs: number): Promise<void>;
  progress(lane: string): Promise<Progress[]>;
  /** Of these boots only, where they have any. */
  progressOf(lane: string, boots: readonly BootOfDevice[]): Promise<Progress[]>;
  /** The lane's open intent. */
  intent(lane: string): Promise<Intent | null>;
  /** Resolves once the intent is synced: only then may its call be made. */
  propose(intent: Intent): Promise<void>;
  /** Closes the lane's intent and forgets what was delivered. Not synced: an intent may reappear. */
  settle(settlement: Settlement): Promise<void>;
  usage(): SpoolUsage;
  /** Resolves once all that was begun is on disk; what is begun later rejects with `SPOOL_CLOSED`. */
  close(): Promise<void>;
}
