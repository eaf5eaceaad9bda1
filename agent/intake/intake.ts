import type { Source } from "../../shared/topic.ts";

/** What arrives from devices. Both are called in the order of arrival and must not throw. */
export interface IntakeEvents {
  /** A payload on a device's `up` topic: any bytes whatever. */
  onFrame(source: Source, payload: Uint8Array): void;
  /** A device said, or its last will says, whether it is there. */
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
  stop(): Promise<void>;
}

export const messageToEvents = (
  events: IntakeEvents,
  source: Source | null,
  payload: Uint8Array,
): void => {
  if (source?.channel === "up") events.onFrame(source, payload);
  if (source?.channel === "state" && payload.length > 0) {
    events.onPresence(source, Buffer.from(payload).toString() === "online");
  }
};
