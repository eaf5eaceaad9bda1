import { shardOf } from "../../shared/topic.ts";
import { boardAgent } from "../support/board-agent.ts";

/**
 * Logs much, at a time that it sets itself, and ends with the CRC-32 of each frame but for its mark
 * and its boot's nonce. Texts are written byte by byte: so they are the same on every build.
 */
export const encodingProgram: string = `
var shard = ${shardOf("board-1")}, time = 100000;
${boardAgent}
global.getTime = function () { return time / 1000; };
mqtt.connected = true; mqtt.client = client;
var frames = [];
mqtt.publish = function (topic, payload) {
  published++; last = payload;
  if (payload.length > 10) frames.push(E.CRC32(payload.substr(5)));
};
var log = require("fleetlog").createLogger({ device: "board-1", mqtt: mqtt, reconnect: false, level: "debug",
  outboxBytes: 1024 });
mqtt.told.connected();
var state = 1;
function random(below) {
  state = (state * 1664525 + 1013904223) % 4294967296;
  return Math.floor(state / 4294967296 * below);
}
var bits = new Uint8Array(8), double = new Float64Array(bits.buffer);
function anyDouble() {
  for (var index = 0; index < 8; index++) bits[index] = random(256);
  if (random(4) === 0) bits[7] = bits[6] = 0;
  return double[0];
}
// The engine reads -0 as 0: it has to come from its bits.
bits[7] = 128;
var numbers = [0, double[0], 1, -1, 63, 64, -65, 255, 12351, 12352, 65535, 65536, 1060928, 2147483647, -2147483648,
  4294967296, 8658104384, 9007199254740991, -9007199254740991, 9007199254740992, NaN, Infinity, -Infinity];
var texts = ["", "a", "ab", "inlet", "outlet", "inlet two", "r\\xc3\\xa9sum\\xc3\\xa9", "\\xff\\xfe\\x80", "\\xe2\\x82\\xac 5",
  "x0123456789012345678901234567890123456789012345678901234567", "y012345678901234567890123456789012345678901234567890123456789012345678901234567890"];
function anyValue() {
  var kind = random(12);
  if (kind < 3) return random(200) - 100;
  if (kind < 4) return numbers[random(numbers.length)];
  if (kind < 5) return (random(200000) - 100000) / [10, 100, 1000, 8][random(4)];
  if (kind < 6) return anyDouble();
  if (kind < 7) return 1700000000 + random(20000);
  if (kind < 9) return texts[random(texts.length)];
  if (kind < 10) return "name " + random(40);
  return [null, true, false, { a: [1, "b"] }, new Uint8Array([0, 128, 255])][random(5)];
}
for (var count = 0; count < 500; count++) {
  time += [0, 1, 20, 300, 4000, 70000][random(6)];
  var site = random(12) ? random(9) : 9 + random(100), name = "s" + site;
  if (site % 5 === 0) log.info(name);
  else if (site % 5 === 1) log.warn(name, anyValue());
  else if (site % 5 === 2) log.debug(name, count, 7, anyValue());
  else if (site % 5 === 3) log.tag("t" + site % 2).info(name, anyValue(), anyValue());
  else log.metric(name, count / 4);
  settle();
}
log.flush();
settle();
print("DONE " + JSON.stringify({ frames: frames, stats: log.stats() }));
`;
