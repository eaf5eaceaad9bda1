import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { bundlePath, serialPath, setTakesText } from "../../support/espruino.ts";
import { eventsOf, fakeAgent } from "../../support/fake-agent.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { byteString, fakeEspruino, fakeStockMqtt } from "../../support/fake-espruino.ts";
import { fakePort } from "../../support/fake-port.ts";

const sourceOf = (name: string): string =>
  readFileSync(new URL(`../../../device/examples/boards/${name}`, import.meta.url), "utf8");

const root = "fleetlog/1/51/pump-7";

/** A board on which an example has started, and the hands on what it is connected to. */
const startBoard = (name: string) => {
  const clock = fakeClock();
  const mqtt = fakeStockMqtt();
  const bluetooth = fakePort();
  const board = fakeEspruino({ serial: "pump-7" });
  const listeners: Record<string, () => void> = {};
  const text = readFileSync(name.includes("w") ? bundlePath : serialPath, "utf8");
  const every = (callback: () => void, delayMs: number): unknown =>
    clock.after(delayMs, () => {
      callback();
      every(callback, delayMs);
    });
  const joins: string[] = [];
  const modules: Record<string, object> = {
    MQTT: { create: () => mqtt },
    Wifi: {
      connect: (network: string, _: object, done: (error: null) => void) => {
        joins.push(network);
        done(null);
      },
      on: (event: string, listener: () => void) => {
        listeners[event] = listener;
      },
    },
  };
  const context = createContext({
    ...board.globals,
    E: { ...board.globals.E, getTemperature: () => 21.5, getBattery: () => 80, on() {} },
    atob,
    btoa: (bytes: Uint8Array) => Buffer.from(bytes).toString("base64"),
    setTimeout: (callback: () => void, delayMs: number) => clock.after(delayMs, callback),
    clearTimeout: (timer: number) => clock.cancel(timer),
    setInterval: every,
    getTime: () => clock.uptimeMs() / 1_000,
    analogRead: () => 0.5,
    A0: 0,
    BTN: 1,
    setWatch: (callback: () => void) => {
      listeners.button = callback;
    },
    Bluetooth: bluetooth,
    Bangle: {
      on: (event: string, listener: () => void) => {
        listeners[event] = listener;
      },
    },
    require: (module: string) => modules[module],
    exports: {},
  });
  runInContext(setTakesText, context);
  runInContext(`(function () { ${text} })()`, context);
  modules.fleetlog = runInContext("exports", context);
  runInContext(sourceOf(name), context);
  return { clock, mqtt, bluetooth, listeners, joins };
};

describe("examples for boards", () => {
  it.each(["esp-wifi.js", "pico-w.js"])("%s logs over MQTT, and joins its Wi-Fi again", (name) => {
    const { clock, mqtt, listeners, joins } = startBoard(name);
    const agent = fakeAgent();

    clock.advance(1_000);
    mqtt.accept();
    for (let minute = 0; minute < 3; minute++) {
      clock.advance(60_000);
      for (const { topic, payload } of mqtt.published.splice(0)) {
        mqtt.drain();
        if (!topic.endsWith("/up")) continue;
        mqtt.say(`${root}/down`, byteString(agent.receive(Buffer.from(payload, "latin1"))));
      }
    }
    listeners.disconnected?.();
    clock.advance(10_000);

    const formats = eventsOf(agent).map(({ site }) => site.format);
    expect(formats).toEqual(expect.arrayContaining(["started", "temperature"]));
    expect(joins).toEqual(["network", "network"]);
  });

  it.each(["puck.js", "bangle.js"])("%s logs over Bluetooth to a gateway", (name) => {
    const { clock, bluetooth, listeners } = startBoard(name);
    const agent = fakeAgent();

    listeners.button?.();
    listeners.step?.();
    for (let second = 0; second < 700; second++) {
      if (second % 10 === 0) bluetooth.send("o", `${root} 1`);
      clock.advance(1_000);
      for (const { kind, payload } of bluetooth.messages.splice(0)) {
        if (kind === "u") bluetooth.send("d", agent.receive(new Uint8Array(payload)));
      }
    }

    const formats = eventsOf(agent).map(({ site }) => site.format);
    const expected = { "puck.js": "pressed, battery %d %%", "bangle.js": "%d in a minute" };
    expect(formats).toContain(expected[name as keyof typeof expected]);
  });
});
