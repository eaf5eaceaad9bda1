import { Command, InvalidArgumentError } from "commander";
import { type PortPlace, parsePlace } from "../gateway/port.ts";
import { runGateway } from "../gateway/run.ts";
import { systemTime } from "../time.ts";

interface GatewayFlags {
  serial: PortPlace;
  broker: string;
  baud: number;
  devicePrefix: string;
  repl?: string;
}

const parseSerial = (text: string): PortPlace => {
  const place = parsePlace(text);
  if (place !== null) return place;
  throw new InvalidArgumentError("A port is a path, - or tcp://host:port.");
};

const parseBroker = (text: string): string => {
  const isUrl = URL.canParse(text) && /^(mqtts?|wss?):$/.test(new URL(text).protocol);
  if (isUrl && new URL(text).hostname !== "") return text;
  throw new InvalidArgumentError("A broker is an URL such as mqtt://host:1883.");
};

const parseBaud = (text: string): number => {
  const baud = Number(text);
  if (/^\d+$/.test(text) && baud >= 1_200 && baud <= 4_000_000) return baud;
  throw new InvalidArgumentError("A speed is a number from 1200 to 4000000.");
};

const parseDevicePrefix = (text: string): string => {
  if (/^[A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError("It is up to 63 of A-Z a-z 0-9 . _ -");
};

const parseRepl = (text: string): string => {
  if (/^[A-Za-z_$][\w$.]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError("It is the name of an object on the board, such as Bluetooth.");
};

const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });

const run = async (flags: GatewayFlags): Promise<void> => {
  const isStdio = flags.serial.kind === "stdio";
  const text = isStdio ? process.stderr : process.stdout;
  await runGateway(
    {
      place: flags.serial,
      baud: flags.baud,
      broker: flags.broker,
      devicePrefix: flags.devicePrefix,
      repl: flags.repl ?? null,
      time: systemTime,
      onText: (bytes) => text.write(bytes),
      onNote: (note) => process.stderr.write(`${note}\n`),
    },
    stopSignal(),
  );
  // The standard input may never end.
  if (isStdio) process.stdin.destroy();
};

const help = `
The device names itself. What it writes besides frames is shown. Examples:

  fleetlog gateway --serial /dev/ttyACM0 --baud 9600 --broker mqtt://agent.local
  fleetlog gateway --serial tcp://terminal-server:2001 --broker mqtt://agent.local`;

/** `fleetlog gateway --serial PORT --broker URL`, until SIGINT or SIGTERM. */
export const gatewayCommand = (): Command =>
  new Command("gateway")
    .description("forward the frames of a board without network, on a serial port, to a broker")
    .requiredOption("--serial <port>", "path of a serial port, - or tcp://host:port", parseSerial)
    .requiredOption("--broker <url>", "of the agent, or one it listens to", parseBroker)
    .option("--baud <speed>", "of a serial port", parseBaud, 115_200)
    .option(
      "--device-prefix <text>",
      "before the id the device gives itself",
      parseDevicePrefix,
      "",
    )
    .option("--repl <object>", "the board's console, where that reads the port", parseRepl)
    .addHelpText("after", help)
    .action(run);
