import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../../shared/codec/decode.ts";
import { heldDefinitions } from "../../support/held-definitions.ts";
import { sources } from "../deliver/fleet.ts";
import { createTemplates, type Sending, type Template, writeFrame } from "./frames.ts";

const templates = createTemplates({ frameEvents: 5, stepMs: 20 });

const sending: Sending = {
  nonce: 0x1000_0007,
  base: 290,
  first: 300,
  startUptimeMs: 70_000,
  sendUptimeMs: 70_090,
  ackId: 12,
  ackUptimeMs: 69_000,
};

const bytesOf = (template: Template, given: Sending): Uint8Array => {
  const target = Buffer.alloc(4_096);
  return target.subarray(3, writeFrame(target, 3, template, given));
};

describe("frames of the load", () => {
  it("define all sites in the first", () => {
    const held = heldDefinitions();
    const decoded = decodeFrame(bytesOf(templates.first, { ...sending, first: 0, base: 0 }));

    expect(decoded).toMatchObject({ ok: true, frame: { header: { count: sources.length } } });
    expect(decoded.ok && held.take(decoded.head) && held.count()).toBe(templates.definitions);
  });

  it("have the header of their sending, and the events that were sealed", () => {
    const held = heldDefinitions();
    const first = decodeFrame(bytesOf(templates.first, { ...sending, first: 0, base: 0 }));
    if (first.ok) held.take(first.head);

    const decoded = decodeFrame(bytesOf(templates.others[3] as Template, sending), held.lookup);

    const { nonce, startUptimeMs, ...header } = sending;
    const uptimes = [0, 20, 40, 60, 80].map((ms) => ({ uptimeMs: startUptimeMs + ms }));
    expect(decoded).toMatchObject({
      ok: true,
      frame: {
        header: { boot: { nonce, number: 1 }, count: 5, ...header },
        body: { kind: "entries", entries: uptimes },
      },
    });
  });
});
