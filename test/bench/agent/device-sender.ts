import { decodeAck } from "../../../shared/codec/downlink.ts";
import type { Ack } from "../../../shared/downlink.ts";
import { defaultPrefix, topicOf } from "../../../shared/topic.ts";
import { createConnection } from "./connection.ts";
import { frontLimitBytes, type Template, type Templates, writeFrame } from "./frames.ts";
import { createPublisher } from "./publish.ts";
import type { Sender } from "./sender.ts";

export interface DeviceOptions {
  port: number;
  index: number;
  templates: Templates;
  scratch: Buffer;
}

/** Frames without an ack; the protocol's usual window. */
const windowFrames = 4;

const resendAfterMs = 10_000;

/** A frame that was sent and has no ack. */
interface Held {
  template: Template;
  first: number;
  startUptimeMs: number;
  sentAtMs: number;
}

/** How large the scratch of device senders must be. */
export const scratchBytesFor = ({ first, others }: Templates): number =>
  256 +
  frontLimitBytes +
  Math.max(...[first, ...others].map(({ head, rest }) => head.length + rest.length));

/** A device with a window of frames, as the device module sends them: the agent's ack alone frees them. */
export const createDeviceSender = (options: DeviceOptions): Sender => {
  const { index, templates, port } = options;
  const device = `pump-${index}`;
  const nonce = 0x1000_0000 + index;
  const bootAtMs = performance.now() - 1_000;
  const publisher = createPublisher(topicOf(defaultPrefix, device, "up"), options.scratch);
  const counts = { logged: 0, resends: 0, busy: 0 };
  let held: Held[] = [];
  /** Times at which frames were sealed that are not sent yet. */
  const sealedAtMs: number[] = [];
  let isSaturated = false;
  let isDefined = false;
  let pausedUntilMs = 0;
  let ackId = 0;
  let ackUptimeMs = 0;
  let lastUptimeMs = 0;
  let variant = index % templates.others.length;

  const uptimeMs = (): number => Math.floor(performance.now() - bootAtMs);
  const send = (frame: Held): void => {
    const base = held[0]?.first ?? frame.first;
    frame.sentAtMs = performance.now();
    const { first, startUptimeMs } = frame;
    const sending = { nonce, base, first, startUptimeMs, ackId, ackUptimeMs };
    publisher.add((target, at) =>
      writeFrame(target, at, frame.template, { ...sending, sendUptimeMs: uptimeMs() }),
    );
  };
  const seal = (template: Template, atMs: number): void => {
    const wantedMs = Math.floor(atMs - bootAtMs) - template.spanMs;
    const startUptimeMs = Math.max(lastUptimeMs, wantedMs);
    lastUptimeMs = startUptimeMs + template.spanMs;
    const frame = { template, first: counts.logged, startUptimeMs, sentAtMs: 0 };
    counts.logged += template.count;
    held.push(frame);
    send(frame);
  };
  const flush = (): void => connection.write(publisher.take());
  const nextTemplate = (): Template => {
    variant = (variant + 1) % templates.others.length;
    return templates.others[variant] as Template;
  };
  const pump = (): void => {
    if (!connection.isUp() || performance.now() < pausedUntilMs) return;
    const before = held.length;
    if (counts.logged === 0) seal(templates.first, performance.now());
    while (isDefined && held.length < windowFrames) {
      const atMs = sealedAtMs.shift() ?? (isSaturated ? performance.now() : undefined);
      if (atMs === undefined) break;
      seal(nextTemplate(), atMs);
    }
    if (held.length > before) flush();
  };
  const resend = (): void => {
    if (!connection.isUp() || held.length === 0) return;
    counts.resends += held.length;
    for (const frame of held) send(frame);
    flush();
  };
  const take = ({ next, busyMs, ackId: id, definitions }: Ack): void => {
    if (id > ackId) {
      ackId = id;
      ackUptimeMs = uptimeMs();
    }
    while (held[0] !== undefined && held[0].first + held[0].template.count <= next) held.shift();
    isDefined = definitions >= templates.definitions;
    if (busyMs > 0 && performance.now() >= pausedUntilMs) {
      counts.busy++;
      pausedUntilMs = performance.now() + busyMs;
      setTimeout(() => {
        resend();
        pump();
      }, busyMs + 1);
    }
    pump();
  };
  const connection = createConnection({
    port,
    clientId: device,
    listenOn: topicOf(defaultPrefix, device, "down"),
    onUp() {
      resend();
      pump();
    },
    onTaken() {},
    onMessage(payload) {
      const decoded = decodeAck(payload);
      if (!decoded.ok) throw new Error(`Cannot read an ack: ${decoded.reason}`);
      take(decoded.ack);
    },
  });
  return {
    offer(atMs) {
      sealedAtMs.push(atMs);
      pump();
    },
    saturate() {
      isSaturated = true;
      pump();
    },
    stop() {
      isSaturated = false;
    },
    sweep(nowMs) {
      const [oldest] = held;
      if (oldest !== undefined && nowMs - oldest.sentAtMs > resendAfterMs) resend();
    },
    isUp: connection.isUp,
    isDone: () => held.length === 0 && sealedAtMs.length === 0,
    counts: () => counts,
    close() {
      held = [];
      connection.close();
    },
  };
};
