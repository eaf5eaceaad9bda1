import { describe, expect, it } from "vitest";
import { createSender } from "../../device/sender.ts";
import { decodeFrame } from "../../shared/index.ts";
import { createDeviceParts, frameOf } from "../support/device-parts.ts";

const createSenderBench = () => {
  const parts = createDeviceParts();
  parts.link.connect();
  return { ...parts, sender: createSender(parts.setup) };
};

describe("sender", () => {
  it("writes the header as of the sending, not of the sealing", () => {
    const { clock, link, sender } = createSenderBench();
    const frame = frameOf(7, "info", 20);
    sender.send(frame, 5);
    clock.advance(900);

    sender.send(frame, 6);

    const headers = link.sent.map((message) => {
      const decoded = decodeFrame(message.payload);
      return decoded.ok ? decoded.frame.header : decoded.reason;
    });
    expect(headers).toMatchObject([
      { base: 5, first: 7, count: 1, sendUptimeMs: 0 },
      { base: 6, first: 7, count: 1, sendUptimeMs: 900 },
    ]);
  });

  it("publishes to the device's own topic, never retained", () => {
    const { link, sender } = createSenderBench();

    sender.send(frameOf(0, "info", 20), 0);

    expect(link.sent).toMatchObject([{ topic: "fleetlog/1/51/pump-7/up", isRetained: false }]);
  });

  it("counts events at their first sending, and frames at each further one", () => {
    const { setup, sender } = createSenderBench();
    const frame = frameOf(0, "info", 20);

    for (let count = 0; count < 3; count++) sender.send(frame, 0);

    expect(setup.tally).toMatchObject({ sent: 1, resent: 2 });
    expect(frame.sends).toBe(3);
  });
});
