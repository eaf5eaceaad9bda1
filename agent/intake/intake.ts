import type { Source } from "../../shared/topic.ts";

/** What arrives from devices. Both are called in the order of arrival and must not throw. */
export interface IntakeEvents {
  /** A payload on a device's `up` topic: any bytes whatever. */
  onFrame(source: Source, payload: Uint8Array): void;
  /**
   * A device said, or its last will says, that it came or went, or sends a frame; called when that is
   * news.
   */
  onPresence(source: Source, isOnline: boolean): void;
  /** Something the operator should know. */
  onTrouble(message: string): void;
}

/** Where devices reach the agent: a broker of its own, or a connection to one. */
export interface Intake {
  /** Sends bytes to a device's `down` topic; lost without a word if the device is not there. */
  send(device: string, payload: Uint8Array): void;
  /** Where devices connect, `mqtt://host:port`. */
  readonly url: string;
  /** Resolves once devices are heard, or cannot be for now; absent where they are at once. */
  readonly tried?: Promise<void>;
  /** Takes the frames of these shards alone from now on; absent where devices come with all of theirs. */
  listen?(shards: ReadonlySet<number>): void;
  /** Whether a connection that spoke for the device is open; absent where connections are another's. */
  isConnected?(device: string): boolean;
  /** Reads nothing from the device's connection for a while; absent where connections are another's. */
  hush?(device: string, forMs: number): void;
  stop(): Promise<void>;
}

/** Devices that may be online: of more than that, presence is not followed. */
export const presenceLimit = 100_000;

/** What a payload on a `state` topic says; null for none of its two words. */
export const presenceOf = (payload: Uint8Array): boolean | null => {
  if (payload.length > "offline".length) return null;
  const word = Buffer.from(payload).toString();
  if (word === "online") return true;
  return word === "offline" ? false : null;
};

/** Takes messages on the topics of devices apart. */
export const createInbox = (
  events: IntakeEvents,
): ((source: Source, payload: Uint8Array) => void) => {
  const online = new Set<string>();
  const note = (source: Source, isOnline: boolean): void => {
    const { device } = source;
    if (isOnline === online.has(device)) return;
    if (!isOnline) online.delete(device);
    else if (online.size < presenceLimit) online.add(device);
    else return;
    events.onPresence(source, isOnline);
  };
  return (source, payload) => {
    if (source.channel === "up") {
      note(source, true);
      events.onFrame(source, payload);
    }
    if (source.channel !== "state") return;
    const isOnline = presenceOf(payload);
    if (isOnline !== null) note(source, isOnline);
  };
};
