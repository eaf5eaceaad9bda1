/**
 * What the bundle and the programs of the engine suite find on a board, for engines that lack it:
 * strings of bytes, as most boards have them. In ES5, and loops where a board has none.
 */
export const enginePrelude = `
var global = this, modules = { fleetlog: {} };
function require(name) { return modules[name]; }
function getSerial() { return "00000000-addeadde-addeadde"; }
var process = { on: function () {}, memory: function () { return { usage: 1000, free: 1000 }; } };
function setTimeout() { return 1; }
function clearTimeout() {}
var remainders = [];
for (var byte = 0; byte < 256; byte++) {
  var remainder = byte;
  for (var bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  remainders.push(remainder);
}
var E = {
  on: function () {},
  hwRand: function () { return 42; },
  isUTF8: function () { return false; },
  toUint8Array: function (text) {
    var bytes = new Uint8Array(text.length);
    for (var index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
    return bytes;
  },
  toString: function (bytes) {
    var text = "";
    for (var index = 0; index < bytes.length; index++) text += String.fromCharCode(bytes[index]);
    return text;
  },
  CRC32: function (data) {
    var bytes = typeof data === "string" ? E.toUint8Array(data) : data, rest = -1;
    for (var index = 0; index < bytes.length; index++) {
      rest = (rest >>> 8) ^ remainders[(rest ^ bytes[index]) & 255];
    }
    return ~rest >>> 0;
  }
};
[Uint8Array, Uint16Array, Uint32Array, Int32Array, Float32Array, Float64Array].forEach(function (made) {
  var methods = made.prototype, set = methods.set;
  methods.set = function (source, offset) {
    set.call(this, typeof source === "string" ? E.toUint8Array(source) : source, offset || 0);
  };
  if (!methods.fill) methods.fill = function (value) {
    for (var index = 0; index < this.length; index++) this[index] = value;
    return this;
  };
  if (!methods.indexOf) methods.indexOf = function (value, from) {
    for (var index = from || 0; index < this.length; index++) if (this[index] === value) return index;
    return -1;
  };
});
if (typeof Promise === "undefined") global.Promise = function (work) {
  var value, listeners = [];
  this.then = function (listener) { if (listeners) listeners.push(listener); else listener(value); };
  work(function (given) {
    var told = listeners;
    value = given;
    listeners = null;
    told.forEach(function (listener) { listener(given); });
  });
};
`;
