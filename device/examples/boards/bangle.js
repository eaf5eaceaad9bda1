// Bangle.js behind a Bluetooth gateway, as in puck.js; its own text goes the same way.
const log = require("fleetlog").createLogger({ link: Bluetooth, level: "debug" });
const steps = log.tag("steps");

let count = 0;
Bangle.on("step", () => {
  count++;
});
setInterval(() => {
  steps.debug("%d in a minute", count);
  count = 0;
}, 60000);
setInterval(() => log.metric("battery", E.getBattery(), "Percent"), 600000);
