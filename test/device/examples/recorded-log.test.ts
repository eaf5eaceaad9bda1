import { describe, expect, it } from "vitest";
import { type RecordedCall, recordedLog } from "../../../device/examples/recorded-log.ts";
import { createDeviceBench } from "../../support/device-bench.ts";
import { eventsOf } from "../../support/fake-agent.ts";

describe("recorded log", () => {
  it("writes each call down before the logger has it, with a number of its own", () => {
    const bench = createDeviceBench();
    const calls: RecordedCall[] = [];
    const loggedBefore: number[] = [];
    const log = recordedLog(bench.log, (call) => {
      calls.push(call);
      loggedBefore.push(bench.log.stats().logged);
    });

    log.info("temp %d", 21);
    log.tag("wifi").warn("gone");

    expect(loggedBefore).toEqual([0, 1]);
    expect(calls).toMatchObject([
      { level: "info", tag: "", format: "temp %d #%d", values: [21, 0], ordinal: 0 },
      { level: "warn", tag: "wifi", format: "gone #%d", values: [1], ordinal: 1 },
    ]);
  });

  it("gives the logger what it wrote down", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    const calls: RecordedCall[] = [];
    const log = recordedLog(bench.log, (call) => calls.push(call));

    log.info("temp %d", 21);
    log.error("failed: %s", new Error("no answer"));
    bench.log.flush();
    bench.exchange();

    expect(eventsOf(bench.agent).map((event) => [event.site.format, event.values])).toEqual(
      calls.map((call) => [call.format, call.values]),
    );
  });
});
