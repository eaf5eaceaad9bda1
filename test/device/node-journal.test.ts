import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../../device/index.ts";
import type { MqttClient } from "../../device/platforms/node.ts";

/** A client that never connects. */
const offline = (): MqttClient => ({
  connected: false,
  on: () => {},
  removeListener: () => {},
  subscribe: () => {},
  publish: () => {},
});

describe("journal on Node", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fleetlog-journal-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("counts the starts, and stores a fatal event at once", () => {
    const start = () => createLogger({ device: "pump-7", mqtt: offline(), journal: folder });
    start();
    const log = start();

    log.fatal("last words");

    expect(log.stats().boot).toMatch(/^2-/);
    expect(log.stats().flash?.writtenBytes).toBeGreaterThan(0);
  });
});
