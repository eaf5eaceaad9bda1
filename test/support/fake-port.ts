import { createLineIntake } from "../../agent/gateway/line-intake.ts";
import type { SerialPort } from "../../device/platforms/serial.ts";
import { linesOf } from "./damaged-line.ts";

/** A serial port with the other end in a test's hand. */
export interface FakePort extends SerialPort {
  /** What was written that no test has taken, message by message. */
  messages: { kind: string; payload: Buffer }[];
  /** The longest text written at a time. */
  longest: number;
  /** Text arrives. */
  say(text: string): void;
  /** A message arrives. */
  send(kind: string, payload: Uint8Array | string): void;
}

export const fakePort = (): FakePort => {
  const listeners: ((data: string) => void)[] = [];
  const take = createLineIntake({
    onMessage: (kind, payload) => void port.messages.push({ kind, payload }),
    onText() {},
    onDamaged() {},
  });
  const port: FakePort = {
    messages: [],
    longest: 0,
    write(text) {
      port.longest = Math.max(port.longest, text.length);
      take(Buffer.from(text));
    },
    on: (_event, listener) => void listeners.push(listener),
    say(text) {
      for (const listener of listeners) listener(text);
    },
    send: (kind, payload) => port.say(linesOf(kind, Buffer.from(payload as string))),
  };
  return port;
};
