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

const copiesIn = ({ byRepair, byStore, truth }: Ledger, messages: readonly Message[]): number => {
  const names = grouped(truth.boots, ({ device, name }) => `${device} ${name}`);
  /** Boots of one name have notices of their own each, which may read the same. */
  const isComparable = ({ device, boot, notice }: Message): boolean =>
    notice === null || (names.get(`${device} ${boot}`)?.length ?? 0) <= 1;
  const compared = messages.filter(isComparable);
  // Flash that is put back tells again of ends that the agent has told of.
  const isFirstEnd = (message: Message): boolean =>
    isOfEnd(message) && !truth.restored.has(message.device);
  const ends = byRepair(compared.filter(isFirstEnd));
  const others = byStore(compared.filter((message) => !isOfEnd(message)));
  return [...ends, ...others].reduce((sum, known) => sum + repeatsIn(known), 0);
};

const repeatsIn = (messages: readonly Message[]): number => {
  const seen = new Set<string>();
  for (const { device, boot, seq, notice, id } of messages) {
    seen.add(`${device} ${boot} ${seq} ${notice === null ? id : keyOf(notice, seq)}`);
  }
  return messages.length - seen.size;
};

/** More copies than agents have said there may be. */
export const auditCopies = (ledger: Ledger, fail: Fail): void => {
  const copies = copiesIn(ledger, ledger.messages);
  const said = ledger.machine.possiblyDuplicated();
  if (copies > said) fail(`${copies} events are doubled, said to be possibly so are ${said}`);
};
