import { describe, expect, it } from "vitest";
import { addCommands } from "../../device/commands.ts";
import type { Journal } from "../../device/journal/journal.ts";
import { decodeHead } from "../../shared/codec/decode.ts";
import { encodeAck } from "../../shared/codec/downlink.ts";
import type { Command } from "../../shared/downlink.ts";
import { createDeviceBench, type DeviceBench } from "../support/device-bench.ts";
import { createDeviceParts } from "../support/device-parts.ts";
import { eventsOf } from "../support/fake-agent.ts";

const level = { debug: 1, info: 2, error: 4, fatal: 5 };
const plain = { storeId: 1, ackId: 9, next: 0, definitions: 0, epochMs: 1, busyMs: 0 };
let lastId = 0;

const commandOf = (given: Partial<Command>): Command => ({
  id: ++lastId,
  kind: 0,
  remainingMs: 0,
  value: 0,
  tag: "",
  ...given,
});

const idleJournal: Journal = {
  boot: { nonce: 7, number: 1 },
  heldFrom: () => 1,
  earlier: () => null,
  reserve: () => true,
  store: () => -1,
  read: () => null,
  free() {},
  rest() {},
  compact() {},
  stats: () => ({
    writtenBytes: 0,
    erases: 0,
    refused: { flash_full: 0, flash_budget: 0, low_battery: 0 },
  }),
};

const startBench = (options: Parameters<typeof createDeviceBench>[0] = {}): DeviceBench => {
  const bench = createDeviceBench({ level: "info", ...options });
  bench.link.connect();
  bench.log.error("first");
  bench.exchange();
  return bench;
};

/** Lets the command come with the next ack, twice, as a network may have it. */
const give = (bench: DeviceBench, given: Partial<Command>): Command => {
  const command = commandOf(given);
  bench.agent.command = command;
  bench.log.fatal("talk");
  bench.log.flush();
  bench.exchange();
  bench.exchange();
  return command;
};

/** Level, tag and message of what the module itself has logged. */
const said = (bench: DeviceBench): unknown[] => {
  bench.log.flush();
  bench.exchange();
  return eventsOf(bench.agent)
    .filter(({ site }) => site.tag === "fleetlog")
    .map(({ site, values }) => [site.level, site.format, ...values]);
};

