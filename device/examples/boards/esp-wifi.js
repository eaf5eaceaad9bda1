// ESP32 and ESP8266, on Wi-Fi. Save dist/device/fleetlog.min.js as the module "fleetlog" first.
const Wifi = require("Wifi");
const mqtt = require("MQTT").create("agent.local", { client_id: getSerial() });
const log = require("fleetlog").createLogger({ mqtt: mqtt, noise: () => analogRead(A0) });

const join = () =>
  Wifi.connect("network", { password: "secret" }, (error) => {
    if (error) log.warn("no Wi-Fi: %s", error);
  });
Wifi.on("disconnected", () => setTimeout(join, 10000));
join();

setInterval(() => log.metric("temperature", E.getTemperature()), 60000);
log.info("started");
