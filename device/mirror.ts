import type { JsonText, Value } from "../shared/event.ts";
import type { Mirror } from "./recorder.ts";

/** What the console mirror needs of a console. */
export interface MirrorConsole {
  log(...values: unknown[]): void;
}

/** Shows events on a console as `level tag format`, then the values; ignores what the console throws. */
export const createMirror =
  (target: MirrorConsole): Mirror =>
  (event) => {
    const site = event.site;
    const tag = site.tag === "" ? "" : ` ${site.tag}:`;
    const line: unknown[] = [`${site.level}${tag} ${site.format}`];
    for (let index = 0; index < event.values.length; index++) {
      const value = event.values[index] as Value;
      line.push(value === null ? null : (value as JsonText).json || value);
    }
    try {
      target.log.apply(target, line);
    } catch {}
  };
