import { describe, expect, it } from "vitest";
import { cleanDevice } from "../../device/setup.ts";
import { frameLimitBytes, frameTargetBytes, headerLimitBytes } from "../../shared/limits.ts";
import { isDeviceId } from "../../shared/topic.ts";
import { createDeviceParts } from "../support/device-parts.ts";

describe("setup", () => {
  it("makes a device id of whatever it is given", () => {
    for (const given of ["pump 7/a", "", "é".repeat(99), "x".repeat(65), "a-b_c.9"]) {
      expect(isDeviceId(cleanDevice(given))).toBe(true);
    }
    expect(cleanDevice("pump-7")).toBe("pump-7");
    expect(cleanDevice("pump 7")).toBe("pump_7");
  });

  it("names the boot once, when it is first asked for", () => {
    const { clock, setup } = createDeviceParts();
    let asked = 0;
    clock.entropy = () => 1_000 + asked++;

    expect([setup.boot(), setup.boot()]).toEqual([
      { nonce: 1_000, number: 0 },
      { nonce: 1_000, number: 0 },
    ]);
  });

  it("keeps frames and events small where the outbox is", () => {
    const small = createDeviceParts({ outboxBytes: 2_048 }).setup;
    const large = createDeviceParts({ outboxBytes: 1_048_576 }).setup;

    expect([small.bodyBytes, small.eventLimitBytes]).toEqual([512, 1_024]);
    expect([large.bodyBytes, large.eventLimitBytes]).toEqual([
      frameTargetBytes - headerLimitBytes,
      frameLimitBytes - headerLimitBytes,
    ]);
  });

  it("gives an outbox that is too small to work the least size", () => {
    expect(createDeviceParts({ outboxBytes: 10 }).setup.limitBytes).toBe(512);
  });

  it("takes the fleet's prefix", () => {
    const { setup } = createDeviceParts({ prefix: "works/logs" });

    expect(setup.topic("up")).toBe("works/logs/51/pump-7/up");
  });
});
