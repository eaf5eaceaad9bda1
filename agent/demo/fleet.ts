import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a device process says of its logger. */
export interface DeviceStats {
  logged: number;
  acked: number;
  pending: number;
  dropped: Record<string, number>;
}

/** One device of the demo, through all its restarts. */
export interface DemoDevice {
  name: string;
  /** Where each log call is written down before the logger sees it. */
  recordPath: string;
  /** Of the process that runs now and those before it. */
  stats(): DeviceStats;
  /** Takes the connection away. */
  cut(forMs: number): void;
  /** Ends the process in good order, then starts it anew. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface DemoDeviceOptions {
  name: string;
  program: "pump" | "greenhouse" | "door";
  mqttUrl: string;
  /** Folder of the record. */
  directory: string;
}

const entry = fileURLToPath(new URL("../../device/examples/demo-device.js", import.meta.url));

const sum = (left: DeviceStats, right: DeviceStats): DeviceStats => {
  const dropped = { ...left.dropped };
  for (const [reason, count] of Object.entries(right.dropped)) {
    dropped[reason] = (dropped[reason] ?? 0) + count;
  }
  return {
    logged: left.logged + right.logged,
    acked: left.acked + right.acked,
    pending: right.pending,
    dropped,
  };
};

const nothing: DeviceStats = { logged: 0, acked: 0, pending: 0, dropped: {} };

/** Starts a device as a process of its own. */
export const startDevice = (options: DemoDeviceOptions): DemoDevice => {
  const { name, program, mqttUrl } = options;
  const recordPath = join(options.directory, `${name}.jsonl`);
  let ended = nothing;
  let current = nothing;

  const start = (): ChildProcess => {
    const flags = [
      "--program",
      program,
      "--device",
      name,
      "--mqtt",
      mqttUrl,
      "--record",
      recordPath,
    ];
    const child = fork(entry, flags, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("message", (message: DeviceStats & { type: string }) => {
      if (message.type === "stats") current = message;
    });
    return child;
  };
  let child = start();
  const stop = async (): Promise<void> => {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.connected) child.send({ type: "stop" });
    if (child.exitCode === null) await exited;
    ended = sum(ended, current);
    current = nothing;
  };
  return {
    name,
    recordPath,
    stop,
    stats: () => sum(ended, current),
    cut(forMs) {
      if (child.connected) child.send({ type: "cut", forMs });
    },
    async restart() {
      await stop();
      child = start();
    },
  };
};
