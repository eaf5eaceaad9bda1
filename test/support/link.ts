import { connect, createServer, type Socket } from "node:net";

/** A TCP connection in between, which a test can break. */
export interface TestLink {
  port: number;
  /** Breaks every connection and refuses new ones until `mend`. */
  cut(): void;
  /** Passes nothing on until `mend`, not even that an end is gone; nobody is told. */
  stall(): void;
  mend(): void;
  stop(): Promise<void>;
}

interface Pair {
  near: Socket;
  far: Socket;
}

/** Passes bytes to `port()` on loopback and back. */
export const startLink = async (port: () => number): Promise<TestLink> => {
  const pairs = new Set<Pair>();
  let isCut = false;
  let isStalled = false;

  const isOver = ({ near, far }: Pair): boolean => near.destroyed || far.destroyed;
  const end = (pair: Pair): void => {
    pair.near.destroy();
    pair.far.destroy();
    pairs.delete(pair);
  };
  const join = ({ near, far }: Pair): void => {
    near.pipe(far).pipe(near);
  };
  const part = ({ near, far }: Pair): void => {
    near.unpipe(far).pause();
    far.unpipe(near).pause();
  };
  const server = createServer((near) => {
    near.on("error", () => {});
    if (isCut) {
      near.destroy();
      return;
    }
    const pair = { near, far: connect(port(), "127.0.0.1") };
    pairs.add(pair);
    pair.far.on("error", () => {});
    for (const socket of [near, pair.far]) {
      socket.once("close", () => {
        if (!isStalled) end(pair);
      });
    }
    if (!isStalled) join(pair);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endAll = (): void => {
    for (const pair of pairs) end(pair);
  };
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      isCut = true;
      endAll();
    },
    stall() {
      isStalled = true;
      for (const pair of pairs) part(pair);
    },
    mend() {
      const wasStalled = isStalled;
      isCut = false;
      isStalled = false;
      if (!wasStalled) return;
      for (const pair of pairs) {
        if (isOver(pair)) end(pair);
        else join(pair);
      }
    },
    async stop() {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
