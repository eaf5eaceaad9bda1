import { firstWaitMs, nextWaitMs } from "../backoff.ts";
import { callWithin, cancelDeadline, createDeadline } from "../deadline.ts";
import type { LinkListener, Platform } from "../platform.ts";
import { guard, hangUp, type StockMqtt, textOf } from "./stock-mqtt.ts";
import {
  hasNetwork,
  isConnected,
  type StockLink,
  type StockLinkOptions,
  type StockState,
} from "./stock-state.ts";

declare const E: { toUint8Array(text: string): Uint8Array };

/** How long an attempt may take: Espruino's module gives up after 10 s, but not in all cases. */
const attemptMs = 15_000;

/** Frames without any message in return for so long, or a queue that does not drain: nobody is there. */
const silenceMs = 60_000;

/** A socket that does not tell when it has drained is believed to have by then. */
const drainLimitMs = 2_000;

const waitMs = (link: StockState): number => {
  const isStanding = isConnected(link);
  if (link.isOffline || (link.options.reconnect === false && !isStanding)) return Infinity;
  if (link.isDialing || (link.isAwake && isStanding)) return 0;
  const nextMs = link.isAwake ? link.dialAtMs : Math.max(link.dialAtMs, link.useAtMs);
  return Math.max(0, nextMs - link.platform.uptimeMs());
};

/** Lets `turn` come as soon as the link may be used again. */
const wake = (link: StockState): void => {
  const delayMs = waitMs(link);
  if (!link.isDialing && delayMs < Infinity) callWithin(link.turn, delayMs);
};

/** Nothing is under way, in the queue or about to be tried any more. */
const settle = (link: StockState): void => {
  cancelDeadline(link.turn);
  cancelDeadline(link.queue);
  link.isDialing = link.isAwaiting = link.isFull = false;
};

const retry = (link: StockState, leastMs: number | undefined): void => {
  settle(link);
  link.isAwake = true;
  link.dialAtMs = link.platform.uptimeMs() + Math.max(leastMs || 0, nextWaitMs(link));
  wake(link);
};

const onDisconnect = (link: StockState): void => {
  // A loss that is told twice is one: the next attempt is waited for already.
  const isNews = link.isDialing || link.isAwaiting || !link.turn.timer;
  if (link.isAwake && isNews) retry(link, link.options.radioPauseMs);
  link.listener.onDisconnect();
};

const drop = (link: StockState): void => {
  link.isAwaiting = true;
  hangUp(link.mqtt, link.platform);
  // Where the module tells at once this is done.
  if (link.isAwaiting) onDisconnect(link);
};

const onTurn = (link: StockState): void => {
  if (link.isAwaiting) drop(link);
  else if (link.isDialing || !hasNetwork(link)) retry(link, link.options.radioPauseMs);
  else if (isConnected(link)) {
    link.isAwake = true;
    link.listener.onDrain();
  } else {
    hangUp(link.mqtt, link.platform);
    settle(link);
    link.isAwake = link.isDialing = true;
    callWithin(link.turn, attemptMs);
    guard(() => (link.options.connect ? link.options.connect() : link.mqtt.connect()));
  }
};

const onDrain = (link: StockState): void => {
  link.tellsDrain = true;
  if (!link.isFull) return;
  link.isFull = false;
  cancelDeadline(link.queue);
  link.listener.onDrain();
};

const onQueue = (link: StockState): void => {
  if (!hasNetwork(link) || (link.isFull && link.tellsDrain)) drop(link);
  else {
    link.isFull = false;
    link.isAllowed = true;
    link.listener.onDrain();
    link.isAllowed = false;
  }
};

/** Takes over the connection that stands. */
const adopt = (link: StockState): void => {
  const socket = link.mqtt.client;
  settle(link);
  link.isAwake = true;
  link.tellsDrain = false;
  if (socket) guard(() => socket.on("drain", link.onDrain));
};

const onConnect = (link: StockState): void => {
  if (link.isOffline || !isConnected(link)) return;
  adopt(link);
  link.listener.onConnect();
};

const onMessage = (link: StockState, topic: string, text: string): void => {
  const payload = E.toUint8Array(text);
  link.ceilingMs = firstWaitMs;
  if (link.isAwaiting) cancelDeadline(link.turn);
  link.isAwaiting = false;
  if (payload) link.listener.onMessage(topic, payload);
};

