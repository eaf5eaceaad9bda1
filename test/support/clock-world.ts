import {
  type BootClock,
  type ClockState,
  clampStamp,
  createBootClock,
  type EndTiming,
  type FrameTiming,
  type Stamp,
} from "../../agent/clock.ts";

/** How one frame and its ack fare. */
export interface Trip {
  upMs: number;
  isLost: boolean;
  /** A second copy comes this much later; 0 for none. */
  copyMs: number;
  /** Between the frame's arrival and the ack's leaving. */
  storeMs: number;
  downMs: number;
  isAckLost: boolean;
}

export type Happening =
  | { kind: "run"; ms: number; driftPpm: number }
  | { kind: "log" }
  | { kind: "send"; trip: Trip }
  | { kind: "sleep"; ms: number }
  | { kind: "setWallClock"; byMs: number }
  | { kind: "restartAgent"; wallClockByMs: number }
  /** Power fails; from then on the boots that follow send what is left. */
  | { kind: "cutPower" };

/** One stamp as it was given, and the true time by the wall clock before and after each setting. */
export interface Stamped {
  stamp: Stamp;
  trueEpochMs: number[];
}

/** What really happened, so that a test can see that all of it did. */
export type Seen = Record<
  | "copies"
  | "losses"
  | "heldFrames"
  | "heldAcks"
  | "steps"
  | "stepsUnderWay"
  | "restarts"
  | "sleeps"
  | "longOutages"
  | "replays"
  | "clamped"
  | "segments"
  | Stamp["quality"],
  number
>;

/** What happened on all three clocks: `nowMs` is the true time that nobody reads. */
export interface ClockOutcome {
  /** As they would be delivered: in seq order, clamped. */
  delivered: Stamped[];
  /** Asked for once everything has happened. */
  late: Stamped[];
  /** Frames of the boot that were taken for another's. */
  refuted: number;
  seen: Seen;
}

interface Logged {
  uptimeMs: number;
  trueMs: number;
}

const startEpochMs = 1_790_000_000_000;
const secondMs = 1_000;
const dayMs = 86_400_000;

/** Messages that took longer are held by a broker. */
const heldMs = 20 * secondMs;

export const nothingSeen = (): Seen => ({
  ...{ copies: 0, losses: 0, heldFrames: 0, heldAcks: 0, steps: 0, stepsUnderWay: 0, restarts: 0 },
  ...{ sleeps: 0, longOutages: 0, replays: 0, clamped: 0, segments: 0 },
  ...{ synced: 0, estimated: 0, placed: 0 },
});

/** A message on its way, or a frame on its way to the disk. */
interface Pending {
  atMs: number;
  /** The device takes it, and waits for that while it sleeps. */
  needsDevice: boolean;
  run: () => void;
}

/** Where power failed: what flash knows of the boot, and how long the boots since have counted. */
interface Ended {
  lastUptimeMs: number;
  countedMs: number;
}

