/** What came of what was logged. */
export interface LedgerVerdict {
  /** Events that came, each counted once. */
  events: number;
  missing: number;
  /** Further copies. */
  duplicates: number;
  /** Events that came after a later one of their device. */
  outOfOrder: number;
}

/** Keeps which events came: the seqs of each device from 0. */
export interface Ledger {
  take(device: number, seq: number): void;
  /** Events that came, each counted once. */
  events(): number;
  /** `logged`: how many each device logged. */
  verdict(logged: readonly number[]): LedgerVerdict;
}

interface Account {
  /** First seq above all that came. */
  next: number;
  /** Below that: what did not come. */
  holes: Set<number>;
}

export const createLedger = (): Ledger => {
  const accounts: Account[] = [];
  let events = 0;
  let duplicates = 0;
  let outOfOrder = 0;

  const accountOf = (device: number): Account => {
    const known = accounts[device];
    if (known !== undefined) return known;
    while (accounts.length <= device) accounts.push({ next: 0, holes: new Set() });
    return accounts[device] as Account;
  };
  const takeEarlier = ({ holes }: Account, seq: number): void => {
    if (holes.delete(seq)) {
      outOfOrder++;
      events++;
    } else duplicates++;
  };
  return {
    take(device, seq) {
      const account = accountOf(device);
      if (seq < account.next) return takeEarlier(account, seq);
      for (let hole = account.next; hole < seq; hole++) account.holes.add(hole);
      account.next = seq + 1;
      events++;
    },
    events: () => events,
    verdict(logged) {
      const missing = logged.reduce((sum, count, device) => {
        const { next, holes } = accountOf(device);
        return sum + Math.max(0, count - next) + holes.size;
      }, 0);
      return { events, missing, duplicates, outOfOrder };
    },
  };
};
