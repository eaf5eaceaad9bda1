import { firstWaitMs, nextWaitMs } from "../backoff.ts";
import { callWithin, cancelDeadline, createDeadline } from "../deadline.ts";
import type { LinkListener, Platform } from "../platform.ts";
import { guard, hangUp, type StockMqtt, textOf } from "./stock-mqtt.ts";
import type { StockLink, StockLinkOptions } from "./stock-state.ts";

declare const E: { toUint8Array(text: string): Uint8Array };

/** How long an attempt may take: Espruino's module gives up after 10 s, but not in all cases. */
const attemptMs = 15_000;

/** Frames without any message in return for so long, or a queue that does not drain: nobody is there. */
const silenceMs = 60_000;

/** A socket that does not tell when it has drained is believed to have by then. */
const drainLimitMs = 2_000;

const hasNetwork = (link: StockLink): boolean => {
  let isOnline = true;
  guard(() => {
    if (link.options.isOnline) isOnline = link.options.isOnline();
  });
  return isOnline;
};

const isConnected = function (this: StockLink): boolean {
  return this.mqtt.connected && this.mqtt.client !== false;
};

const waitMs = function (this: StockLink): number {
  const isStanding = this.isConnected();
  if (this.isOffline || (this.options.reconnect === false && !isStanding)) return Infinity;
  if (this.isDialing || (this.isAwake && isStanding)) return 0;
  const nextMs = this.isAwake ? this.dialAtMs : Math.max(this.dialAtMs, this.useAtMs);
  return Math.max(0, nextMs - this.platform.uptimeMs());
};

/** Lets `turn` come as soon as the link may be used again. */
const wake = (link: StockLink): void => {
  const delayMs = link.waitMs();
  if (!link.isDialing && delayMs < Infinity) callWithin(link.turn, delayMs);
};

/** Nothing is under way, in the queue or about to be tried any more. */
const settle = (link: StockLink): void => {
  cancelDeadline(link.turn);
  cancelDeadline(link.queue);
  link.isDialing = link.isAwaiting = link.isFull = false;
};

const retry = (link: StockLink, leastMs: number | undefined): void => {
  settle(link);
  link.isAwake = true;
  link.dialAtMs = link.platform.uptimeMs() + Math.max(leastMs || 0, nextWaitMs(link));
  wake(link);
};

const onDisconnect = function (this: StockLink): void {
  // A loss that is told twice is one: the next attempt is waited for already.
  const isNews = this.isDialing || this.isAwaiting || !this.turn.timer;
  if (this.isAwake && isNews) retry(this, this.options.radioPauseMs);
  this.listener.onDisconnect();
};

const drop = (link: StockLink): void => {
  link.isAwaiting = true;
  hangUp(link.mqtt, link.platform);
  // Where the module tells at once this is done.
  if (link.isAwaiting) onDisconnect.call(link);
};

const onTurn = function (this: StockLink): void {
  if (this.isAwaiting) drop(this);
  else if (this.isDialing || !hasNetwork(this)) retry(this, this.options.radioPauseMs);
  else if (this.isConnected()) {
    this.isAwake = true;
    this.listener.onDrain();
  } else {
    hangUp(this.mqtt, this.platform);
    settle(this);
    this.isAwake = this.isDialing = true;
    callWithin(this.turn, attemptMs);
    guard(() => (this.options.connect ? this.options.connect() : this.mqtt.connect()));
  }
};

const onDrain = function (this: StockLink): void {
  this.tellsDrain = true;
  if (!this.isFull) return;
  this.isFull = false;
  cancelDeadline(this.queue);
  this.listener.onDrain();
};

const onQueue = function (this: StockLink): void {
  if (!hasNetwork(this) || (this.isFull && this.tellsDrain)) drop(this);
  else {
    this.isFull = false;
    this.isAllowed = true;
    this.listener.onDrain();
    this.isAllowed = false;
  }
};

/** Takes over the connection that stands. */
const adopt = (link: StockLink): void => {
  const socket = link.mqtt.client;
  settle(link);
  link.isAwake = true;
  link.tellsDrain = false;
  if (socket) guard(() => socket.on("drain", link.onDrain));
};

