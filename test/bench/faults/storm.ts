import type { FaultProxy } from "../../support/fault-proxy.ts";
import type { SmallDisk } from "./disk.ts";
import type { Fleet } from "./fleet.ts";
import type { Program } from "./program.ts";

/** What faults can meet. */
export interface StormOptions {
  fleets: readonly Fleet[];
  endpoint: Program;
  /** Where the agent of the first fleet has its data; null where no file system could be mounted. */
  disk: SmallDisk | null;
  /** In [0, 1). */
  random(): number;
}

/** Faults at random. */
export interface Storm {
  /** Lets one happen. */
  strike(): void;
  /** Ends all that last. */
  end(): void;
  /** How many there were, by kind. */
  counts: Readonly<Record<string, number>>;
}

/** A kind of fault; false where it cannot happen now. */
interface Kind {
  name: string;
  /** How likely it is beside the others. */
  weight: number;
  happen(): boolean;
}

const between = (random: () => number, least: number, most: number): number =>
  least + random() * (most - least);

/** Where everything is down already there is nothing to strike. */
const triesLimit = 50;

/** Mostly short, now and then long. */
const pauseMsOf = (random: () => number): number => 500 * 30 ** (random() * random());

const onProgram = (
  { random }: StormOptions,
  programs: readonly Program[],
  weight: number,
): Kind[] => {
  const [first] = programs;
  if (first === undefined) return [];
  const { name } = first;
  const pick = (): Program | undefined => {
    const program = programs[Math.floor(random() * programs.length)];
    return program?.isAtWork() ? program : undefined;
  };
  const kill: Kind = {
    name: `${name} killed`,
    weight,
    happen() {
      const program = pick();
      program?.kill(between(random, 0, 2_000));
      return program !== undefined;
    },
  };
  const pause: Kind = {
    name: `${name} paused`,
    weight,
    happen() {
      const program = pick();
      program?.pause(pauseMsOf(random));
      return program !== undefined;
    },
  };
  return [kill, pause];
};

const onNetwork = (
  { random }: StormOptions,
  name: string,
  proxies: readonly FaultProxy[],
  weight: number,
): Kind[] => {
  const kindOf = (fault: string, strike: (proxy: FaultProxy) => void): Kind => ({
    name: `${name} ${fault}`,
    weight,
    happen() {
      const proxy = proxies[Math.floor(random() * proxies.length)];
      if (proxy === undefined || proxy.connections() === 0) return false;
      strike(proxy);
      return true;
    },
  });
  const share = (): number => between(random, 0.2, 1);
  return [
    kindOf("cut", (proxy) => proxy.cut({ share: share(), forMs: pauseMsOf(random) / 2 })),
    kindOf("stalled", (proxy) =>
      proxy.stall({ share: share(), forMs: pauseMsOf(random), isCut: random() < 0.5 }),
    ),
    kindOf("slowed", (proxy) =>
      proxy.slow({
        share: share(),
        forMs: pauseMsOf(random) * 2,
        bytesPerSecond: between(random, 200, 20_000),
      }),
    ),
  ];
};

const onDisk = ({ disk, random }: StormOptions): Kind[] =>
  disk === null
    ? []
    : [
        {
          name: "disk full",
          weight: 2,
          happen() {
            disk.fill(between(random, 1_000, 6_000));
            return true;
          },
        },
      ];

const kindsOf = (options: StormOptions): Kind[] => {
  const { fleets, endpoint } = options;
  const brokers = fleets.flatMap(({ broker }) => broker ?? []);
  const links = fleets.flatMap(({ proxies }) => proxies.agent ?? []);
  return [
    ...onProgram(
      options,
      fleets.flatMap(({ devices }) => devices),
      9,
    ),
    ...onProgram(
      options,
      fleets.map(({ agent }) => agent),
      4,
    ),
    ...onProgram(options, brokers, 3),
    ...onProgram(options, [endpoint], 2),
    ...onNetwork(
      options,
      "device network",
      fleets.map(({ proxies }) => proxies.devices),
      12,
    ),
    ...onNetwork(options, "agent network", links, 3),
    ...onNetwork(
      options,
      "endpoint network",
      fleets.map(({ proxies }) => proxies.endpoint),
      5,
    ),
    ...onDisk(options),
  ];
};

export const createStorm = (options: StormOptions): Storm => {
  const { fleets, endpoint, disk, random } = options;
  const kinds = kindsOf(options);
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  const counts: Record<string, number> = {};

  const draw = (): Kind => {
    let left = random() * total;
    const drawn = kinds.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return drawn ?? (kinds[0] as Kind);
  };
  return {
    counts,
    strike() {
      for (let tries = 0; tries < triesLimit; tries++) {
        const { name, happen } = draw();
        if (!happen()) continue;
        counts[name] = (counts[name] ?? 0) + 1;
        return;
      }
    },
    end() {
      disk?.clear();
      const programs = fleets.flatMap(({ agent, broker, devices }) => [
        agent,
        ...(broker === null ? [] : [broker]),
        ...devices,
      ]);
      for (const program of [endpoint, ...programs]) program.resume();
      for (const { proxies } of fleets) {
        proxies.devices.mend();
        proxies.agent?.mend();
        proxies.endpoint.mend();
      }
    },
  };
};
