/** The one time of a world: it passes as fast as the machine can follow. */
export interface Clockwork {
  /** True time since the world began, ms; nobody in the world can read it. */
  nowMs(): number;
  /** Calls `run` after `delayMs`; the returned function prevents it. Of what is due at once, what was asked for first. */
  after(delayMs: number, run: () => void): () => void;
  /** Passes time until `untilMs`; promises settle after each event. */
  run(untilMs: number): Promise<void>;
  /** Events so far. */
  events(): number;
}

interface Due {
  atMs: number;
  order: number;
  /** Null once it is cancelled. */
  run: (() => void) | null;
}

const nextTurn = setImmediate;

/** Resolves once no promise has anything left to do. */
const settle = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));

const isBefore = (left: Due, right: Due): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);

/** A heap, the first due at its top. */
const createHeap = () => {
  const heap: Due[] = [];
  const rise = (due: Due): void => {
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Due;
      if (!isBefore(due, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = due;
  };
  const sink = (due: Due): void => {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Due)) child++;
      if (!isBefore(heap[child] as Due, due)) break;
      heap[index] = heap[child] as Due;
      index = child;
    }
    heap[index] = due;
  };
  return {
    first: (): Due | undefined => heap[0],
    push: rise,
    pop(): Due {
      const top = heap[0] as Due;
      const last = heap.pop() as Due;
      if (heap.length > 0) sink(last);
      return top;
    },
  };
};

export const createClockwork = (): Clockwork => {
  const heap = createHeap();
  let nowMs = 0;
  let order = 0;
  let events = 0;
  return {
    nowMs: () => nowMs,
    events: () => events,
    after(delayMs, run) {
      const due: Due = { atMs: nowMs + Math.max(0, delayMs), order: order++, run };
      heap.push(due);
      return () => {
        due.run = null;
      };
    },
    async run(untilMs) {
      await settle();
      for (let first = heap.first(); first && first.atMs <= untilMs; first = heap.first()) {
        const { atMs, run } = heap.pop();
        if (run === null) continue;
        nowMs = atMs;
        events++;
        run();
        await settle();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
};

/**
 * Lets `setImmediate` be an event of the clockwork while `use` runs: the code under test waits for a turn of
 * the event loop, and that must come in an order that the seed alone decides.
 */
export const withTurns = async <Type>(
  clockwork: Clockwork,
  use: () => Promise<Type>,
): Promise<Type> => {
  const real = globalThis.setImmediate;
  const turn = (run: (...args: unknown[]) => void, ...args: unknown[]) =>
    clockwork.after(0, () => run(...args));
  try {
    Object.assign(globalThis, { setImmediate: turn });
    return await use();
  } finally {
    globalThis.setImmediate = real;
  }
};
