/** Of the boards' globals what these programs use. */

declare module "fleetlog" {
  export const createLogger: (options: {
    device?: string;
    mqtt?: object;
    link?: object;
    noise?: () => number;
    level?: import("../../../shared/event.ts").Level;
  }) => import("../../logger.ts").Logger;
}

declare module "MQTT" {
  export const create: (host: string, options: { client_id: string }) => object;
}

declare module "Wifi" {
  export const connect: (
    network: string,
    options: { password: string },
    done: (error: string | null) => void,
  ) => void;
  export const on: (event: "disconnected", listener: () => void) => void;
}

interface BoardSerial {
  write(text: string): void;
  on(event: "data", listener: (data: string) => void): void;
}

declare const Bluetooth: BoardSerial;
declare const E: { getTemperature(): number; getBattery(): number };
declare const BTN: number;
declare function getSerial(): string;
declare function analogRead(pin: number): number;
declare const A0: number;
declare function setInterval(callback: () => void, delayMs: number): unknown;
declare function setWatch(
  callback: () => void,
  pin: number,
  options: { repeat: boolean; edge: "rising"; debounce: number },
): void;
declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare const Bangle: { on(event: "step", listener: () => void): void };
declare function require(name: string): unknown;
