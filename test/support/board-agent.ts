/**
 * A client and an agent, as a program for a board: the client counts and keeps what was published
 * last, "settle" acks that until nothing is under way. They need "shard", that of board-1.
 */
export const boardAgent = `
var published = 0, last = null, drained, before = process.memory().usage;
var client = {
  on: function (name, listener) { drained = listener; },
  removeListener: function () {}, removeAllListeners: function () {}
};
var mqtt = {
  connected: false, client: false, told: {}, connect: function () {}, subscribe: function () {},
  on: function (name, listener) { mqtt.told[name] = listener; },
  removeListener: function (name) { delete mqtt.told[name]; },
  publish: function (topic, payload) { published++; last = payload; }
};
function varints(text, at, many) {
  for (var found = []; found.length < many; ) {
    for (var value = 0, unit = 1, byte = 128; byte >= 128; unit *= 128) {
      byte = text.charCodeAt(at++);
      value += (byte & 127) * unit;
    }
    found.push(value);
  }
  return found;
}
function varint(value) {
  for (var text = ""; value > 127; value = Math.floor(value / 128)) {
    text += String.fromCharCode((value % 128) | 128);
  }
  return text + String.fromCharCode(value);
}
var ackId = 0, knownDefinitions = 0;
function ack() {
  if (!last || last.charCodeAt(0) < 160) return;
  var head = varints(last, 5, 6), more = varints(last, 5, head[5] ? 9 : 8).slice(head[5] ? 7 : 6);
  // A tombstone tells of no definitions.
  if (last.charCodeAt(0) & 15) knownDefinitions = Math.floor(more[0] / 2) + (more[0] & 1 ? more[1] : 0);
  mqtt.told.message("fleetlog/1/" + shard + "/board-1/down", "\\xb0\\1\\0\\0\\0" + last.substr(1, 4) + varint(head[0]) +
    varint(++ackId) + varint(head[1] + head[3]) + varint(knownDefinitions) + varint(1700000000000) + "\\0");
  last = null;
}
/** Acks until nothing is under way. */
function settle() {
  for (var seen = -1; seen != published; ) {
    seen = published;
    if (drained) drained();
    ack();
  }
}
`;
