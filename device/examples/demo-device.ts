/**
 * One device of the demo, as a process of its own:
 * `node demo-device.js --program pump --device pump-7 --mqtt mqtt://127.0.0.1:1883 --record pump-7.jsonl`
 */
import { openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { connect, type MqttClient } from "mqtt";
import { connectOptions, createLogger, type Logger } from "../index.ts";
import { runDoor } from "./door.ts";
import { runGreenhouse } from "./greenhouse.ts";
import type { Program, ProgramClock } from "./program.ts";
import { runPump } from "./pump.ts";
import { recordedLog } from "./recorded-log.ts";

const programs: { [name: string]: Program } = {
  pump: runPump,
  greenhouse: runGreenhouse,
  door: runDoor,
};

const statsEveryMs = 500;
const reconnectEveryMs = 300;

/** A clock whose timers all end with `stop`. */
const createProgramClock = (): ProgramClock & { stop(): void } => {
  const timers = new Set<NodeJS.Timeout>();
  let isStopped = false;
  return {
    random: Math.random,
    after(delayMs, callback) {
      if (isStopped) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        callback();
      }, delayMs);
      timers.add(timer);
    },
    stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
};

const tellParent = (log: Logger): void => {
  const { logged, acked, pending, dropped, boot } = log.stats();
  if (process.connected) process.send?.({ type: "stats", boot, logged, acked, pending, dropped });
};

/** Takes the connection away for `forMs`, as a broken network would. */
const cut = (client: MqttClient, forMs: number): void => {
  client.end(true, () => setTimeout(() => client.reconnect(), forMs));
};

const readSettings = () => {
  const { values } = parseArgs({
    options: {
      program: { type: "string", default: "pump" },
      device: { type: "string", default: "pump-1" },
      mqtt: { type: "string", default: "mqtt://127.0.0.1:1883" },
      record: { type: "string" },
    },
  });
  return values;
};

const main = (): void => {
  const settings = readSettings();
  const program = programs[settings.program];
  if (program === undefined)
    throw new Error(`Cannot run program "${settings.program}": no such one`);
  const client = connect(settings.mqtt, {
    ...connectOptions(settings.device),
    reconnectPeriod: reconnectEveryMs,
  });
  // The client tries again by itself; without a listener a refused connection would end the process.
  client.on("error", () => {});
  const log = createLogger({
    device: settings.device,
    mqtt: client,
    level: "debug",
    flushAfterMs: 500,
  });
  const clock = createProgramClock();
  const record = settings.record === undefined ? null : openSync(settings.record, "a");
  const boot = log.stats().boot;
  program(
    recordedLog(log, (call) => {
      if (record !== null) writeSync(record, `${JSON.stringify({ boot, ...call })}\n`);
    }),
    clock,
  );
  const timer = setInterval(() => tellParent(log), statsEveryMs);
  const stop = async (): Promise<void> => {
    clock.stop();
    clearInterval(timer);
    await log.close();
    tellParent(log);
    client.end(false, () => process.exit(0));
  };
  process.on("message", (message: { type: string; forMs?: number }) => {
    if (message.type === "stop") void stop();
    if (message.type === "cut") cut(client, message.forMs ?? 2_000);
  });
  process.once("disconnect", () => void stop());
  process.once("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
};

main();
