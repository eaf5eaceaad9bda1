/** A program that logs one event to the broker at argv[2], and ends as argv[3] says. */

import { captureConsole, captureExit, connectOptions, createLogger } from "fleetlog/device";
import mqtt from "mqtt";

const [, , url, how] = process.argv;
const client = mqtt.connect(url, connectOptions("pump-7"));
client.on("error", () => {});
const log = createLogger({ device: "pump-7", mqtt: client });
captureExit(log, { limitMs: 500 });
log.info("started");

const ends = {
  throw() {
    throw new RangeError("too far");
  },
  reject() {
    void Promise.reject(new RangeError("too far"));
  },
  "reject-text"() {
    void Promise.reject("too far");
  },
  wait() {
    process.stdout.write("waiting\n");
  },
  "own-signal"() {
    process.on("SIGTERM", () => process.exit(7));
    process.stdout.write("waiting\n");
  },
  "own-exception"() {
    process.on("uncaughtException", () => setTimeout(() => process.exit(8), 500));
    setImmediate(() => {
      throw new RangeError("too far");
    });
  },
  console() {
    captureConsole(log);
    // biome-ignore lint/suspicious/noConsole: it is what the test is about
    console.warn("rssi %d", -71);
    process.kill(process.pid, "SIGTERM");
  },
};
if (how === "throw-offline") ends.throw();
client.once("connect", () => ends[how]());
