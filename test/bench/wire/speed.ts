import { decodeFrame } from "../../../shared/codec/decode.ts";
import { render } from "../../../shared/render.ts";
import { measureCpuMs } from "../measure.ts";
import type { BootRun } from "./boot.ts";

/** Events a second of one core: by CPU time, so that a shared machine changes little. */
export interface Speed {
  decode: number;
  /** Decoded and rendered to its text. */
  render: number;
}

/** Decodes all payloads of a run; answers how many events they hold. */
const decodeAll = ({ payloads, lookup }: BootRun): number => {
  let events = 0;
  for (const payload of payloads) {
    const decoded = decodeFrame(payload, lookup);
    if (decoded.ok) events += decoded.frame.header.count;
  }
  return events;
};

/** Answers how many characters the texts of all events have. */
const renderAll = ({ payloads, lookup }: BootRun): number => {
  let characters = 0;
  for (const payload of payloads) {
    const decoded = decodeFrame(payload, lookup);
    if (!decoded.ok || decoded.frame.body.kind !== "entries") continue;
    for (const entry of decoded.frame.body.entries) {
      if (entry.kind === "event") characters += render(entry.site.format, entry.values).length;
    }
  }
  return characters;
};

/** Measures each run after a pass over all of them: what one has taught the compiler, all have. */
export const measureSpeeds = async (runs: readonly BootRun[]): Promise<Speed[]> => {
  for (const run of runs) renderAll(run);
  const speeds: Speed[] = [];
  for (const run of runs) {
    const events = decodeAll(run);
    const decodeMs = await measureCpuMs(() => decodeAll(run));
    const renderMs = await measureCpuMs(() => renderAll(run));
    speeds.push({ decode: (1_000 * events) / decodeMs, render: (1_000 * events) / renderMs });
  }
  return speeds;
};
