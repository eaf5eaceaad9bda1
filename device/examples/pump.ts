import { type Program, type ProgramClock, type ProgramLog, repeat, rounded } from "./program.ts";

const targetBar = 4.2;
const warningBar = 5.1;
const limitBar = 5.6;

/** What the controller knows of its pump. */
interface Pump {
  state: "starting" | "running" | "throttled" | "stopped";
  rpm: number;
  bar: number;
  starts: number;
}

const changeState = (log: ProgramLog, pump: Pump, state: Pump["state"]): void => {
  if (pump.state === state) return;
  log.info("pump %s -> %s at %d rpm", pump.state, state, pump.rpm);
  pump.state = state;
};

const regulate = (pump: Pump, clock: ProgramClock): void => {
  const goal = pump.state === "stopped" ? 0 : pump.state === "throttled" ? 1_450 : 2_900;
  pump.rpm = Math.round(pump.rpm + (goal - pump.rpm) * 0.2 + (clock.random() - 0.5) * 16);
  pump.bar = rounded((pump.rpm / 2_900) * targetBar + (clock.random() - 0.5) * 0.3, 2);
  if (clock.random() < 0.01) pump.bar = rounded(pump.bar + 1 + clock.random(), 2);
};

const guard = (log: ProgramLog, pump: Pump, clock: ProgramClock): void => {
  if (pump.bar > limitBar) {
    log.error("overpressure %d bar, limit %d bar, stopping", pump.bar, limitBar);
    changeState(log, pump, "stopped");
    clock.after(1_500, () => start(log, pump));
  } else if (pump.bar > warningBar) {
    log.warn("pressure %d bar above %d bar", pump.bar, warningBar);
    changeState(log, pump, "throttled");
  } else if (pump.state === "starting" && pump.rpm > 2_700) changeState(log, pump, "running");
  else if (pump.state === "throttled" && clock.random() < 0.1) changeState(log, pump, "running");
};

const start = (log: ProgramLog, pump: Pump): void => {
  pump.starts++;
  pump.rpm = Math.max(0, pump.rpm);
  log.info("start %d of this shift", pump.starts);
  changeState(log, pump, "starting");
};

/** A pump controller: pressure and speed ten times a second, states, and now and then too much pressure. */
export const runPump: Program = (log, clock) => {
  const pump: Pump = { state: "stopped", rpm: 0, bar: 0, starts: 0 };
  const sensor = log.tag("sensor");

  start(log, pump);
  repeat(clock, { leastMs: 80, mostMs: 120 }, () => {
    regulate(pump, clock);
    sensor.info("pressure %d bar, %d rpm", pump.bar, pump.rpm);
    if (clock.random() < 0.2) sensor.debug("valve %d %%", Math.round(pump.bar * 20));
    guard(log, pump, clock);
  });
  repeat(clock, { leastMs: 2_500, mostMs: 4_000 }, () => {
    log.tag("motor").info("winding %d °C, %d A", rounded(48 + clock.random() * 6, 1), 12);
  });
};
