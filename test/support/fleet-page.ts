import { onTestFinished } from "vitest";
import type { DeviceStatus } from "../../agent/fleet-status.ts";
import { createMetrics, type Metrics } from "../../agent/metrics.ts";
import { createPage } from "../../agent/page/server.ts";
import { createTroubles, type Troubles } from "../../agent/page/status.ts";

/** What the browser runs, as it was built. */
const ui = new URL("../../dist/agent/page/ui/", import.meta.url);

/** A page on loopback, of an agent whose state a test sets. */
export interface FleetPage {
  url: string;
  metrics: Metrics;
  devices: DeviceStatus[];
  troubles: Troubles;
}

export const startFleetPage = async (port = 0): Promise<FleetPage> => {
  const metrics = createMetrics();
  const devices: DeviceStatus[] = [];
  const troubles = createTroubles(Date.now);
  const page = await createPage({
    host: "127.0.0.1",
    port,
    ui,
    agent: {
      mqttUrl: "mqtt://127.0.0.1:1883",
      metrics,
      online: () => devices.filter(({ isOnline }) => isOnline).map(({ id }) => id),
      pending: () => ({
        frames: 3,
        bytes: 2_048,
        asideBytes: 0,
        limitBytes: 1_073_741_824,
        devices: devices.length,
      }),
      clockOffsetMs: () => -1_500,
      devices: (limit) => devices.slice(0, limit),
    },
    fleet: "pumps",
    group: "/fleetlog/pumps",
    stream: "{device}",
    troubles,
    now: Date.now,
  });
  onTestFinished(page.stop);
  return { url: page.url, metrics, devices, troubles };
};

export const anyDeviceStatus = (id: string, isOnline = true): DeviceStatus => ({
  id,
  isOnline,
  boot: "0-5eed0001",
  next: 17,
  waitingBytes: 120,
});
