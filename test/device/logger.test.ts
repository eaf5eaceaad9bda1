import { describe, expect, it } from "vitest";
import { createDeviceBench, state } from "../support/device-bench.ts";
import { bootOf, eventsOf } from "../support/fake-agent.ts";

const formatsOf = (bench: ReturnType<typeof createDeviceBench>): string[] =>
  eventsOf(bench.agent).map((event) => event.site.format);

describe("logger", () => {
  it("delivers each level with tag, format and exact values", () => {
    const bench = createDeviceBench();
    bench.link.connect();

    bench.log.debug("a");
    bench.log.tag("wifi").info("b %d", -71);
    bench.log.warn("c %s", "é");
    bench.log.error("d", null);
    bench.log.fatal("e", 1.5, true);
    bench.log.flush();
    bench.exchange();

    expect(eventsOf(bench.agent).map((event) => [event.site, event.values])).toEqual([
      [{ level: "debug", tag: "", format: "a" }, []],
      [{ level: "info", tag: "wifi", format: "b %d" }, [-71]],
      [{ level: "warn", tag: "", format: "c %s" }, ["é"]],
      [{ level: "error", tag: "", format: "d" }, [null]],
      [{ level: "fatal", tag: "", format: "e" }, [1.5, true]],
    ]);
  });

  it("records from info up unless told otherwise", () => {
    const bench = createDeviceBench({ level: "info" });

    bench.log.debug("quiet");
    bench.log.info("loud");
    bench.log.level = "error";
    bench.log.warn("quiet");
    bench.log.error("loud");

    expect(bench.log.stats().logged).toBe(2);
  });

  it("lets a tag have a level of its own, or the logger's", () => {
    const bench = createDeviceBench({ level: "warn" });
    const wifi = bench.log.tag("wifi");

    wifi.info("quiet");
    wifi.level = "debug";
    wifi.debug("loud");
    bench.log.info("quiet");
    wifi.level = null;
    wifi.debug("quiet");

    expect(bench.log.stats().logged).toBe(1);
  });

  it("knows a tag again by its name", () => {
    const { log } = createDeviceBench();

    expect(log.tag("wifi")).toBe(log.tag("wifi"));
    expect(log.tag("constructor").info).toBeTypeOf("function");
  });

  it("remembers no more than 16 tags, and serves more all the same", () => {
    const { log } = createDeviceBench();
    for (let count = 0; count < 16; count++) log.tag(`tag ${count}`);

    log.tag("one more").info("x");

    expect(log.tag("one more")).not.toBe(log.tag("one more"));
    expect(log.tag("tag 15")).toBe(log.tag("tag 15"));
    expect(log.stats().logged).toBe(1);
  });

  it("can be used without its object", () => {
    const { log } = createDeviceBench();
    const { info } = log;

    info("x");

    expect(log.stats().logged).toBe(1);
  });

  it("accounts for every event it was given", () => {
    const bench = createDeviceBench({ outboxBytes: 2_048 });

    for (let count = 0; count < 500; count++) bench.log.info("event %d of many", count);
    const before = bench.log.stats();
    bench.link.connect();
    bench.exchange();
    bench.log.flush();
    bench.exchange();
    const after = bench.log.stats();

    expect(before).toMatchObject({ logged: 500, sent: 0, acked: 0 });
    expect(before.pending + (before.dropped.ring_full ?? 0)).toBe(500);
    expect(after).toMatchObject({ pending: 0, bytes: 0 });
    expect(after.acked + (after.dropped.ring_full ?? 0)).toBe(500);
  });

  it("gives counters that later events leave alone", () => {
    const { log } = createDeviceBench();
    const stats = log.stats();

    log.info("x");
    stats.dropped.busy = 99;

    expect(stats.logged).toBe(0);
    expect(log.stats().dropped).toEqual({});
  });

  it("names the boot as its frames do", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    bench.log.error("x");

    expect(bench.frames().map(bootOf)).toEqual([bench.log.stats().boot]);
  });

  it("closes once the agent has everything, the end last", async () => {
    const bench = createDeviceBench();
    bench.link.connect();
    bench.log.info("last words");

    const closed = bench.log.close();
    bench.exchange();
    bench.clock.advance(200);

    expect(await closed).toBe(true);
    expect([...bench.agent.entries.values()].map((entry) => entry.kind)).toEqual(["event", "end"]);
    expect(bench.link.sent.at(-1)).toMatchObject({ topic: state, isRetained: true });
  });

  it("closes after the limit where the agent stays silent", async () => {
    const bench = createDeviceBench();
    bench.link.connect();
    bench.log.info("never acked");

    const closed = bench.log.close(3_000);
    bench.clock.advance(3_200);

    expect(await closed).toBe(false);
    expect(bench.log.stats().pending).toBe(1);
  });

  it("closes offline as well", async () => {
    const bench = createDeviceBench();
    bench.log.info("never sent");

    const closed = bench.log.close();
    bench.clock.advance(5_000);

    expect(await closed).toBe(false);
    expect(bench.clock.timers()).toBe(0);
  });

  it("closes once, however often it is asked", () => {
    const bench = createDeviceBench();

    expect(bench.log.close()).toBe(bench.log.close());
  });

  it("sends nothing more after it has closed", async () => {
    const bench = createDeviceBench();
    bench.link.connect();
    const closed = bench.log.close();
    bench.exchange();
    bench.clock.advance(200);
    await closed;
    const count = bench.link.sent.length;

    bench.log.error("late");
    bench.log.flush();
    bench.link.disconnect();
    bench.link.connect();
    bench.clock.advance(60_000);

    expect(bench.link.sent).toHaveLength(count);
    expect(bench.log.stats().dropped).toEqual({ closed: 1 });
  });

  it("keeps the formats of a program apart by level and tag", () => {
    const bench = createDeviceBench();
    bench.link.connect();

    bench.log.info("same");
    bench.log.tag("a").info("same");
    bench.log.warn("same");
    bench.log.flush();
    bench.exchange();

    expect(formatsOf(bench)).toEqual(["same", "same", "same"]);
    expect(eventsOf(bench.agent).map((event) => event.site.tag + event.site.level)).toEqual([
      "info",
      "ainfo",
      "warn",
    ]);
  });
});