const register = (link: StockState, verb: "on" | "removeListener"): void => {
  link.mqtt[verb]("connected", link.onConnect);
  link.mqtt[verb]("disconnected", link.onDisconnect);
  link.mqtt[verb]("message", link.onMessage);
};

const listen = (link: StockState, listener: LinkListener): void => {
  link.listener = listener;
  register(link, "on");
  if (isConnected(link)) adopt(link);
  else retry(link, 0);
};

const isReady = (link: StockState): boolean => {
  if (!link.isAwake || !isConnected(link)) wake(link);
  else if (link.isFull || link.isOffline) return false;
  else if (!link.options.isOnline || link.isAllowed) return true;
  // Asked by a timer, never from within a log call.
  else callWithin(link.queue, 0);
  return false;
};

const publish = (
  link: StockState,
  topic: string,
  payload: Uint8Array,
  isRetained: boolean,
): void => {
  const text = textOf(payload);
  if (text === undefined) return;
  link.isFull = true;
  callWithin(link.queue, link.tellsDrain ? silenceMs : drainLimitMs);
  if (!isRetained && !link.isAwaiting) {
    link.isAwaiting = true;
    callWithin(link.turn, silenceMs);
  }
  guard(() => link.mqtt.publish(topic, text, { qos: link.options.qos || 0, retain: isRetained }));
};

const rest = (link: StockState, isAsleep: boolean): void => {
  const pauseMs = link.options.radioPauseMs;
  if (!isAsleep && !pauseMs) return;
  settle(link);
  link.isAwake = false;
  if (pauseMs) link.useAtMs = link.platform.uptimeMs() + pauseMs;
  if (link.options.reconnect !== false) hangUp(link.mqtt, link.platform);
};

const release = (link: StockState): void => {
  link.isOffline = true;
  settle(link);
  register(link, "removeListener");
};

const goOnline = (link: StockState): void => {
  if (!link.isOffline && link.isAwake && isConnected(link)) return;
  link.isOffline = false;
  link.ceilingMs = firstWaitMs;
  if (isConnected(link)) onConnect(link);
  else retry(link, 0);
};

const goOffline = (link: StockState): void => {
  if (!link.isOffline && link.listener.onLeave) link.listener.onLeave();
  link.isOffline = true;
  rest(link, true);
};

const attach = (link: StockState, mqtt: StockMqtt): void => {
  const isOffline = link.isOffline;
  release(link);
  link.isOffline = isOffline;
  link.listener.onDisconnect();
  link.mqtt = mqtt;
  listen(link, link.listener);
  onConnect(link);
};

/** A client of Espruino's `MQTT` module as a link, one message at a time: its queue has no bound. */
export const createStockLink = (
  platform: Platform,
  options: StockLinkOptions,
  seed: number,
): StockLink => {
  const link: StockState = {
    platform,
    options,
    mqtt: options.mqtt,
    listener: null as unknown as LinkListener,
    turn: createDeadline(platform, () => onTurn(link)),
    queue: createDeadline(platform, () => onQueue(link)),
    onConnect: () => onConnect(link),
    onDisconnect: () => onDisconnect(link),
    onMessage: (topic, text) => onMessage(link, topic, text),
    onDrain: () => onDrain(link),
    ceilingMs: firstWaitMs,
    seed,
    dialAtMs: 0,
    useAtMs: 0,
    isOffline: false,
    isAwake: false,
    isDialing: false,
    isAwaiting: false,
    isFull: false,
    tellsDrain: false,
    isAllowed: false,
  };
  return {
    listen: (listener) => listen(link, listener),
    isConnected: () => isConnected(link),
    isReady: () => isReady(link),
    subscribe(topic) {
      guard(() => link.mqtt.subscribe(topic, { qos: options.qos || 0 }));
    },
    publish: (topic, payload, isRetained) => publish(link, topic, payload, isRetained),
    release: () => release(link),
    rest: (isAsleep) => rest(link, isAsleep),
    waitMs: () => waitMs(link),
    hurry() {
      link.useAtMs = 0;
    },
    online: () => goOnline(link),
    offline: () => goOffline(link),
    attach: (mqtt) => attach(link, mqtt),
  };
};
