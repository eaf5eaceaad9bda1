import { textOfBoot } from "../remembered.ts";
import { type AckOptions, type Answer, sendAck } from "./ack.ts";

/** What else follows once the write is done; all of it before the first ack. */
export type AfterWrite = () => void;

/** Acks that wait for a write. */
export interface Answers {
  /**
   * Answers the device once the write is done; resolves then. Frames of a boot whose writes are done
   * together get one ack, which says what the last of them would: acks are cumulative.
   */
  give(
    written: Promise<unknown>,
    device: string,
    answer: Answer,
    after?: AfterWrite,
  ): Promise<void>;
}

interface Given {
  device: string;
  answer: Answer;
}

/** What waits for one write. */
interface Waiting {
  /** By device and boot. */
  given: Map<string, Given>;
  after: AfterWrite[];
  done: Promise<void>;
}

export const createAnswers = (options: AckOptions): Answers => {
  const waiting = new Map<Promise<unknown>, Waiting>();

  const settle = (written: Promise<unknown>, { given, after }: Waiting): void => {
    waiting.delete(written);
    for (const each of after) each();
    for (const { device, answer } of given.values()) sendAck(options, device, answer);
  };
  const begin = (written: Promise<unknown>): Waiting => {
    const begun = { given: new Map<string, Given>(), after: [], done: Promise.resolve() };
    const fail = (cause: unknown): never => {
      waiting.delete(written);
      throw cause;
    };
    begun.done = written.then(() => settle(written, begun), fail);
    waiting.set(written, begun);
    return begun;
  };
  return {
    give(written, device, answer, after) {
      const { given, after: all, done } = waiting.get(written) ?? begin(written);
      const key = `${device}/${textOfBoot(answer.boot)}`;
      const busyMs = Math.max(answer.busyMs, given.get(key)?.answer.busyMs ?? 0);
      given.set(key, { device, answer: { ...answer, busyMs } });
      if (after !== undefined) all.push(after);
      return done;
    },
  };
};
