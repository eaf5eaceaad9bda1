import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** A test, by its file and the beginning of its name. */
type Shown = readonly [file: string, ...names: string[]];

/**
 * What device and agent promise each other, one by one, and the tests that show it: of either side
 * alone, then of both.
 */
const promises: Record<string, readonly Shown[]> = {
  "the outer header is written when sent, not when sealed": [
    ["device/lane", "writes the header as of the sending, not of the sealing"],
    ["shared/codec/header", "comes back as it was, with the body's format"],
  ],
  "a body that cannot be read is stored, its seqs acked, and kept as a dead letter": [
    ["agent/receive", "stores and acks a frame whose body cannot be read, bytes and all"],
    ["agent/delivery/batch/pending", "is a notice and the bytes where it cannot be read"],
    ["flow/faults", "makes a dead letter of a frame it cannot read, and says so in CloudWatch"],
  ],
  "identity is nonce and number": [
    ["agent/session", "keeps boots apart by number and by nonce, while their frames interleave"],
    ["device/platforms/espruino", "names two starts of one board differently by its noise"],
    ["device/journal/counter", "never gives two starts the same name, wherever power fails"],
  ],
  "order is the number, else first arrival": [
    ["agent/session", "is that of the highest number, else the one that came last"],
  ],
  "the first frame names the boots still held, and only older cursors may be forgotten": [
    ["device/boot-event", "names the boot by flash's count, and the oldest boot that flash has"],
    ["agent/receive/boot-event", "says from which boot on flash holds anything"],
    ["agent/session", "forgets none of which flash may hold frames, up to 1,024"],
  ],
  "an erased flash, a cloned card or a replaced unit never looks like duplicates": [
    ["device/journal/counter", "begins anew under another nonce once flash was erased"],
    ["agent/session", "closes by arrival what another flash has counted"],
    [
      "agent/receive/doubled",
      "has frames of the other kept as dead letters, counted and told, and acked then",
      "is seen in any frame that was sent before an ack came, though the first is the same",
      "is seen where frames have other bounds than those of the same seqs",
      "is seen by an ack that came at an uptime which the boot had passed as it left",
      "is not seen in an ack of another store under the same id",
    ],
    ["agent/receive-device", "keep as dead letters all that is not the same"],
  ],
  "frames go in seq order, several in flight up to a window": [
    ["device/uplink", "sends in seq order, and no more than the window without an ack"],
    ["device/delivery", "never has more frames on their way than the window"],
  ],
  "boots interleave: old frames from flash while new ones flow": [
    ["device/replay", "has one frame at a time on its way, and takes turns with this boot's"],
    ["agent/receive-boots", "stores, trims and acks it as any other, in the name of its own boot"],
    ["agent/receive-boots-journey", "store each event once and in order, count what power took"],
  ],
  "overlap is trimmed": [
    ["agent/session", "trims what overlaps"],
    ["agent/delivery/batch/pending", "is its events from where it was new"],
  ],
  "first > cursor >= base is not stored, the cursor is acked again": [
    ["agent/session", "does not take a frame whose predecessor the device still holds"],
    ["agent/receive", "asks again for what a frame that came too early lacks"],
    ["device/uplink", "sends again at once where an ack shows that the first frame was lost"],
  ],
  "base > cursor is counted as agent_state_lost and the cursor jumps": [
    ["agent/session", "counts as lost what the device no longer holds and this agent never had"],
    ["agent/receive", "counts what the device gave up before this agent had it"],
  ],
  "only the device declares a hole": [
    ["agent/session", "waits for the frames from base on, where others before them are lost"],
    ["device/uplink", "names the lowest seq it still holds"],
  ],
  "the ack is sent once the frame is synced, and is the only promise": [
    ["agent/receive", "acks a frame once it is synced with its boot, and not before"],
    ["agent/receive", "acks a duplicate again, but only once what it rests on is synced"],
    ["device/uplink", "frees frames wholly below the ack and sends as many more"],
    ["device/uplink", "does not free what was never sent, whatever an ack says"],
  ],
  "the ack names its store, its boot, the next seq, the definitions, the time and a pause": [
    ["shared/codec/downlink", "comes back as it was"],
    ["agent/receive", "sends acks in the order of the frames, with ids that rise"],
    ["agent/clock", "begins where the store says, and goes on where it was saved"],
  ],
  "a slow disk or a full spool is an ack that waits": [
    ["agent/receive-bounds", "says busy and stores nothing when the spool is full"],
    ["agent/receive-bounds", "says busy while too many bytes wait for the disk"],
    ["device/uplink", "stays silent as long as the agent asks"],
  ],
  "an ack that comes late, twice or on another connection is an ack": [
    ["device/uplink", "survives late and repeated acks"],
    ["agent/receive-device", "store each event once, or the count of it, however frames and acks"],
  ],
  "definitions are numbered within the boot and read even from duplicate frames": [
    ["agent/receive-definitions", "reads them from duplicates and early frames"],
  ],
  "when the count in the ack falls the device sends definitions again": [
    ["device/delivery", "goes on where it was after the agent has lost its store"],
    ["device/restart", "goes on whatever stores the agent loses meanwhile"],
    ["agent/receive-journey", "store no frame that cannot be read at delivery"],
    ["agent/receive-device", "have each event in one of the stores, or its count, where these are"],
  ],
  "a frame lacking definitions is neither acked nor dead-lettered while its boot lives": [
    ["agent/receive-definitions", "does not store a frame that lacks some"],
    ["agent/receive-boots", "asks for those that it lost with its store, and reads with them"],
  ],
  "frames that rest in flash carry the definitions they use, each area once": [
    ["device/journal/journal", "writes a meaning once in an area, for all boots that name it"],
  ],
  "what is refused before sealing gets no seq and is counted by level and reason": [
    ["device/framer", "refuses debug first as the outbox fills, and fatal never"],
    ["device/framer", "lets counts ride at the start of the next frame, once"],
  ],
  "after sealing whole frames give way, oldest first, those with errors last": [
    ["device/outbox", "lets the oldest frame give way first", "lets frames with errors give way"],
  ],
  "tombstones keep their seqs, are sent until acked, and do not merge once sent": [
    ["device/outbox", "keeps tombstones of frames that were sent apart"],
    ["agent/receive-device", "store each event once, or the count of it, however frames and acks"],
  ],
  "the agent counts only seqs at or above its cursor": [
    ["agent/delivery/batch/pending", "is a notice for each drop of a tombstone"],
    ["agent/receive-boots", "trims what power took by what it has"],
  ],
  "the next boot declares what was reserved and is not held, settled against the cursor": [
    ["device/replay", "sends what the boot before left, then what is missing, then its end"],
    ["agent/receive-boots", "trims what power took by what it has"],
    ["agent/session", "closes those of which flash holds nothing, with what they can have lost"],
  ],
  "without flash the old boot is closed with its tail unknown": [
    ["agent/session", "closes a boot that was cut off with the first frame of the next"],
    ["flow/journey", "says after which seq the tail is unknown when a boot was cut off"],
  ],
  "nothing but presence is retained": [
    ["device/lane", "publishes to the device's own topic, never retained"],
  ],
  "commands are desired state with an id and an expiry, told until echoed": [
    ["agent/commands/commands", "come until a frame returns the id of such an ack"],
    ["agent/commands/commands", "are told to each boot with what remains"],
    ["device/commands", "are not done again where they come again, late or out of order"],
  ],
  "a frame whose topic has another shard than its device is refused": [
    ["agent/receive", "refuses a frame whose topic has another shard than its device"],
  ],
  "a frame whose header cannot be read gets no ack, and is given up as refused": [
    ["agent/receive", "buries a payload without a readable header, counts it, and acks nothing"],
    ["device/lane", "gives up a frame that was sent 8 times in vain while others were answered"],
  ],
  "an agent that restarts, is killed, or goes back to a backup goes on": [
    ["agent/receive", "goes on where it was after the device gave way in memory"],
    ["flow/kill", "loses and doubles nothing, though it dies again and again"],
    ["agent/receive-boots-journey", "do so in each store, and tell of all in one of them"],
  ],
  "whatever a device sends, a cursor never goes back and memory is bounded": [
    ["agent/receive-fuzz", "never fails, never moves a cursor back, and keeps what can be read"],
    ["agent/receive-fuzz", "keeps 1,024 of them at most, and answers in bounded time"],
    ["agent/receive-bounds", "keeps no trace of boots of which nothing is stored"],
  ],
  "a synced stamp is within its bound, and stamps never run backwards": [
    [
      "agent/clock-truth",
      "through random and asymmetric delays, frames held 20 s, copies, losses and drift",
      "through outages of a week",
      "through sleep that the device does not count",
      "through settings of the agent's wall clock by an hour, with frames and acks under way",
      "through restarts of the agent",
      "through restarts while the wall clock is set by an hour",
      "through cuts of power, after which later boots send what is left",
    ],
    ["agent/receive/doubled", "claims no bound for its stamps, not after a restart either"],
  ],
};

const textOf = (file: string): string =>
  readFileSync(new URL(`../${file}.test.ts`, import.meta.url), "utf8");

describe("protocol between device and agent", () => {
  it.each(Object.entries(promises))("%s: is shown by tests that are there", (_, shown) => {
    const missing = shown.flatMap(([file, ...names]) =>
      names.filter((name) => !textOf(file).includes(`"${name}`)).map((name) => `${file}: ${name}`),
    );

    expect(missing).toEqual([]);
  });
});