const onConnect = function (this: StockLink): void {
  if (this.isOffline || !this.isConnected()) return;
  adopt(this);
  this.listener.onConnect();
};

const onMessage = function (this: StockLink, topic: string, text: string): void {
  const payload = E.toUint8Array(text);
  this.ceilingMs = firstWaitMs;
  if (this.isAwaiting) cancelDeadline(this.turn);
  this.isAwaiting = false;
  if (payload) this.listener.onMessage(topic, payload);
};

const register = (link: StockLink, verb: "on" | "removeListener"): void => {
  for (const event in link.handlers) link.mqtt[verb](event, link.handlers[event] as () => void);
};

const listen = function (this: StockLink, listener: LinkListener): void {
  this.listener = listener;
  register(this, "on");
  if (this.isConnected()) adopt(this);
  else retry(this, 0);
};

const isReady = function (this: StockLink): boolean {
  if (!this.isAwake || !this.isConnected()) wake(this);
  else if (this.isFull || this.isOffline) return false;
  else if (!this.options.isOnline || this.isAllowed) return true;
  // Asked by a timer, never from within a log call.
  else callWithin(this.queue, 0);
  return false;
};

const subscribe = function (this: StockLink, topic: string): void {
  guard(() => this.mqtt.subscribe(topic, { qos: this.options.qos || 0 }));
};

const publish = function (
  this: StockLink,
  topic: string,
  payload: Uint8Array,
  isRetained: boolean,
): void {
  const text = textOf(payload);
  if (text === undefined) return;
  this.isFull = true;
  callWithin(this.queue, this.tellsDrain ? silenceMs : drainLimitMs);
  if (!isRetained && !this.isAwaiting) {
    this.isAwaiting = true;
    callWithin(this.turn, silenceMs);
  }
  guard(() => this.mqtt.publish(topic, text, { qos: this.options.qos || 0, retain: isRetained }));
};

const rest = function (this: StockLink, isAsleep: boolean): void {
  const pauseMs = this.options.radioPauseMs;
  if (!isAsleep && !pauseMs) return;
  settle(this);
  this.isAwake = false;
  if (pauseMs) this.useAtMs = this.platform.uptimeMs() + pauseMs;
  if (this.options.reconnect !== false) hangUp(this.mqtt, this.platform);
};

const release = function (this: StockLink): void {
  this.isOffline = true;
  settle(this);
  register(this, "removeListener");
};

/** `online` and `offline` of the logger. */
export const setOffline = function (this: StockLink, isOffline: boolean): void {
  if (isOffline) {
    if (!this.isOffline && this.listener.onLeave) this.listener.onLeave();
    this.isOffline = true;
    this.rest(true);
  } else if (this.isOffline || !this.isAwake || !this.isConnected()) {
    this.isOffline = false;
    this.ceilingMs = firstWaitMs;
    if (this.isConnected()) onConnect.call(this);
    else retry(this, 0);
  }
};

/** `attach` of the logger. */
export const attach = function (this: StockLink, mqtt: StockMqtt): void {
  const isOffline = this.isOffline;
  this.release();
  this.isOffline = isOffline;
  this.listener.onDisconnect();
  this.mqtt = mqtt;
  this.listen(this.listener);
  onConnect.call(this);
};

/** A client of Espruino's `MQTT` module as a link, one message at a time: its queue has no bound. */
export const createStockLink = (
  platform: Platform,
  options: StockLinkOptions,
  seed: number,
): StockLink => {
  const link = {
    platform,
    options,
    mqtt: options.mqtt,
    ceilingMs: firstWaitMs,
    seed,
    dialAtMs: 0,
    useAtMs: 0,
    listen,
    isConnected,
    isReady,
    subscribe,
    publish,
    release,
    rest,
    waitMs,
  } as unknown as StockLink;
  link.turn = createDeadline(platform, onTurn.bind(link));
  link.queue = createDeadline(platform, onQueue.bind(link));
  link.onDrain = onDrain.bind(link);
  link.handlers = {
    connected: onConnect.bind(link),
    disconnected: onDisconnect.bind(link),
    message: onMessage.bind(link) as () => void,
  };
  return link;
};
