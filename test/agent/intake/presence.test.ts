import { describe, expect, it } from "vitest";
import { presenceLimit } from "../../../agent/intake/intake.ts";
import { createPresence, silenceMs } from "../../../agent/intake/presence.ts";
import { fakeTime } from "../../support/fake-time.ts";

const startPresence = (connected?: ReadonlySet<string>) => {
  const time = fakeTime();
  const isConnected = (device: string): boolean => connected?.has(device) === true;
  const presence = createPresence({ time, ...(connected === undefined ? {} : { isConnected }) });
  return { time, presence };
};

describe("presence", () => {
  it("takes a device for online that says so, or sends a frame", () => {
    const { presence } = startPresence();

    presence.told("pump", true);
    presence.heard("door");

    expect(presence.online()).toEqual(["pump", "door"]);
  });

  it("takes a device for offline that is said to be, until it sends again", () => {
    const { presence } = startPresence();
    presence.heard("pump");

    presence.told("pump", false);
    const before = presence.isOnline("pump");
    presence.heard("pump");

    expect(before).toBe(false);
    expect(presence.isOnline("pump")).toBe(true);
  });

  it("infers from 15 minutes of silence that a device has gone", () => {
    const { presence, time } = startPresence();
    presence.heard("pump");
    time.advance(600_000);
    presence.heard("door");

    time.advance(silenceMs - 600_000 - 1);
    const before = presence.online();
    time.advance(60_000);

    expect(before).toEqual(["pump", "door"]);
    expect(presence.online()).toEqual(["door"]);
  });

  it("keeps a silent device online whose connection is open, and gives it up when that ends", () => {
    const connected = new Set(["pump"]);
    const { presence, time } = startPresence(connected);
    presence.heard("pump");

    time.advance(10 * silenceMs);
    const before = presence.isOnline("pump");
    connected.clear();
    time.advance(60_000);

    expect(before).toBe(true);
    expect(presence.isOnline("pump")).toBe(false);
  });

  it("looks for silence only while a device is online, and not once it is closed", () => {
    const { presence, time } = startPresence();
    presence.heard("pump");
    time.advance(2 * silenceMs);
    presence.heard("door");

    presence.close();
    time.advance(2 * silenceMs);

    expect(presence.online()).toEqual(["door"]);
  });

  it("follows a bounded number of devices", () => {
    const { presence } = startPresence();

    for (let device = 0; device <= presenceLimit; device++) presence.heard(`pump-${device}`);

    expect(presence.online()).toHaveLength(presenceLimit);
    expect(presence.isOnline(`pump-${presenceLimit}`)).toBe(false);
  });
});
