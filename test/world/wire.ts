import type { Link, LinkListener } from "../../device/platform.ts";
import { defaultPrefix, parseTopic, type Source } from "../../shared/topic.ts";
import type { Clockwork } from "./clockwork.ts";
import type { Dice } from "./dice.ts";
import type { Faults } from "./faults.ts";

/** A device's connection to the broker. */
export interface Wire {
  device: string;
  /** Whether the device that plugged it in has power and goes on. */
  isAlive(): boolean;
  isConnected(): boolean;
  /** The broker takes the connection. */
  connect(): void;
  drop(): void;
  /** A message comes down. */
  deliver(payload: Uint8Array): void;
  link: Link;
}

export interface WireOptions {
  device: string;
  isAlive(): boolean;
  /** How long it sleeps yet; what comes meanwhile is noticed then. */
  asleepMs(): number;
  clockwork: Clockwork;
  dice: Dice;
  faults: Faults;
  send(source: Source, payload: Uint8Array): void;
}

/** How long a full transport takes nothing. */
const fullMs = [1, 5_000] as const;

export const createWire = (options: WireOptions): Wire => {
  const { device, isAlive, asleepMs, clockwork, dice, faults, send } = options;
  let listener: LinkListener | null = null;
  let isConnected = false;
  let isFull = false;
  let subscribed = "";

  const tell = (use: (listener: LinkListener) => void): void => {
    const told = (): void => {
      if (isAlive() && listener !== null) use(listener);
    };
    if (asleepMs() > 0) clockwork.after(asleepMs(), told);
    else told();
  };
  const fill = (): void => {
    isFull = true;
    clockwork.after(dice.spread(...fullMs), () => {
      isFull = false;
      if (isConnected) tell(({ onDrain }) => onDrain());
    });
  };
  const link: Link = {
    listen(given) {
      listener = given;
    },
    isConnected: () => isConnected,
    isReady: () => isConnected && !isFull,
    subscribe(topic) {
      if (isAlive()) subscribed = topic;
    },
    publish(topic, payload) {
      const source = parseTopic(defaultPrefix, topic);
      if (!isAlive() || !isConnected || source === null) return;
      send(source, new Uint8Array(payload));
      if (faults.strikes("backPressure")) fill();
    },
    release() {
      listener = null;
    },
  };
  return {
    device,
    isAlive,
    link,
    isConnected: () => isConnected,
    connect() {
      isConnected = true;
      tell(({ onConnect }) => onConnect());
    },
    drop() {
      if (!isConnected) return;
      isConnected = false;
      subscribed = "";
      tell(({ onDisconnect }) => onDisconnect());
    },
    deliver(payload) {
      const topic = subscribed;
      if (isConnected && topic !== "") tell(({ onMessage }) => onMessage(topic, payload));
    },
  };
};
