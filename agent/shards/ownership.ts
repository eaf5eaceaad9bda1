import { createHash } from "node:crypto";
import { shardCount } from "../../shared/limits.ts";
import { messageOf } from "../errors.ts";
import type { Time } from "../time.ts";
import type { Lease, Leases } from "./leases.ts";

/** Shards that `agent` should own while these agents live: every agent comes to the same answer. */
export const shardsOf = (agent: string, agents: readonly string[]): Set<number> => {
  const shards = new Set<number>();
  for (let shard = 0; shard < shardCount; shard++) {
    const [first] = [...agents].sort(
      (left, right) => weightOf(right, shard) - weightOf(left, shard) || (left < right ? -1 : 1),
    );
    if (first === agent) shards.add(shard);
  }
  return shards;
};

/** The highest wins: an agent that comes or goes moves no shards but its own. */
const weightOf = (agent: string, shard: number): number =>
  createHash("sha1").update(`${shard}/${agent}`).digest().readUInt32BE(0);

/** The work for one shard, while this agent owns it. */
export interface Owned {
  /** Ends it in order: what waits goes on with the next owner. */
  stop(): Promise<void>;
}

export interface OwnershipOptions {
  leases: Leases;
  agent: string;
  leaseMs: number;
  time: Time;
  /** The shard is this agent's now; `onLost` tells that the work for it cannot go on. */
  begin(lease: Lease, onLost: () => void): Promise<Owned>;
  /** The set of shards has changed. */
  onChange(shards: ReadonlySet<number>): void;
  onTrouble(message: string): void;
}

/** Takes and gives up shards as agents come and go. */
export interface Ownership {
  shards(): ReadonlySet<number>;
  /** Gives up all shards. */
  stop(): Promise<void>;
}

/** Looks in the time of a lease: two may fail before it is lost. */
const looksInLease = 4;

interface Held {
  lease: Lease;
  owned: Owned;
  renewedMs: number;
}

/** The shards that are held, each with its work. */
interface Holding {
  shards(): number[];
  /** Tries to get the shard. */
  take(shard: number): Promise<void>;
  /** Holds on to all that are held; what cannot be is let go at once, before another agent can have it. */
  renewAll(): Promise<void>;
  /** Ends the work for the shard and lets others have it. */
  release(shard: number): Promise<void>;
}

const createHolding = ({ leases, leaseMs, time, begin, onTrouble }: OwnershipOptions): Holding => {
  const held = new Map<number, Held>();

  const drop = async (shard: number): Promise<Held | undefined> => {
    const known = held.get(shard);
    held.delete(shard);
    await known?.owned.stop();
    return known;
  };
  const release = async (shard: number): Promise<void> => {
    const dropped = await drop(shard);
    if (dropped !== undefined) await leases.release(dropped.lease);
  };
  /** Why the shard cannot be held any more; null where it can. */
  const renew = async (known: Held): Promise<string | null> => {
    const askedMs = time.monotonicMs();
    try {
      if (!(await leases.renew(known.lease))) return "other agents have them now";
      known.renewedMs = askedMs;
      return null;
    } catch (cause) {
      return askedMs - known.renewedMs < leaseMs / 2 ? null : messageOf(cause);
    }
  };
  return {
    shards: () => [...held.keys()].sort((left, right) => left - right),
    async take(shard) {
      const renewedMs = time.monotonicMs();
      const lease = await leases.acquire(shard);
      if (lease === null) return;
      const onLost = (): void => {
        release(shard).catch((cause: unknown) =>
          onTrouble(`Cannot give up shard ${shard}: ${messageOf(cause)}`),
        );
      };
      try {
        held.set(shard, { lease, owned: await begin(lease, onLost), renewedMs });
      } catch (cause) {
        onTrouble(`Cannot begin with shard ${shard}: ${messageOf(cause)}`);
        await leases.release(lease);
      }
    },
    async renewAll() {
      const lost: number[] = [];
      const reasons = new Set<string>();
      const renewOne = async ([shard, known]: [number, Held]): Promise<void> => {
        const reason = await renew(known);
        if (reason === null) return;
        lost.push(shard);
        reasons.add(reason);
        await drop(shard);
      };
      await Promise.all([...held].map(renewOne));
      if (lost.length === 0) return;
      onTrouble(`Cannot hold ${lost.length} shards of the fleet: ${[...reasons].join(", ")}`);
    },
    release,
  };
};

/** Looks around a few times in the length of a lease. */
export const createOwnership = async (options: OwnershipOptions): Promise<Ownership> => {
  const { leases, agent, leaseMs, time, onChange, onTrouble } = options;
  const holding = createHolding(options);
  let told = "";
  let isStopped = false;
  let cancel = (): void => {};
  let looking: Promise<void> = Promise.resolve();

  const tell = (): void => {
    const shards = holding.shards();
    if (shards.join() === told) return;
    told = shards.join();
    onChange(new Set(shards));
  };
  const look = async (): Promise<void> => {
    await holding.renewAll();
    tell();
    const wanted = shardsOf(agent, await leases.meet());
    const before = new Set(holding.shards());
    const unwanted = [...before].filter((shard) => !wanted.has(shard));
    await Promise.all(unwanted.map(holding.release));
    await Promise.all([...wanted].filter((shard) => !before.has(shard)).map(holding.take));
    tell();
  };
  const lookAgain = (): void => {
    if (isStopped) return;
    cancel = time.after(leaseMs / looksInLease, () => {
      looking = look()
        .catch((cause: unknown) => onTrouble(`Cannot look for shards: ${messageOf(cause)}`))
        .finally(lookAgain);
    });
  };
  await look();
  lookAgain();
  return {
    shards: () => new Set(holding.shards()),
    async stop() {
      isStopped = true;
      cancel();
      await looking;
      await Promise.all(holding.shards().map(holding.release));
      await leases.leave();
    },
  };
};
