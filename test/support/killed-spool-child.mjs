import { writeSync } from "node:fs";
import { createLevelSpool } from "../../dist/agent/spool/level/level-spool.js";

const [directory] = process.argv.slice(2);
const spool = await createLevelSpool({
  directory,
  limitBytes: 1_073_741_824,
  laneShare: 1,
  limitDevices: 10,
  limitDeadLetters: 10,
  onEvicted() {},
});
const boot = { nonce: 7, number: 1 };
const inFlight = 4;

const places = 10;

/** Each frame brings a definition, which replaces the one ten before. */
const renewalAt = (number) => {
  const oldest = Math.max(0, number - places + 1);
  const held = Array.from({ length: number - oldest + 1 }, (_, index) => [oldest + index, 5]);
  const replaces = number - places;
  const meaning = { kind: "text", text: `text ${number}` };
  const retired = replaces < 0 ? [] : [replaces];
  return { added: [{ number, replaces, meaning }], retired, held };
};

const logForEver = async (device) => {
  const [known] = await spool.boots(device);
  let seq = known?.cursor ?? 0;
  const appendNext = async () => {
    const from = seq++;
    const isNewDevice = from === 0;
    await spool.append(
      {
        lane: `g:${device}`,
        device,
        boot,
        from,
        end: seq,
        lost: 0,
        closes: [],
        bytes: Buffer.alloc(200),
      },
      {
        ...{ device, boot, cursor: seq, definitions: seq, order: 1, isEnded: false },
        clock: { ackCeiling: 1, segments: [] },
      },
      { isNewDevice, forget: [], definitions: renewalAt(from) },
    );
    writeSync(1, `${device} ${from + 1}\n`);
    void appendNext();
  };
  for (let count = 0; count < inFlight; count++) void appendNext();
};

for (const device of ["pump", "door", "greenhouse"]) void logForEver(device);
