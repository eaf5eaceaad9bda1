import { createInbox, type Intake, type IntakeEvents } from "../../agent/intake/intake.ts";
import type { Link } from "../../device/platform.ts";
import type { Source } from "../../shared/topic.ts";
import type { Clockwork } from "./clockwork.ts";
import type { Dice } from "./dice.ts";
import type { Faults } from "./faults.ts";
import { createWire, type Wire, type WireOptions } from "./wire.ts";

/** What lies between the devices and the agent: connections that fail, and a broker. */
export interface Network {
  /** The agent connects. `isAlive` says whether its process lives. */
  join(events: IntakeEvents, isAlive: () => boolean): Intake;
  /** The agent's process is gone, and its connection with it. */
  leave(): void;
  /** A device's end; of one device there is one at a time. */
  plug(device: string, end: DeviceEnd): Link;
  /** The device's connection breaks, and cannot be had again for so long. */
  cut(device: string, forMs: number): void;
  /** Nothing passes for so long, although both ends take the connection to stand. */
  partition(device: string, forMs: number): void;
  /** The broker is away for so long. What it held for the agent is lost unless it `keepsSession`. */
  restartBroker(forMs: number, keepsSession: boolean): void;
  /** Nothing is in the way any more. */
  heal(): void;
}

/** A start of a device, as its link needs it. */
export type DeviceEnd = Pick<WireOptions, "isAlive" | "asleepMs">;

export interface NetworkOptions {
  clockwork: Clockwork;
  dice: Dice;
  faults: Faults;
  /** The agent is the broker: who loses the one loses the other. */
  isEmbedded: boolean;
  /** Each message of a device, as it leaves. */
  onUp(device: string, payload: Uint8Array): void;
  /** Each message of a device, as it comes to an agent. */
  onArrival(payload: Uint8Array): void;
  /** Each message for a device, as it comes. */
  onDown(device: string, payload: Uint8Array): void;
  tell(what: string): void;
}

/** A device's place in the network. */
interface Place {
  wire: Wire;
  /** No connection can be had before. */
  downUntilMs: number;
  /** No message passes before. */
  silentUntilMs: number;
  /** When the last message comes, which the next one does not overtake. */
  lastUpMs: number;
  lastDownMs: number;
}

const usualMs = [2, 150] as const;
const delayedMs = [200, 90_000] as const;
const copyAfterMs = [1, 60_000] as const;
const reconnectMs = [20, 3_000] as const;

/** Messages that a broker holds for an agent that is away. */
const sessionLimit = 1_000;

export const createNetwork = (options: NetworkOptions): Network => {
  const { clockwork, dice, faults, isEmbedded, tell } = options;
  const places = new Map<string, Place>();
  const session: { source: Source; payload: Uint8Array }[] = [];
  let inbox: ((source: Source, payload: Uint8Array) => void) | null = null;
  let brokerDownUntilMs = 0;
  let hasJoined = false;

  const isBrokerUp = (): boolean =>
    clockwork.nowMs() >= brokerDownUntilMs && (!isEmbedded || inbox !== null);

  const connect = (place: Place): void => {
    const { wire } = place;
    if (places.get(wire.device) !== place || wire.isConnected() || !wire.isAlive()) return;
    if (isBrokerUp() && clockwork.nowMs() >= place.downUntilMs) wire.connect();
    else connectLater(place);
  };
  const connectLater = (place: Place): void => {
    clockwork.after(dice.between(...reconnectMs), () => connect(place));
  };
  const drop = (place: Place): void => {
    if (!place.wire.isConnected()) return;
    place.wire.drop();
    connectLater(place);
  };
  const leave = (): void => {
    inbox = null;
    if (isEmbedded) places.forEach(drop);
  };
  /** How long a message takes that leaves now, once for each copy; none where it is lost. */
  const delays = (lastMs: number): number[] => {
    if (faults.strikes("loss")) return [];
    const late = faults.strikes("delay") ? dice.spread(...delayedMs) : 0;
    const delayMs = late + dice.between(...usualMs);
    const overtakes = late > 0 || faults.strikes("reordering");
    const first = overtakes ? delayMs : Math.max(delayMs, lastMs - clockwork.nowMs());
    return faults.strikes("duplication") ? [first, first + dice.spread(...copyAfterMs)] : [first];
  };
  const receive = (source: Source, payload: Uint8Array): void => {
    if (!isBrokerUp()) return;
    tell(`a message of ${source.device} comes to the ${inbox === null ? "broker" : "agent"}`);
    if (inbox !== null) {
      options.onArrival(payload);
      inbox(source, payload);
    } else if (hasJoined && session.length < sessionLimit) session.push({ source, payload });
  };
  /** A message may come long after its connection has ended: bridges keep what they have. */
  const sendUp = (place: Place, source: Source, payload: Uint8Array): void => {
    const nowMs = clockwork.nowMs();
    if (source.channel === "up") options.onUp(source.device, payload);
    else tell(`${source.device} says ${Buffer.from(payload).toString()}`);
    if (nowMs < place.silentUntilMs) return;
    for (const delayMs of delays(place.lastUpMs)) {
      if (delayMs < usualMs[1]) place.lastUpMs = nowMs + delayMs;
      clockwork.after(delayMs, () => receive(source, payload));
    }
  };
  const sendDown = (device: string, payload: Uint8Array): void => {
    const nowMs = clockwork.nowMs();
    const place = places.get(device);
    if (place === undefined || !isBrokerUp() || nowMs < place.silentUntilMs) return;
    for (const delayMs of delays(place.lastDownMs)) {
      if (delayMs < usualMs[1]) place.lastDownMs = nowMs + delayMs;
      clockwork.after(delayMs, () => {
        options.onDown(device, payload);
        places.get(device)?.wire.deliver(payload);
      });
    }
  };
  return {
    leave,
    join(events, isAlive) {
      const own = createInbox(events);
      inbox = own;
      hasJoined = true;
      for (const { source, payload } of session.splice(0)) {
        clockwork.after(dice.between(...usualMs), () => receive(source, payload));
      }
      return {
        url: "mqtt://world",
        send(device, payload) {
          if (isAlive()) sendDown(device, new Uint8Array(payload));
        },
        async stop() {
          if (inbox === own) leave();
        },
      };
    },
    plug(device, end) {
      const send = (source: Source, payload: Uint8Array): void => sendUp(place, source, payload);
      const wire = createWire({ ...options, ...end, device, send });
      const last = { downUntilMs: 0, silentUntilMs: 0, lastUpMs: 0, lastDownMs: 0 };
      const place: Place = { ...last, ...places.get(device), wire };
      places.set(device, place);
      connectLater(place);
      return wire.link;
    },
    cut(device, forMs) {
      const place = places.get(device);
      if (place === undefined) return;
      place.downUntilMs = clockwork.nowMs() + forMs;
      drop(place);
    },
    partition(device, forMs) {
      const place = places.get(device);
      if (place !== undefined) place.silentUntilMs = clockwork.nowMs() + forMs;
    },
    restartBroker(forMs, keepsSession) {
      brokerDownUntilMs = clockwork.nowMs() + forMs;
      if (!keepsSession) session.splice(0);
      places.forEach(drop);
    },
    heal() {
      brokerDownUntilMs = 0;
      for (const place of places.values()) place.downUntilMs = place.silentUntilMs = 0;
    },
  };
};
