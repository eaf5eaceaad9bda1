import { parseArgs } from "node:util";
import type { BrokerKind } from "./fleet.ts";

/** What the bench is told. */
export interface Flags {
  seconds: number;
  devices: number;
  broker: BrokerKind | "both";
  seed: number;
}

const integerOf = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`Cannot use --${name} "${text}": give an integer from 1`);
};

const brokerOf = (text: string): Flags["broker"] => {
  if (text === "embedded" || text === "mosquitto" || text === "both") return text;
  throw new Error(`Cannot use --broker "${text}": give embedded, mosquitto or both`);
};

export const parseFlags = (args: string[]): Flags => {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "600" },
      devices: { type: "string", default: "50" },
      broker: { type: "string", default: "both" },
      seed: { type: "string", default: "1" },
    },
  });
  return {
    seconds: integerOf("seconds", values.seconds),
    devices: integerOf("devices", values.devices),
    broker: brokerOf(values.broker),
    seed: integerOf("seed", values.seed),
  };
};
