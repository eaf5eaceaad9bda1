import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Status } from "../status.ts";

/** Rates at one moment. */
export interface Sample {
  /** Epoch seconds. */
  at: number;
  /** Entries stored and events delivered, a second. */
  stored: number;
  delivered: number;
}

const pollMs = 1_000;

/** Ten minutes. */
const samplesLimit = 600;

export const status: Signal<Status | null> = signal(null);

/** Why the last poll failed; null while they succeed. */
export const fault: Signal<string | null> = signal(null);

/** What devices are searched for. */
export const search: Signal<string> = signal("");

export const samples: Signal<readonly Sample[]> = signal([]);

export const shownDevices: ReadonlySignal<Status["devices"]> = computed(() => {
  const words = search.value.trim().toLowerCase();
  const devices = status.value?.devices ?? [];
  return words === "" ? devices : devices.filter(({ id }) => id.toLowerCase().includes(words));
});

const sampleOf = (before: Status, now: Status): Sample => {
  const seconds = (now.epochMs - before.epochMs) / 1_000;
  const rate = (count: number): number => Math.max(0, count / seconds);
  return {
    at: now.epochMs / 1_000,
    stored: rate(now.metrics.entriesStored - before.metrics.entriesStored),
    delivered: rate(now.metrics.eventsDelivered - before.metrics.eventsDelivered),
  };
};

const poll = async (): Promise<void> => {
  const answer = await fetch("/status");
  const now = (await answer.json()) as Status;
  const before = status.value;
  if (before !== null && now.epochMs > before.epochMs) {
    samples.value = [...samples.value.slice(1 - samplesLimit), sampleOf(before, now)];
  }
  status.value = now;
};

/** Asks the agent once a second, for as long as the page is open. */
export const follow = async (): Promise<void> => {
  for (;;) {
    try {
      await poll();
      fault.value = null;
    } catch (cause) {
      fault.value = cause instanceof Error ? cause.message : String(cause);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
};