/** Plays a device, a network and an agent; what the boot's clock says of it is the outcome. */
export const runClockWorld = (happenings: readonly Happening[]): ClockOutcome => {
  let nowMs = 0;
  let uptimeMs = 0;
  let driftPpm = 0;
  let isAsleep = false;
  let ended: Ended | null = null;
  let lastAck = { id: 0, uptimeMs: 0, next: 0 };
  const logged: Logged[] = [];
  const seen = nothingSeen();

  let processStartMs = 0;
  const wallClocks = [{ sinceMs: 0, offsetMs: startEpochMs }];
  const wallOffsetMs = (): number => (wallClocks.at(-1) as { offsetMs: number }).offsetMs;
  let saved: ClockState | undefined;
  let previousEpochMs = Number.NEGATIVE_INFINITY;
  let refuted = 0;
  const delivered: Stamped[] = [];
  let pending: Pending[] = [];

  const startClock = (): BootClock => {
    const startedMs = nowMs;
    processStartMs = startedMs;
    return createBootClock({
      ...(saved === undefined ? {} : { state: saved }),
      toEpochMs: (monotonicMs) => monotonicMs + startedMs + wallOffsetMs(),
    });
  };
  let clock = startClock();

  const stamped = (stamp: Stamp, event: Logged): Stamped => ({
    stamp,
    trueEpochMs: wallClocks
      .filter((_, index) => (wallClocks[index + 1]?.sinceMs ?? nowMs) >= event.trueMs)
      .map(({ offsetMs }) => event.trueMs + offsetMs),
  });
  const count = (passedMs: number): void => {
    if (isAsleep) return;
    const countedMs = passedMs * (1 + driftPpm / 1e6);
    if (ended === null) uptimeMs += countedMs;
    else ended.countedMs += countedMs;
  };
  const passUntil = (untilMs: number): void => {
    for (;;) {
      const due = pending
        .filter((one) => one.atMs <= untilMs && !(one.needsDevice && isAsleep))
        .sort((left, right) => left.atMs - right.atMs)[0];
      const atMs = Math.max(nowMs, due?.atMs ?? untilMs);
      count(atMs - nowMs);
      nowMs = atMs;
      if (!due) return;
      pending = pending.filter((one) => one !== due);
      due.run();
    }
  };
  const later = (delayMs: number, needsDevice: boolean, run: () => void): void => {
    pending.push({ atMs: nowMs + delayMs, needsDevice, run });
  };

  const deliver = (next: number): void => {
    for (let seq = delivered.length; seq < next; seq += 1) {
      const event = logged[seq] as Logged;
      const own = clock.stamp(event.uptimeMs);
      const stamp = clampStamp(previousEpochMs, own);
      seen[stamp.quality]++;
      if (stamp !== own) seen.clamped++;
      previousEpochMs = stamp.epochMs;
      delivered.push(stamped(stamp, event));
    }
  };
  const save = (): void => {
    saved = JSON.parse(JSON.stringify(clock.state())) as ClockState;
    clock.noteSaved(saved);
  };
  const answer = (next: number, trip: Trip): void => {
    const answering = clock;
    later(trip.storeMs, false, () => {
      if (answering !== clock) return;
      const id = clock.ackSent(nowMs - processStartMs);
      if (trip.isAckLost) return;
      later(trip.downMs, true, () => {
        if (ended !== null || next < lastAck.next) return;
        if (trip.downMs >= heldMs) seen.heldAcks++;
        lastAck = { id: id || lastAck.id, uptimeMs: id ? uptimeMs : lastAck.uptimeMs, next };
      });
    });
  };
  const receive = (timing: Omit<FrameTiming, "arrivalMs">, next: number, trip: Trip): void => {
    const arrival = { ...timing, arrivalMs: nowMs - processStartMs };
    if (clock.doubts(arrival) || clock.refutes(arrival)) refuted++;
    clock.observe(arrival);
    deliver(next);
    if (clock.isSaveDue()) save();
    answer(next, trip);
  };
  const receiveReplay = (timing: Omit<EndTiming, "arrivalMs">, next: number): void => {
    seen.replays++;
    clock.observeEnd({ ...timing, arrivalMs: nowMs - processStartMs });
    deliver(next);
    save();
  };

  const send = (trip: Trip): void => {
    if (trip.isLost) {
      seen.losses++;
      return;
    }
    const next = logged.length;
    const timing = {
      sendUptimeMs: Math.floor(uptimeMs),
      ackId: lastAck.id,
      ackUptimeMs: Math.floor(lastAck.uptimeMs),
    };
    const end = ended && {
      lastUptimeMs: ended.lastUptimeMs,
      endedAgoMs: Math.floor(ended.countedMs),
    };
    if (trip.copyMs > 0) seen.copies++;
    for (const delayMs of trip.copyMs > 0 ? [trip.upMs, trip.upMs + trip.copyMs] : [trip.upMs]) {
      later(delayMs, false, () => {
        if (delayMs >= heldMs) seen.heldFrames++;
        if (end === null) receive(timing, next, trip);
        else if (next > 0) receiveReplay(end, next);
      });
    }
  };
  const setWallClock = (byMs: number): void => {
    if (byMs === 0) return;
    seen.steps++;
    if (pending.length > 0) seen.stepsUnderWay++;
    wallClocks.push({ sinceMs: nowMs, offsetMs: wallOffsetMs() + byMs });
  };
  const happen = (happening: Happening): void => {
    switch (happening.kind) {
      case "run":
        driftPpm = happening.driftPpm;
        if (happening.ms > dayMs) seen.longOutages++;
        passUntil(nowMs + happening.ms);
        return;
      case "log":
        if (ended === null) logged.push({ uptimeMs: Math.floor(uptimeMs), trueMs: nowMs });
        return;
      case "send":
        send(happening.trip);
        return;
      case "sleep":
        seen.sleeps++;
        isAsleep = true;
        passUntil(nowMs + happening.ms);
        isAsleep = false;
        return;
      case "setWallClock":
        setWallClock(happening.byMs);
        return;
      case "restartAgent":
        seen.restarts++;
        setWallClock(happening.wallClockByMs);
        clock = startClock();
        return;
      case "cutPower":
        ended ??= { lastUptimeMs: logged.at(-1)?.uptimeMs ?? 0, countedMs: 0 };
    }
  };

  happenings.forEach(happen);
  passUntil(nowMs + 60 * secondMs);
  seen.segments = clock.state().segments.length - 1;
  const late = delivered.map((_, seq) => {
    const event = logged[seq] as Logged;
    return stamped(clock.stamp(event.uptimeMs), event);
  });
  return { delivered, late, refuted, seen };
};
