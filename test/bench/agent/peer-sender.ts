import { render } from "../../../shared/render.ts";
import { createRandom, sources } from "../deliver/fleet.ts";
import { createConnection } from "./connection.ts";
import { createPublisher } from "./publish.ts";
import type { Sender } from "./sender.ts";

export interface PeerSenderOptions {
  port: number;
  index: number;
  /** Events logged at a time by one that is paced. */
  frameEvents: number;
  scratch: Buffer;
}

/** Bytes of a message: JSON of one event. */
const messageBytes = 123;

/** Messages without PUBACK. */
const windowMessages = 64;

const variants = 64;

/** What events say, as JSON objects without their end. */
const createBeginnings = (): string[] => {
  const random = createRandom(7);
  return Array.from({ length: variants }, () => {
    const source = sources[Math.floor(random() * sources.length)] as (typeof sources)[number];
    const { level, format } = source;
    const text = JSON.stringify({ level, message: render(format, source.values(random)) });
    return text.slice(0, -1);
  });
};

const beginnings = createBeginnings();

/** One event; spaces make it as long as all others. */
const messageOf = (beginning: string, device: string, seq: number, timeMs: number): string => {
  const end = `,"device":"${device}","seq":${seq},"time":${timeMs}}`;
  return `${beginning}${" ".repeat(Math.max(0, messageBytes - beginning.length - end.length))}${end}`;
};

/** The same device with the same events, one a message, as programs send them to a broker. */
export const createPeerSender = (options: PeerSenderOptions): Sender => {
  const { port, index, frameEvents, scratch } = options;
  const device = `pump-${index}`;
  const publisher = createPublisher(`peer/${device}`, scratch);
  const counts = { logged: 0, resends: 0, busy: 0 };
  const offeredAtMs: number[] = [];
  let unanswered = 0;
  let isSaturated = false;

  const pump = (): void => {
    if (!connection.isUp()) return;
    let added = 0;
    for (; unanswered < windowMessages; unanswered++, added++) {
      const atMs = offeredAtMs.shift() ?? (isSaturated ? performance.now() : undefined);
      if (atMs === undefined) break;
      const timeMs = Math.floor(performance.timeOrigin + atMs);
      const seq = counts.logged++;
      const beginning = beginnings[seq % variants] as string;
      publisher.add(
        (target, at) => at + target.write(messageOf(beginning, device, seq, timeMs), at, "latin1"),
      );
    }
    if (added > 0) connection.write(publisher.take());
  };
  const connection = createConnection({
    port,
    clientId: device,
    onUp: () => pump(),
    onTaken() {
      unanswered--;
      // A quarter of the window at a time, for a write costs more than a message.
      if (unanswered <= (windowMessages * 3) / 4) pump();
    },
    onMessage() {},
  });
  return {
    offer(atMs) {
      for (let event = 0; event < frameEvents; event++) offeredAtMs.push(atMs);
      pump();
    },
    saturate() {
      isSaturated = true;
      pump();
    },
    stop() {
      isSaturated = false;
    },
    sweep() {},
    isUp: connection.isUp,
    isDone: () => unanswered === 0 && offeredAtMs.length === 0,
    counts: () => counts,
    close: connection.close,
  };
};