describe("commands", () => {
  it("set the logger's level for a time, and log it once at either end", () => {
    const bench = startBench();

    const { id } = give(bench, { value: level.debug, remainingMs: 2_000 });
    bench.log.debug("seen");
    bench.clock.advance(1_999);
    const during = bench.log.level;
    bench.clock.advance(1);

    expect(during).toBe("debug");
    expect(bench.log.level).toBe("info");
    expect(said(bench)).toEqual([
      ["info", "command %d: %s", id, "level debug for 2000 ms"],
      ["info", "command %d: %s", id, "over, level as programmed"],
    ]);
    expect(eventsOf(bench.agent).map(({ site }) => site.format)).toContain("seen");
  });

  it("are logged at the new level where that shows no info", () => {
    const bench = startBench();

    const { id } = give(bench, { value: level.error });

    expect(said(bench)).toEqual([["error", "command %d: %s", id, "level error"]]);
  });

  it("set the level of a tag, made before or made later", () => {
    const bench = startBench();
    const wifi = bench.log.tag("wifi");

    give(bench, { value: level.debug, tag: "wifi", remainingMs: 5_000 });
    give(bench, { value: level.fatal, tag: "pump", remainingMs: 5_000 });
    const pump = bench.log.tag("pump");

    expect([wifi.level, pump.level, bench.log.level]).toEqual(["debug", "fatal", "info"]);
    bench.clock.advance(5_000);
    expect([wifi.level, pump.level, bench.log.level]).toEqual([null, null, "info"]);
  });

  it("leave no timer behind", () => {
    const bench = startBench();
    const before = bench.clock.timers();

    give(bench, { value: level.debug });
    give(bench, { value: level.debug, remainingMs: 90 * 86_400_000 });
    const during = bench.clock.timers();
    bench.clock.advance(90 * 86_400_000);
    said(bench);

    expect(during).toBe(before + 1);
    expect(bench.log.level).toBe("info");
    expect(bench.clock.timers()).toBe(before);
  });

  it("give back what the program had, also after one replaced another", () => {
    const bench = startBench({ level: "warn" });

    give(bench, { value: level.debug, remainingMs: 1_000 });
    give(bench, { value: level.error, remainingMs: 5_000 });
    bench.clock.advance(1_000);
    const after = bench.log.level;
    give(bench, { value: 0 });

    expect(after).toBe("error");
    expect(bench.log.level).toBe("warn");
  });

  it("yield to a program that sets a level itself", () => {
    const bench = startBench();
    give(bench, { value: level.debug, remainingMs: 1_000 });

    bench.log.level = "fatal";
    bench.clock.advance(1_000);

    expect(bench.log.level).toBe("fatal");
  });

  it("are not done again where they come again, late or out of order", () => {
    const bench = startBench();
    const first = commandOf({ value: level.error });
    give(bench, { value: level.debug });

    bench.agent.command = first;
    bench.log.info("talk");
    bench.log.flush();
    bench.exchange();

    expect(bench.log.level).toBe("debug");
    expect(said(bench)).toHaveLength(1);
  });

  it("of another boot are ignored", () => {
    const bench = startBench();
    const other = { ...plain, boot: { nonce: 77, number: 0 } };

    bench.answer(encodeAck({ ...other, command: commandOf({ value: level.debug }) }));

    expect(bench.log.level).toBe("info");
  });

  it("flush what waits", () => {
    const bench = startBench();
    bench.agent.command = commandOf({ kind: 1 });
    bench.log.info("sent");
    bench.log.flush();
    bench.log.info("waits");

    bench.exchange();

    expect(bench.log.stats().pending).toBe(0);
  });

  it("let the program identify the device, after the message and not within", () => {
    let calls = 0;
    const bench = startBench({
      onIdentify() {
        calls++;
        throw new Error("no lamp");
      },
    });

    const { id } = give(bench, { kind: 2 });
    const within = calls;
    bench.clock.advance(0);

    expect([within, calls]).toEqual([0, 1]);
    expect(said(bench)).toEqual([["info", "command %d: %s", id, "identify"]]);
  });

  it.each([
    [{ kind: 9 }, "kind 9, not supported here"],
    [{ kind: 3, value: 64_001 }, "budget 64000 bytes a day, not supported here"],
    [{ value: 6 }, "level undefined, not supported here"],
  ])("say that %j is not supported", (given, text) => {
    const bench = startBench();

    const { id } = give(bench, given);

    expect(said(bench)).toEqual([["info", "command %d: %s", id, text]]);
  });

  it("keep eight tags at a time", () => {
    const bench = startBench();

    for (let tag = 0; tag < 9; tag++) give(bench, { value: level.debug, tag: `tag-${tag}` });

    expect(said(bench).at(-1)).toMatchObject({ 3: "level debug of tag-8, not supported here" });
    expect(bench.log.tag("tag-7").level).toBe("debug");
    expect(bench.log.tag("tag-8").level).toBeNull();
  });

  it("set the budget of a flash, and give it back", () => {
    const { setup } = createDeviceParts();
    const budgets: (number | null)[] = [];
    setup.journal = { ...idleJournal, setBudget: (bytes) => budgets.push(bytes) };
    addCommands(setup, {
      ...{ logger: { level: "info" }, tags: {}, onIdentify: undefined },
      ...{ record() {}, flush() {} },
    });

    setup.onCommand(commandOf({ kind: 3, value: 64_001 }));
    setup.onCommand(commandOf({ kind: 3, value: 1 }));
    setup.onCommand(commandOf({ kind: 3 }));

    expect(budgets).toEqual([64_000, 0, null]);
  });

  it("are done before a frame returns the id of their ack", () => {
    const bench = startBench();
    const command = commandOf({ value: level.debug });
    bench.agent.command = command;
    bench.log.info("talk");
    bench.log.flush();
    const [frame] = bench.frames();
    const ack = bench.agent.receive(frame as Uint8Array);

    bench.answer(ack);
    const after = decodeHead(bench.frames()[1] as Uint8Array);

    expect(after).toMatchObject({ ok: true, header: { ackId: 2 } });
    expect(bench.log.level).toBe("debug");
  });
});
