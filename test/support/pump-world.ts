import type { Link, LinkListener, Platform } from "../../device/platform.ts";
import { createEspruinoPlatform } from "../../device/platforms/espruino.ts";
import type { BookAgent } from "./book-agent.ts";
import type { FakeClock } from "./fake-clock.ts";
import { fakeEspruino } from "./fake-espruino.ts";
import { type FakeFlash, PowerCut } from "./fake-flash.ts";
import type { Random } from "./random.ts";

const roundTripMs = 80;

/** What is around a pump's board. */
export interface PumpWorld {
  random: Random;
  agent: BookAgent;
  flash: FakeFlash;
  isOnline: boolean;
  /** Power has failed: nothing is sent, logged or written any more. */
  isCut: boolean;
  /** What the wall clock is ahead by. */
  aheadS: number;
  clock: FakeClock;
}

export interface WorldLink extends Link {
  /** Tells the device that the network came or went. */
  look(): void;
}

/** A network that loses one message in fifty, and all of them while it is down. */
export const createWorldLink = (world: PumpWorld): WorldLink => {
  const { agent, clock, random } = world;
  let listener: LinkListener | null = null;
  let isConnected = false;

  return {
    look() {
      if (isConnected === world.isOnline) return;
      isConnected = world.isOnline;
      if (isConnected) listener?.onConnect();
      else listener?.onDisconnect();
    },
    listen(given) {
      listener = given;
    },
    isConnected: () => isConnected,
    isReady: () => isConnected,
    subscribe() {},
    publish(topic, payload) {
      if (!topic.endsWith("/up") || !isConnected || world.isCut || random.once(50)) return;
      clock.after(roundTripMs / 2, () => {
        const ack = agent.receive(payload);
        if (random.once(50)) return;
        clock.after(roundTripMs / 2, () => {
          if (isConnected && !world.isCut) listener?.onMessage(topic.replace(/up$/, "down"), ack);
        });
      });
    },
    release() {
      listener = null;
    },
  };
};

/** The platform of boards, on a board whose clock and timers are the world's. */
export const boardPlatform = (world: PumpWorld): Platform => {
  const board = fakeEspruino();
  Object.assign(globalThis, board.globals, {
    process: Object.assign(Object.create(process), board.globals.process),
    getTime: () => world.clock.uptimeMs() / 1_000 + world.aheadS,
    setTimeout: (callback: () => void, delayMs: number) => world.clock.after(delayMs, callback),
    clearTimeout: (timer: unknown) => world.clock.cancel(timer),
  });
  return createEspruinoPlatform(() => world.random.below(2 ** 31));
};

/** A flash that is read and written as long as there is power. */
export const poweredFlash = (world: PumpWorld): FakeFlash => ({
  ...world.flash,
  write(at, bytes) {
    if (world.isCut) return false;
    try {
      return world.flash.write(at, bytes);
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) throw thrown;
      world.isCut = true;
      return false;
    }
  },
  erase(page) {
    if (world.isCut) return false;
    try {
      return world.flash.erase(page);
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) throw thrown;
      world.isCut = true;
      return false;
    }
  },
});
