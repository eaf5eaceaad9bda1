import { describe, expect, it } from "vitest";
import { createDelivery } from "../../device/delivery.ts";
import { bootText } from "../../shared/frame.ts";
import { createDeviceBench } from "../support/device-bench.ts";
import { createDeviceParts } from "../support/device-parts.ts";
import { eventsOf, type FakeAgent } from "../support/fake-agent.ts";
import { fakeFlash } from "../support/fake-journal.ts";
import { createRestartBench } from "../support/restart-bench.ts";

const add = (delivery: ReturnType<typeof createDelivery>, kind: number, format: string): void =>
  delivery.add(kind, "", [format], 0);

describe("delivery with flash", () => {
  it("puts all that is open or held into flash when RAM is about to be lost", () => {
    const flash = fakeFlash();
    const { setup } = createDeviceParts({ flash });
    const delivery = createDelivery(setup);
    add(delivery, 3, "sealed");
    delivery.drop(0, "busy");
    delivery.flush();
    add(delivery, 1, "open");

    const isKept = delivery.keep?.();

    expect(isKept).toBe(true);
    expect(flash.boots[0]?.frames.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  });

  it("says so where flash does not take all of it", () => {
    const { setup } = createDeviceParts({ flash: fakeFlash({ limitBytes: 1 }) });
    const delivery = createDelivery(setup);
    add(delivery, 1, "a format of more than twenty bytes");

    expect(delivery.keep?.()).toBe(false);
  });

  it("can keep nothing without flash", () => {
    expect(createDelivery(createDeviceParts().setup).keep).toBeNull();
  });

  it("keeps the counts of what gave way as well", () => {
    const flash = fakeFlash({ limitBytes: 0 });
    const bench = createRestartBench({ outboxBytes: 1_024 }, flash);
    for (let count = 0; count < 60; count++) bench.log.fatal("%d %s", count, "x".repeat(100));
    const { outbox_full } = bench.log.stats().dropped;
    flash.limitBytes = 65_536;
    void bench.log.close(1_000);
    bench.clock.advance(1_000);
    const boot = bootText(bench.journal.boot);
    bench.restart();

    bench.link.connect();
    bench.exchange();

    const agent = bench.agents.books.get(boot) as FakeAgent;
    expect(outbox_full).toBeGreaterThan(0);
    expect(agent.drops.reduce((sum, { count }) => sum + count, 0)).toBe(outbox_full);
    expect(eventsOf(agent).length + (outbox_full ?? 0)).toBe(61);
  });
});

describe("logger with flash", () => {
  it("closes with its end in flash where nobody takes it", async () => {
    const bench = createRestartBench();
    bench.log.info("last words");

    const closed = bench.log.close(1_000);
    bench.clock.advance(1_000);
    const boot = bootText(bench.journal.boot);
    bench.restart();
    bench.link.connect();
    bench.exchange();

    const agent = bench.agents.books.get(boot) as FakeAgent;
    expect(await closed).toBe(false);
    expect(eventsOf(agent).at(-1)?.site.format).toBe("last words");
    expect([...agent.entries.values()].at(-1)?.kind).toBe("end");
    expect(agent.drops).toEqual([]);
  });

  it("leaves nothing to settle where it was closed in good order", async () => {
    const bench = createRestartBench();
    bench.link.connect();
    bench.log.fatal("last words");

    const closed = bench.log.close();
    bench.exchange();
    bench.clock.advance(200);
    bench.restart();

    expect(await closed).toBe(true);
    expect(bench.journal.earlier()).toBeNull();
  });

  it("tells in its stats what flash was used for", () => {
    const bench = createRestartBench();

    bench.log.fatal("last words");

    expect(bench.log.stats().flash).toMatchObject({ erases: 0, refused: { flash_full: 0 } });
    expect(bench.log.stats().flash?.writtenBytes).toBeGreaterThan(0);
    expect(createDeviceBench().log.stats().flash).toBeUndefined();
  });

  it("lets the application say when flash may be put in order", () => {
    const bench = createRestartBench();
    let compactions = 0;
    bench.journal.compact = () => compactions++;

    bench.log.compact?.();

    expect(compactions).toBe(1);
    expect(createDeviceBench().log.compact).toBeUndefined();
  });

  it("goes through a day of outage with the whole of it in flash", () => {
    const bench = createRestartBench({ outboxBytes: 2_048 });
    for (let minute = 0; minute < 1_440; minute++) {
      bench.clock.advance(60_000);
      bench.log.info("level %d mm", 400 + (minute % 7));
    }
    const before = bench.log.stats();

    bench.link.connect();
    bench.exchange();
    bench.log.flush();
    bench.exchange();

    expect(before.bytes).toBeLessThanOrEqual(2_048);
    expect(bench.log.stats()).toMatchObject({ logged: 1_441, acked: 1_441, dropped: {}, bytes: 0 });
  });
});
