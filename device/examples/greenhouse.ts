import { type Program, type ProgramClock, type ProgramLog, repeat, rounded } from "./program.ts";

const beds = ["tomatoes", "basil", "peppers"];
const dryPercent = 31;

/** One bed: its moisture sinks until it is watered. */
interface Bed {
  name: string;
  moisturePercent: number;
  isWatered: boolean;
}

const water = (log: ProgramLog, clock: ProgramClock, bed: Bed): void => {
  const litres = rounded(1.5 + clock.random() * 2, 1);
  bed.isWatered = true;
  log.info("watering %s, %d l", bed.name, litres);
  clock.after(900, () => {
    bed.isWatered = false;
    bed.moisturePercent = rounded(bed.moisturePercent + litres * 6, 1);
    log.info("watered %s, now %d %%", bed.name, bed.moisturePercent);
  });
};

const measureBed = (log: ProgramLog, clock: ProgramClock, bed: Bed): void => {
  bed.moisturePercent = rounded(bed.moisturePercent - clock.random() * 0.8, 1);
  log.tag("soil").info("%s moisture %d %%", bed.name, bed.moisturePercent);
  if (bed.moisturePercent >= dryPercent || bed.isWatered) return;
  log.warn("%s is dry: %d %%, wanted %d %%", bed.name, bed.moisturePercent, dryPercent);
  water(log, clock, bed);
};

const measureAir = (log: ProgramLog, clock: ProgramClock): void => {
  const celsius = rounded(22.5 + clock.random() * 2, 2);
  const humidity = rounded(61 + clock.random() * 5, 1);
  log.tag("air").info("temperature %d °C, humidity %d %%", celsius, humidity);
  if (clock.random() < 0.02) {
    const fault = new Error("no answer from sensor 3");
    log.tag("air").error("reading failed: %s", fault);
  }
};

/** A greenhouse: air and soil a few times a second, watering when a bed is dry, a sensor that fails at times. */
export const runGreenhouse: Program = (log, clock) => {
  const all = beds.map((name) => ({ name, moisturePercent: 36, isWatered: false }));

  log.info("greenhouse with %d beds", all.length);
  repeat(clock, { leastMs: 150, mostMs: 250 }, () => measureAir(log, clock));
  for (const bed of all) {
    repeat(clock, { leastMs: 300, mostMs: 700 }, () => measureBed(log, clock, bed));
  }
  repeat(clock, { leastMs: 4_000, mostMs: 7_000 }, () => {
    const isOpen = clock.random() < 0.5;
    log.info(
      "roof %s, outside %d lux",
      isOpen ? "open" : "closed",
      Math.round(clock.random() * 9e4),
    );
  });
};
