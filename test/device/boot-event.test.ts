import { describe, expect, it } from "vitest";
import { bootFormat, bootTag } from "../../shared/boot-event.ts";
import { bootText } from "../../shared/frame.ts";
import { createDeviceBench } from "../support/device-bench.ts";
import { eventsOf, type FakeAgent } from "../support/fake-agent.ts";
import { fakeFlash } from "../support/fake-journal.ts";
import { createRestartBench } from "../support/restart-bench.ts";

describe("boot event", () => {
  it("is not there where there is nothing to tell", () => {
    const bench = createDeviceBench();

    expect(bench.log.stats().logged).toBe(0);
  });

  it("is the first of the boot, whatever the level, where the firmware is named", () => {
    const bench = createDeviceBench({ level: "error", firmware: "1.4.2" });
    bench.link.connect();

    bench.log.flush();
    bench.exchange();

    expect(bench.agent.entries.get(0)).toMatchObject({
      kind: "event",
      site: { level: "info", tag: bootTag, format: bootFormat },
      values: [0, "unknown", "1.4.2", 0],
    });
    expect(bench.log.stats()).toMatchObject({ logged: 1, acked: 1, pending: 0 });
  });

  it("says why the boot came about where the host knows", () => {
    const bench = createDeviceBench({ resetReason: "watchdog" });
    bench.link.connect();

    bench.log.flush();
    bench.exchange();

    expect(eventsOf(bench.agent)[0]?.values).toEqual([0, "watchdog", "unknown", 0]);
  });

  it("names the boot by flash's count, and the oldest boot that flash has anything of", () => {
    const bench = createRestartBench({}, fakeFlash({ nonce: 77 }));
    bench.log.fatal("last words");
    bench.restart();
    bench.restart();
    bench.link.connect();

    bench.log.flush();
    bench.exchange();

    const name = bootText({ nonce: 77, number: 3 });
    const agent = bench.agents.books.get(name) as FakeAgent;
    expect(bench.log.stats().boot).toBe(name);
    expect(eventsOf(agent)[0]?.values).toEqual([3, "unknown", "unknown", 1]);
  });
});
