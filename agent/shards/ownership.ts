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
  /** The shard is this agent's now. */
  begin(lease: Lease): Promise<Owned>;
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

/**
 * Looks around a few times in the length of a lease. A shard whose lease could not be renewed in
 * time is let go at once, before another agent can have it.
 */
export const createOwnership = async (options: OwnershipOptions): Promise<Ownership> => {
  const { leases, agent, leaseMs, time, begin, onChange, onTrouble } = options;
  const held = new Map<number, Held>();
  let isStopped = false;
  let cancel = (): void => {};
  let looking: Promise<void> = Promise.resolve();

  const drop = async (shard: number, isOurs: boolean): Promise<void> => {
    const known = held.get(shard);
    if (known === undefined) return;
    held.delete(shard);
    await known.owned.stop();
    if (isOurs) await leases.release(known.lease);
  };
  const renew = async (shard: number, known: Held): Promise<void> => {
    const askedMs = time.monotonicMs();
    const isOurs = await leases.renew(known.lease).catch((cause: unknown) => {
      if (askedMs - known.renewedMs < leaseMs / 2) return null;
      onTrouble(`Cannot hold shard ${shard}: ${messageOf(cause)}`);
      return false;
    });
    if (isOurs) known.renewedMs = askedMs;
    else if (isOurs === false) {
      onTrouble(`Shard ${shard} is another agent's now: its lease was not renewed in time`);
      await drop(shard, false);
    }
  };
  const take = async (shard: number): Promise<void> => {
    const renewedMs = time.monotonicMs();
    const lease = await leases.acquire(shard);
    if (lease !== null) held.set(shard, { lease, owned: await begin(lease), renewedMs });
  };
  const look = async (): Promise<void> => {
    const before = [...held.keys()].join();
    await Promise.all([...held].map(([shard, known]) => renew(shard, known)));
    const wanted = shardsOf(agent, await leases.meet());
    const unwanted = [...held.keys()].filter((shard) => !wanted.has(shard));
    await Promise.all(unwanted.map((shard) => drop(shard, true)));
    const missing = [...wanted].filter((shard) => !held.has(shard));
    await Promise.all(missing.map(take));
    if ([...held.keys()].join() !== before) onChange(new Set(held.keys()));
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
    shards: () => new Set(held.keys()),
    async stop() {
      isStopped = true;
      cancel();
      await looking;
      await Promise.all([...held.keys()].map((shard) => drop(shard, true)));
      await leases.leave();
    },
  };
};
