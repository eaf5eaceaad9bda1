import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSerialLink } from "../../../device/platforms/serial.ts";
import { lineLimit } from "../../../shared/codec/line.ts";
import { anyEdits, damage, inPieces, isPartOf, linesOf } from "../../support/damaged-line.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { fakePort } from "../../support/fake-port.ts";

const root = "fleetlog/1/51/pump-7";

const createBench = () => {
  const clock = fakeClock();
  const port = fakePort();
  const told: string[] = [];
  const link = createSerialLink({
    platform: clock,
    port,
    root,
    encode: (bytes) => Buffer.from(bytes).toString("base64"),
  });
  link.listen({
    onConnect: () => told.push("connect"),
    onDisconnect: () => told.push("disconnect"),
    onDrain: () => told.push("drain"),
    onMessage: (topic, payload) => told.push(`${topic} ${Buffer.from(payload).toString("hex")}`),
  });
  const written = (): string[] => {
    clock.advance(100);
    return port.messages.splice(0).map(({ kind, payload }) => `${kind} ${payload}`);
  };
  return { clock, port, told, link, written };
};

const open = () => {
  const bench = createBench();
  bench.port.send("o", `${root} 1`);
  bench.written();
  bench.told.length = 0;
  return bench;
};

describe("serial link", () => {
  it("says which device it is at its start", () => {
    expect(createBench().written()).toEqual([`h ${root}`]);
  });

  it("is up while the gateway says so for this device", () => {
    const { port, link, told, clock } = createBench();
    clock.advance(10);
    const states: boolean[] = [];
    for (const state of ["", `${root} 1`, `${root} 1`, `${root} 2`, "", `${root}0 2`]) {
      port.send("o", state);
      states.push(link.isConnected());
    }

    expect(states).toEqual([false, true, true, true, false, false]);
    expect(told.filter((what) => what !== "drain")).toEqual(["connect", "connect", "disconnect"]);
  });

  it("says again which device it is where the gateway speaks to another or to nobody", () => {
    const { port, written } = open();

    port.send("o", "fleetlog/1/9/door 1");
    expect(written()).toEqual([`h ${root}`]);
    port.send("o", "");
    expect(written()).toEqual([`h ${root}`]);
  });

  it("is down after 35 s of silence, and up with the next word", () => {
    const { clock, link, port, told } = open();

    clock.advance(35_000);
    expect(link.isConnected()).toBe(false);
    port.send("o", `${root} 1`);

    expect(link.isConnected()).toBe(true);
    expect(told).toEqual(["connect"]);
  });

  it("keeps no timer while it has nothing to write", () => {
    const { clock } = open();

    expect(clock.timers()).toBe(0);
  });

  it("writes a line at a time, and is ready once the last is written", () => {
    const { clock, link, port, told } = open();

    link.publish(`${root}/up`, new Uint8Array(1_200).fill(9), false);
    expect(link.isReady()).toBe(false);
    clock.advance(100);

    expect(port.messages).toEqual([{ kind: "u", payload: Buffer.alloc(1_200, 9) }]);
    expect(port.longest).toBeLessThanOrEqual(lineLimit);
    expect(link.isReady()).toBe(true);
    expect(told).toEqual(["drain"]);
  });

  it("writes what the device says of itself", () => {
    const { link, written } = open();

    link.publish(`${root}/state`, Buffer.from("offline"), true);
    link.release();

    expect(written()).toEqual(["s offline"]);
  });

  it("loses what finds no room", () => {
    const { link, written } = open();

    for (let count = 0; count < 20; count++) {
      link.publish(`${root}/up`, Buffer.from(String(count)), false);
    }

    expect(written()).toEqual(Array.from({ length: 8 }, (_, count) => `u ${count}`));
  });

  it("bears a port that throws", () => {
    const { link, port, clock } = open();
    port.write = () => {
      throw new Error("not set up");
    };

    link.publish(`${root}/up`, new Uint8Array(100), false);

    expect(() => clock.advance(100)).not.toThrow();
    expect(link.isReady()).toBe(true);
  });

  it("hears no wrong message, and each one whose bytes came whole", () => {
    const anyPayloads = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyPayloads, anyEdits(), fc.array(fc.nat()), (payloads, edits, cuts) => {
        const { port, told } = open();
        const sent = payloads.map((bytes) => `${root}/down ${Buffer.from(bytes).toString("hex")}`);
        const { text, isWhole } = damage(
          payloads.map((payload) => linesOf("d", payload)),
          edits,
        );

        for (const piece of inPieces(text, cuts)) port.say(piece);

        expect(isPartOf(told, sent)).toBe(true);
        const whole = sent.filter((_, index) => isWhole[index]);
        expect(isPartOf(whole, told)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("bears text without end", () => {
    const { port, told } = open();

    for (let count = 0; count < 1_000; count++) port.say("x".repeat(100));
    port.say("\n");
    port.send("d", new Uint8Array([1]));

    expect(told).toEqual([`${root}/down 01`]);
  });
});
