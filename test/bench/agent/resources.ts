import { readFileSync } from "node:fs";

/** Of `/proc/<pid>/stat`: all Linux machines of the last twenty years have 100. */
const ticksPerSecond = 100;

/** CPU seconds of a process so far, its threads included. */
export const cpuSecondsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [, ...fields] = stat.slice(stat.lastIndexOf(")")).split(" ");
  // The first field after the name is the third of all: user time is the 14th, system time the 15th.
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** The most memory that the process has had resident, MB. */
export const peakResidentMbOf = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kilobytes) / 1_024;
};
