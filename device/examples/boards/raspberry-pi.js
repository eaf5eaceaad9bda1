// Raspberry Pi, or any small Linux board, with Node.
import { captureConsole, captureExit, connectOptions, createLogger } from "fleetlog/device";
import mqtt from "mqtt";
import { pino } from "pino";

const url = "mqtt://agent.local";

// A program that has no logger yet: its console, and why it ends.
const client = mqtt.connect(url, connectOptions("pi-1"));
const log = createLogger({ device: "pi-1", mqtt: client });
captureExit(log);
captureConsole(log, { isShown: true });

// One that logs with pino already: as a device of its own.
const options = { url, device: "pi-1.app" };
const app = pino(pino.transport({ target: "fleetlog/pino", options }));

app.info({ valve: 3 }, "opened");
log.info("started with Node %s", process.version);
