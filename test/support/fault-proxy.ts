import { connect, createServer, type Socket } from "node:net";

/** Which connections a fault meets, and for how long. */
export interface NetworkFault {
  /** Of the connections that are open, 0 to 1; drawn for each. */
  share: number;
  forMs: number;
}

/** A TCP proxy on loopback whose network goes wrong on demand. */
export interface FaultProxy {
  port: number;
  /** Connections that are open. */
  connections(): number;
  /** Drops connections with what is under way in them, and refuses new ones for a while. */
  cut(fault: NetworkFault): void;
  /** Passes nothing for a while; with `isCut` what was held back is lost with the connection. */
  stall(fault: NetworkFault & { isCut: boolean }): void;
  /** Passes so many bytes a second each way for a while. */
  slow(fault: NetworkFault & { bytesPerSecond: number }): void;
  /** Ends all faults. */
  mend(): void;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Where connections lead to, asked for each. */
  targetPort(): number;
  /** In [0, 1). */
  random?: () => number;
}

/** What is wrong with one connection. */
interface Path {
  /** Pending while nothing passes. */
  stalled: Promise<void>;
  bytesPerSecond: number;
  destroy(): void;
}

const slicesPerSecond = 20;

const wait = (forMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, forMs).unref();
  });

const isWritten = (to: Socket, bytes: Buffer): Promise<void> | undefined =>
  to.write(bytes) || to.destroyed
    ? undefined
    : new Promise((resolve) => {
        to.once("drain", resolve);
        to.once("close", resolve);
      });

/** Passes a chunk as the path allows: whole, or slice by slice. */
const pass = async (chunk: Buffer, to: Socket, path: Path): Promise<void> => {
  for (let at = 0; at < chunk.length; ) {
    await path.stalled;
    const isSlow = path.bytesPerSecond < Number.POSITIVE_INFINITY;
    const length = isSlow ? Math.ceil(path.bytesPerSecond / slicesPerSecond) : chunk.length;
    await isWritten(to, chunk.subarray(at, at + length));
    at += length;
    if (isSlow) await wait(1_000 / slicesPerSecond);
  }
};

const join = (from: Socket, to: Socket, path: Path): void => {
  let passing = Promise.resolve();
  from.on("data", (chunk) => {
    from.pause();
    passing = pass(chunk, to, path).then(() => {
      from.resume();
    });
  });
  from.once("end", () => passing.then(() => to.end()));
  from.on("error", () => {});
  from.once("close", () => path.destroy());
};

/** Starts one on any free port. */
export const startFaultProxy = async (options: FaultProxyOptions): Promise<FaultProxy> => {
  const { random = Math.random } = options;
  const paths = new Set<Path>();
  let refusedUntilMs = 0;
  /** Rises with each `mend`: what was to end by itself leaves a later fault alone. */
  let era = 0;

  const open = (near: Socket): void => {
    const far = connect(options.targetPort(), "127.0.0.1");
    const path: Path = {
      stalled: Promise.resolve(),
      bytesPerSecond: Number.POSITIVE_INFINITY,
      destroy() {
        paths.delete(path);
        near.destroy();
        far.destroy();
      },
    };
    paths.add(path);
    near.setNoDelay(true);
    far.setNoDelay(true);
    join(near, far, path);
    join(far, near, path);
  };
  const server = createServer((near) => {
    if (performance.now() < refusedUntilMs) near.destroy();
    else open(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drawn = (share: number): Path[] => [...paths].filter(() => random() < share);
  let release = (): void => {};
  let mended = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    port: (server.address() as { port: number }).port,
    connections: () => paths.size,
    cut({ share, forMs }) {
      refusedUntilMs = Math.max(refusedUntilMs, performance.now() + forMs);
      for (const path of drawn(share)) path.destroy();
    },
    stall({ share, forMs, isCut }) {
      const ended = Promise.race([wait(forMs), mended]);
      for (const path of drawn(share)) {
        const before = path.stalled;
        path.stalled = ended.then(() => (isCut ? path.destroy() : before));
      }
    },
    slow({ share, forMs, bytesPerSecond }) {
      const begunIn = era;
      const slowed = drawn(share);
      for (const path of slowed) path.bytesPerSecond = bytesPerSecond;
      void wait(forMs).then(() => {
        if (begunIn !== era) return;
        for (const path of slowed) path.bytesPerSecond = Number.POSITIVE_INFINITY;
      });
    },
    mend() {
      era++;
      refusedUntilMs = 0;
      release();
      mended = new Promise((resolve) => {
        release = resolve;
      });
      for (const path of paths) path.bytesPerSecond = Number.POSITIVE_INFINITY;
    },
    async stop() {
      for (const path of paths) path.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
