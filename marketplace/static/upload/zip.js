// Opens a ZIP where it lies, on the machine of whoever sends it: only its list is read
// until a file of it is sent. Every entry is judged before the first one is unpacked.

import { Refused } from "./faults.js";
import { filled, gettext } from "../words.js";

const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const MOST_LIST_BYTES = 64 * 2 ** 20;
export const MOST_ENTRIES = 100_000; // a commit takes no more
const MOST_RATIO = 200; // of one entry above SMALL_BYTES
const SMALL_BYTES = 2 ** 20;
const DEEPEST = 32;
const END_SIGN = 0x06054b50;
const END64_SIGN = 0x06064b50;
const PLACE64_SIGN = 0x07064b50;
const ENTRY_SIGN = 0x02014b50;
const LOCAL_SIGN = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
const NAMES_ARE_UTF8 = 0x800;
const LINK = 0o120000;
const FILE_KINDS = [0, 0o100000, 0o040000];
const KIND_OF_MODE = 0o170000;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crcOf(before, bytes) {
  let value = ~before;
  for (const byte of bytes) value = CRC_TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}

async function viewOf(file, start, end) {
  return new DataView(await file.slice(start, end).arrayBuffer());
}

function broken() {
  return new Refused(gettext("The ZIP cannot be read. Zip the folder again."));
}

function bad(name, problem) {
  return new Refused(filled(gettext("The ZIP’s entry “%(name)s” %(problem)s. Remove it and zip again."), { name: name.slice(0, 100), problem }));
}

// Find where the list of entries lies, in the old form or that of large archives.
async function placeOfList(file) {
  const from = Math.max(0, file.size - END_BYTES - LONGEST_COMMENT);
  const tail = await viewOf(file, from, file.size);
  for (let at = tail.byteLength - END_BYTES; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== END_SIGN) continue;
    const isLarge = at >= 20 && tail.getUint32(at - 20, true) === PLACE64_SIGN;
    if (isLarge) {
      const end64 = Number(tail.getBigUint64(at - 12, true));
      const view = await viewOf(file, end64, end64 + 56);
      if (view.byteLength < 56 || view.getUint32(0, true) !== END64_SIGN) throw broken();
      return [32, 40, 48].map((place) => Number(view.getBigUint64(place, true)));
    }
    return [tail.getUint16(at + 10, true), tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  }
  throw broken();
}

// What does not fit in 32 bits is said apart, in the order of what overflowed.
function further(entry, extra) {
  let at = 0;
  while (at + 4 <= extra.byteLength) {
    const size = extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1) {
      let from = at + 4;
      for (const name of ["size", "packed", "offset"]) {
        if (entry[name] !== 0xffffffff || from + 8 > extra.byteLength) continue;
        entry[name] = Number(extra.getBigUint64(from, true));
        from += 8;
      }
    }
    at += 4 + size;
  }
}

