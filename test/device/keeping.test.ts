import { describe, expect, it } from "vitest";
import { createRestartBench, type RestartBench } from "../support/restart-bench.ts";

/** Errors of this boot in flash. */
const kept = (bench: RestartBench): number => bench.flash.boots.at(-1)?.frames.length ?? 0;

describe("keeping", () => {
  it("stores an error that got no ack within 2 s", () => {
    const bench = createRestartBench();
    bench.link.connect();
    bench.log.error("failed");

    bench.clock.advance(1_999);
    const before = kept(bench);
    bench.clock.advance(1);

    expect([before, kept(bench)]).toEqual([0, 1]);
  });

  it("writes nothing for errors that are acked in time", () => {
    const bench = createRestartBench();
    bench.link.connect();

    for (let count = 0; count < 20; count++) {
      bench.log.error("failed");
      bench.clock.advance(500);
      bench.exchange();
    }
    bench.clock.advance(60_000);

    expect(bench.flash.writtenBytes).toBe(0);
    expect(bench.clock.timers()).toBe(0);
  });

  it("gives a frame that was sent 2 s from then", () => {
    const bench = createRestartBench();
    bench.link.connect();
    bench.log.error("first");
    bench.clock.advance(1_900);
    bench.exchange();
    bench.log.error("second");

    bench.clock.advance(2_099);
    const before = kept(bench);
    bench.clock.advance(1);

    expect([before, kept(bench)]).toEqual([0, 1]);
  });

  it("stores an error of an open frame within 2 s where there is no connection", () => {
    const bench = createRestartBench();

    bench.log.error("failed");
    bench.clock.advance(2_000);

    expect(kept(bench)).toBe(1);
  });

  it("leaves frames without errors in memory", () => {
    const bench = createRestartBench();
    bench.link.connect();

    bench.log.info("fine");
    bench.log.flush();
    bench.clock.advance(60_000);

    expect(kept(bench)).toBe(0);
  });
});
