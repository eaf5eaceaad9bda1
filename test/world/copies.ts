import { keyOf } from "./covers.ts";
import type { Message } from "./delivered.ts";
import { type Fail, grouped, type Ledger } from "./ledger.ts";

/** More copies in a stream than it tells of itself. */
export const auditStreams = (ledger: Ledger, fail: Fail): void => {
  const { messages, kept } = ledger;
  const notices = [...messages, ...kept].filter(
    ({ notice }) => notice?.event === "possibly_duplicated",
  );
  for (const [place, ofPlace] of grouped(messages, (message) => message.place)) {
    const copies = copiesIn(ledger, ofPlace);
    const told = notices
      .filter((message) => message.place === place)
      .reduce((sum, { notice }) => sum + (notice?.count ?? 0), 0);
    if (copies > told) fail(`${copies} events of "${place}" are doubled, it tells of ${told}`);
  }
};

/** How a boot ended, by the agent: with the record of a boot a repair may lose that this was told. */
const isOfEnd = ({ notice }: Message): boolean =>
  notice?.event === "boot_closed" || notice?.isAtMost === true;

const copiesIn = (ledger: Ledger, messages: readonly Message[]): number => {
  const ends = ledger.byRepair(messages.filter(isOfEnd));
  const others = ledger.byStore(messages.filter((message) => !isOfEnd(message)));
  return [...ends, ...others].reduce((sum, known) => sum + repeatsIn(ledger, known), 0);
};

/**
 * How often the same may be told and be no copy: by each boot of a name once, and of an end once more by
 * flash each time it is put back.
 */
const timesIn = ({ truth }: Ledger, message: Message): number => {
  if (message.notice === null) return 1;
  const { device, boot } = message;
  const names = truth.boots.filter((each) => each.device === device && each.name === boot).length;
  return Math.max(1, names) + (isOfEnd(message) ? (truth.restored.get(device) ?? 0) : 0);
};

const repeatsIn = (ledger: Ledger, messages: readonly Message[]): number => {
  const same = grouped(
    messages,
    ({ device, boot, seq, notice, id }) =>
      `${device} ${boot} ${seq} ${notice === null ? id : keyOf(notice, seq)}`,
  );
  return [...same.values()].reduce(
    (sum, copies) => sum + Math.max(0, copies.length - timesIn(ledger, copies[0] as Message)),
    0,
  );
};

/** More copies than agents have said there may be. */
export const auditCopies = (ledger: Ledger, fail: Fail): void => {
  const copies = copiesIn(ledger, ledger.messages);
  const said = ledger.machine.possiblyDuplicated();
  if (copies > said) fail(`${copies} events are doubled, said to be possibly so are ${said}`);
};