function nameOf(bytes, flags) {
  if (flags & NAMES_ARE_UTF8) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function judge(entry) {
  const { name } = entry;
  const parts = name.split("/");
  if (/[\\\u0000-\u001f]/.test(name)) throw bad(name, gettext("has a backslash or a control character in its name"));
  if (name.startsWith("/") || /^.:/.test(name)) throw bad(name, gettext("has an absolute path"));
  if (parts.includes("..")) throw bad(name, gettext("leaves the archive's folder"));
  if (parts.length > DEEPEST) throw bad(name, gettext("lies too deep"));
  if ((entry.mode & KIND_OF_MODE) === LINK) throw bad(name, gettext("is a symbolic link"));
  if (!FILE_KINDS.includes(entry.mode & KIND_OF_MODE)) throw bad(name, gettext("is neither a file nor a folder"));
  if (entry.flags & ENCRYPTED) throw bad(name, gettext("is encrypted"));
  if (![STORED, DEFLATED].includes(entry.method)) throw bad(name, gettext("is compressed in a way other than deflate"));
  if (entry.size > SMALL_BYTES && entry.size > MOST_RATIO * Math.max(entry.packed, 1)) {
    throw bad(name, filled(gettext("grows more than %(times)s-fold"), { times: MOST_RATIO }));
  }
}

function checkApart(entries) {
  let end = -1;
  for (const entry of [...entries].sort((one, other) => one.offset - other.offset)) {
    if (entry.offset < end) throw bad(entry.name, gettext("overlaps another entry"));
    end = entry.offset + LOCAL_BYTES + entry.packed;
  }
}

function checkNames(entries) {
  const taken = new Map();
  for (const { name } of entries) {
    const folded = name.normalize("NFC").toLowerCase();
    if (taken.has(folded)) throw bad(name, filled(gettext("has the same name as “%(other)s”"), { other: taken.get(folded) }));
    taken.set(folded, name);
  }
}

function readList(view) {
  const entries = [];
  let at = 0;
  while (at + 46 <= view.byteLength && view.getUint32(at, true) === ENTRY_SIGN) {
    const short = (place) => view.getUint16(at + place, true);
    const long = (place) => view.getUint32(at + place, true);
    const [nameBytes, extraBytes, commentBytes] = [short(28), short(30), short(32)];
    const after = at + 46 + nameBytes + extraBytes;
    if (after + commentBytes > view.byteLength) throw broken();
    const entry = { flags: short(8), method: short(10), crc: long(16), packed: long(20), size: long(24), offset: long(42) };
    entry.mode = long(38) >>> 16;
    try {
      entry.name = nameOf(new Uint8Array(view.buffer, at + 46, nameBytes), entry.flags);
    } catch {
      throw broken();
    }
    further(entry, new DataView(view.buffer, at + 46 + nameBytes, extraBytes));
    entries.push(entry);
    at = after + commentBytes;
  }
  return entries;
}

// Return the packed bytes of an entry as they lie in the archive, without reading them.
async function packedOf(file, entry) {
  const head = await viewOf(file, entry.offset, entry.offset + LOCAL_BYTES);
  if (head.byteLength < LOCAL_BYTES || head.getUint32(0, true) !== LOCAL_SIGN) throw broken();
  const start = entry.offset + LOCAL_BYTES + head.getUint16(26, true) + head.getUint16(28, true);
  return file.slice(start, start + entry.packed);
}

async function streamOf(file, entry) {
  const packed = (await packedOf(file, entry)).stream();
  return entry.method === STORED ? packed : packed.pipeThrough(new DecompressionStream("deflate-raw"));
}

// Unpack one entry, stopping as soon as it is more than it says.
async function unpacked(file, entry) {
  let left = entry.size;
  let crc = 0;
  const checked = new TransformStream({
    transform(bytes, out) {
      left -= bytes.byteLength;
      if (left < 0) throw bad(entry.name, gettext("is larger than it says"));
      crc = crcOf(crc, bytes);
      out.enqueue(bytes);
    },
    flush() {
      if (left) throw bad(entry.name, gettext("is smaller than it says"));
      if (crc !== entry.crc) throw bad(entry.name, gettext("is damaged: its checksum is another"));
    },
  });
  try {
    return await new Response((await streamOf(file, entry)).pipeThrough(checked)).blob();
  } catch (fault) {
    throw fault instanceof Refused ? fault : bad(entry.name, gettext("cannot be unpacked"));
  }
}

async function beginningOf(file, entry, bytes) {
  const reader = (await streamOf(file, entry)).getReader();
  try {
    const { value } = await reader.read();
    return new Blob(value ? [value.slice(0, bytes)] : []);
  } catch {
    throw bad(entry.name, gettext("cannot be unpacked"));
  } finally {
    reader.cancel().catch(() => {});
  }
}

// Return the files of a ZIP: {path, size, open, beginning}; nothing is unpacked yet.
//
// Throws Refused for an archive that is damaged or would do harm; the message names the
// entry.
export async function entriesOf(file, { mostBytes }) {
  const [count, bytes, start] = await placeOfList(file);
  if (count > MOST_ENTRIES) throw new Refused(filled(gettext("The ZIP has %(count)s entries; %(most)s is the most."), { count, most: MOST_ENTRIES }));
  if (bytes > MOST_LIST_BYTES || start + bytes > file.size) throw broken();
  const entries = readList(await viewOf(file, start, start + bytes));
  if (entries.length !== count) throw broken();
  entries.forEach(judge);
  checkApart(entries);
  checkNames(entries);
  const files = entries.filter((entry) => !entry.name.endsWith("/"));
  const total = files.reduce((sum, entry) => sum + entry.size, 0);
  if (total > mostBytes) throw new Refused(gettext("Unpacked, the ZIP would be more than there is room for."));
  return files.map((entry) => ({
    path: entry.name,
    size: entry.size,
    open: () => unpacked(file, entry),
    beginning: (most) => beginningOf(file, entry, most),
  }));
}
