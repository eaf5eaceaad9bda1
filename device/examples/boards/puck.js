// Puck.js, without network. Save dist/device/fleetlog-serial.min.js as the module "fleetlog" first. Then
// fleetlog gateway --serial - --repl Bluetooth --broker mqtt://agent.local
// stands behind any program that passes the Bluetooth UART to its standard streams.
const log = require("fleetlog").createLogger({ link: Bluetooth });

setWatch(() => log.info("pressed, battery %d %%", E.getBattery()), BTN, {
  repeat: true,
  edge: "rising",
  debounce: 50,
});
setInterval(() => log.metric("temperature", E.getTemperature()), 60000);
