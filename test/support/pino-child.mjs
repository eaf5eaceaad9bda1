/** A program that logs through pino to the broker at argv[2], argv[3] events, and ends. */
import { pino } from "pino";

const [, , url, count] = process.argv;
const options = { url, device: "pump-7", limitMs: 5_000 };
const log = pino({ level: "trace" }, pino.transport({ target: "fleetlog/pino", options }));

log.info("started");
log.child({ name: "wifi" }).warn({ rssi: -71 }, "100% weak");
log.error(new RangeError("too far"));
log.trace("temp %d", 21);
for (let event = 0; event < Number(count); event++) log.info({ event }, "measured");
