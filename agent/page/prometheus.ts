import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Metrics } from "../metrics.ts";
import type { Status } from "./status.ts";

type Count = { [Key in keyof Metrics]: Metrics[Key] extends number ? Key : never }[keyof Metrics];

/** `framesStored` becomes `fleetlog_frames_stored_total`. */
const counterNameOf = (key: string): string =>
  `fleetlog_${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`;

type AddGauge = (name: string, help: string, read: (now: Status) => number) => void;

const gaugeDisk = (gauge: AddGauge): void => {
  gauge(
    "fleetlog_disk_free_bytes",
    "bytes left on the disk of the spool",
    (now) => now.pending.disk?.freeBytes ?? 0,
  );
  gauge(
    "fleetlog_disk_reserve_bytes",
    "bytes of the disk that frames leave free",
    (now) => now.pending.disk?.reserveBytes ?? 0,
  );
  gauge("fleetlog_disk_low", "1 while devices wait for room on the disk", (now) =>
    now.pending.disk?.isLow ? 1 : 0,
  );
};

/** A registry that reads `status` when it is asked; counters are those of `Metrics`, by their names there. */
export const createPrometheus = (status: () => Status): Registry => {
  const registry = new Registry();
  const registers = [registry];
  const { metrics } = status();
  const counts = Object.keys(metrics).filter((key) => key !== "dropped") as Count[];
  for (const key of counts) {
    const name = counterNameOf(key);
    new Counter({
      name,
      help: `${key} since the agent started`,
      registers,
      collect() {
        this.reset();
        this.inc(status().metrics[key]);
      },
    });
  }
  new Counter({
    name: "fleetlog_dropped_total",
    help: "events lost before they reached the agent, as devices counted them",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(status().metrics.dropped)) {
        this.inc({ reason }, count);
      }
    },
  });
  const gauge: AddGauge = (name, help, read) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(status()));
      },
    });
  };
  gauge("fleetlog_devices_online", "devices that are connected", ({ online }) => online);
  gauge(
    "fleetlog_devices_known",
    "devices of which something is stored",
    (now) => now.pending.devices,
  );
  gauge("fleetlog_spool_frames", "frames that wait", ({ pending }) => pending.frames);
  gauge("fleetlog_spool_bytes", "bytes of the frames that wait", ({ pending }) => pending.bytes);
  gauge("fleetlog_spool_limit_bytes", "bytes that may wait", ({ pending }) => pending.limitBytes);
  if (status().pending.disk !== undefined) gaugeDisk(gauge);
  gauge(
    "fleetlog_clock_offset_ms",
    "how far AWS's clock is ahead of this machine's, NaN before its first answer",
    ({ clockOffsetMs }) => clockOffsetMs ?? Number.NaN,
  );
  collectDefaultMetrics({ register: registry });
  return registry;
};
