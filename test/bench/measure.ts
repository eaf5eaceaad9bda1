/** What a stretch of work took of this process, its threads included. */
export interface Cost {
  wallMs: number;
  cpuMs: number;
}

/** Starts measuring; call the result to end. */
export const startMeter = (): (() => Cost) => {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(startCpu);
    return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1_000 };
  };
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
};

/** Three significant digits: more would be noise. */
export const rounded = (value: number): number => Number(value.toPrecision(3));

const roundMs = 100;
const rounds = 3;

const cpuMsOf = async (work: () => unknown): Promise<number> => {
  const stop = startMeter();
  let times = 0;
  let cost: Cost;
  do {
    await work();
    times++;
    cost = stop();
  } while (cost.wallMs < roundMs);
  return cost.cpuMs / times;
};

/** CPU ms of one call: the median of several rounds, after one to warm up. */
export const measureCpuMs = async (work: () => unknown): Promise<number> => {
  await cpuMsOf(work);
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) found.push(await cpuMsOf(work));
  return median(found);
};
