import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { createLine, pieceBytes, writeLine } from "../../shared/codec/line.ts";
import { isDeviceId, parseTopic } from "../../shared/topic.ts";
import { messageOf } from "../errors.ts";
import { sleep, type Time } from "../time.ts";
import { createLineIntake } from "./line-intake.ts";
import type { Upstream, UpstreamOptions } from "./upstream.ts";

export interface GatewayOptions {
  port: Duplex;
  time: Time;
  /** Before the id that the device gives itself. */
  devicePrefix: string;
  /** The board's name for its console, where lines for it have to be commands of the console. */
  repl: string | null;
  connect(options: Pick<UpstreamOptions, "prefix" | "device" | keyof Told>): Upstream;
  /** What the board writes that is no message. */
  onText(text: Buffer): void;
  onTrouble(message: string): void;
  /** The port has ended. */
  onClosed(reason: string): void;
}

type Told = Pick<UpstreamOptions, "onUp" | "onDown" | "onMessage" | "onTrouble">;

export interface GatewayStats {
  /** Frames that went on to the broker. */
  forwarded: number;
  /** Messages given up because the other side could not take them; the device sends frames again. */
  lost: number;
  /** Lines that came damaged. */
  damaged: number;
}

/** Passes the frames of one device, on one port, to a broker, and what is for it back. */
export interface Gateway {
  stats: GatewayStats;
  end(): Promise<void>;
}

/** How often the device is told whether there is a way to the agent. */
export const beaconMs = 10_000;

/** How long the last words on the port may take. */
const farewellMs = 500;

/** Bytes that may wait for the port. */
const queueLimitBytes = 16_384;

/** The device behind the port. */
interface Guest {
  /** Its topics without their last level, as it has them. */
  root: string;
  upstream: Upstream;
  /** What it is told while there is a way to the agent: another for each connection. */
  state: string;
}

interface Self {
  options: GatewayOptions;
  stats: GatewayStats;
  guest: Guest | null;
  isEnded: boolean;
}

const write = ({ options, stats }: Self, kind: string, payload: Buffer): void => {
  const { port, repl } = options;
  if (port.destroyed || port.writableLength > queueLimitBytes) {
    stats.lost++;
    return;
  }
  const line = createLine();
  for (let at = 0; at === 0 || at < payload.length; at += pieceBytes) {
    const base64 = payload.subarray(at, at + pieceBytes).toString("base64");
    const isLast = at + pieceBytes >= payload.length;
    const text = writeLine(line, at === 0 ? kind : "+", base64, isLast);
    // The first byte has the console take the line without showing it.
    port.write(repl === null ? text : `\x10${repl}.emit("data",${JSON.stringify(text)})\n`);
  }
};

const tellState = (self: Self): void => write(self, "o", Buffer.from(self.guest?.state ?? ""));

/** Null where the topics are no device's. */
const deviceOf = (
  root: string,
  devicePrefix: string,
): { prefix: string; device: string } | null => {
  const [, prefix = "", id = ""] = /^(.+)\/\d+\/([^/]+)$/.exec(root) ?? [];
  const device = devicePrefix + id;
  if (/[+#\s]/.test(prefix) || !isDeviceId(device)) return null;
  return parseTopic(prefix, `${root}/up`) === null ? null : { prefix, device };
};

const welcome = (self: Self, root: string): void => {
  const { options } = self;
  if (self.guest?.root === root) {
    if (self.guest.state !== "") tellState(self);
    return;
  }
  const found = deviceOf(root, options.devicePrefix);
  if (found === null) {
    options.onTrouble(`Cannot forward for ${JSON.stringify(root)}: it names no device`);
    return;
  }
  const before = self.guest?.upstream;
  const guest: Guest = { root, state: "", upstream: before as Upstream };
  self.guest = guest;
  const isCurrent = (): boolean => self.guest === guest && !self.isEnded;
  const change = (state: string): void => {
    guest.state = state;
    if (isCurrent()) tellState(self);
  };
  guest.upstream = options.connect({
    ...found,
    onUp: () => change(`${root} ${randomBytes(4).toString("hex")}`),
    onDown: () => change(""),
    onMessage(payload) {
      if (isCurrent()) write(self, "d", payload);
    },
    onTrouble: options.onTrouble,
  });
  before?.end().catch((thrown) => options.onTrouble(messageOf(thrown)));
};

const take = (self: Self, kind: string, payload: Buffer): void => {
  const { guest, stats } = self;
  if (kind === "h") welcome(self, payload.toString());
  else if (guest === null) tellState(self);
  else if (kind === "s") guest.upstream.publish("state", payload);
  else if (kind === "u") {
    if (guest.upstream.publish("up", payload)) stats.forwarded++;
    else stats.lost++;
  }
};

export const createGateway = (options: GatewayOptions): Gateway => {
  const { port, time } = options;
  const stats: GatewayStats = { forwarded: 0, lost: 0, damaged: 0 };
  const self: Self = { options, stats, guest: null, isEnded: false };
  let cancelBeacon = (): void => {};

  const beacon = (): void => {
    tellState(self);
    cancelBeacon = time.after(beaconMs, beacon);
  };
  const end = async (): Promise<void> => {
    if (self.isEnded) return;
    cancelBeacon();
    if (self.guest !== null) self.guest.state = "";
    tellState(self);
    self.isEnded = true;
    await self.guest?.upstream.end();
    // What was said last has to leave, but a line that has stopped takes it never.
    await Promise.race([
      new Promise<void>((resolve) => port.end(resolve)),
      sleep(time, farewellMs),
    ]);
    port.destroy();
  };
  const close = (reason: string): void => {
    if (self.isEnded) return;
    end().then(() => options.onClosed(reason), options.onTrouble);
  };
  port.on(
    "data",
    createLineIntake({
      onMessage: (kind, payload) => take(self, kind, payload),
      onText: options.onText,
      onDamaged: () => stats.damaged++,
    }),
  );
  port.on("error", (error) => close(messageOf(error)));
  port.on("end", () => close("it has ended"));
  port.on("close", () => close("it was closed"));
  beacon();
  return { stats, end };
};
