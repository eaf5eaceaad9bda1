import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, open } from "node:fs";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { isatty, ReadStream } from "node:tty";
import { promisify } from "node:util";
import { AgentError, messageOf } from "../errors.ts";

/** Where a board is: behind a serial port, a TCP server such as ser2net, or our own standard streams. */
export type PortPlace =
  | { kind: "tty"; path: string }
  | { kind: "tcp"; host: string; port: number }
  | { kind: "stdio" };

/** Null where the text names no place. */
export const parsePlace = (text: string): PortPlace | null => {
  if (text === "") return null;
  if (text === "-") return { kind: "stdio" };
  if (!text.includes("://")) return { kind: "tty", path: text };
  const found = /^tcp:\/\/(\[[\da-fA-F:.]+\]|[\w.-]+):(\d{1,5})\/?$/.exec(text);
  const [, host = "", digits = ""] = found ?? [];
  const port = Number(digits);
  if (found === null || port < 1 || port > 65_535) return null;
  return { kind: "tcp", host: host.replace(/^\[|\]$/g, ""), port };
};

export const placeText = (place: PortPlace): string => {
  if (place.kind === "stdio") return "the standard streams";
  return place.kind === "tty" ? `"${place.path}"` : `"${place.host}:${place.port}"`;
};

const openFile = promisify(open);

const stty = async (path: string, baud: number): Promise<void> => {
  const flag = process.platform === "linux" ? "-F" : "-f";
  const args = [flag, path, String(baud), "raw", "-echo", "-echoe", "-echok", "clocal", "-crtscts"];
  const child = spawn("stty", args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(said.trim() || `stty ended with ${code}`);
};

const openTty = async (path: string, baud: number): Promise<Duplex> => {
  const descriptor = await openFile(
    path,
    constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK,
  );
  if (!isatty(descriptor)) throw new Error("it is no serial port");
  const stream = new ReadStream(descriptor);
  try {
    await stty(path, baud);
  } catch (cause) {
    stream.destroy();
    throw cause;
  }
  return stream;
};

const openTcp = async (host: string, port: number): Promise<Duplex> => {
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  await once(socket, "connect");
  return socket;
};

/** Opens it; rejects with `PORT_OPEN`. `baud` is a serial port's. */
export const openPort = async (place: PortPlace, baud: number): Promise<Duplex> => {
  try {
    if (place.kind === "tty") return await openTty(place.path, baud);
    if (place.kind === "tcp") return await openTcp(place.host, place.port);
    return Duplex.from({ readable: process.stdin, writable: process.stdout });
  } catch (cause) {
    const message = `Cannot open ${placeText(place)}: ${messageOf(cause)}, check --serial`;
    throw new AgentError("PORT_OPEN", message, { cause });
  }
};
