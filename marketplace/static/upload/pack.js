// Packs files into a ZIP in the browser, unpressed: pictures are pressed already.

import { crcOf } from "./zip.js";

const LOCAL_SIGN = 0x04034b50;
const ENTRY_SIGN = 0x02014b50;
const END_SIGN = 0x06054b50;
const LOCAL_BYTES = 30;
const ENTRY_BYTES = 46;
const END_BYTES = 22;
const VERSION = 20;
const NAMES_ARE_UTF8 = 0x800;
const FIRST_DAY = 0x21; // 1 January 1980, so that equal folders are equal bytes
const MOST_FILES = 65_535;
const MOST_BYTES = 2 ** 32 - 1;

// Write what an entry says of itself, in its own head and in the list at the end alike.
function describe(view, at, { crc, size, name }) {
  const numbers = [[2, VERSION], [2, NAMES_ARE_UTF8], [2, 0], [2, 0], [2, FIRST_DAY], [4, crc], [4, size], [4, size], [2, name.length], [2, 0]];
  let place = at;
  for (const [bytes, number] of numbers) {
    if (bytes === 2) view.setUint16(place, number, true);
    else view.setUint32(place, number, true);
    place += bytes;
  }
}

function headOf(entry) {
  const view = new DataView(new ArrayBuffer(LOCAL_BYTES));
  view.setUint32(0, LOCAL_SIGN, true);
  describe(view, 4, entry);
  return view;
}

function lineOf(entry) {
  const view = new DataView(new ArrayBuffer(ENTRY_BYTES));
  view.setUint32(0, ENTRY_SIGN, true);
  view.setUint16(4, VERSION, true);
  describe(view, 6, entry);
  view.setUint32(42, entry.at, true);
  return view;
}

// Return a ZIP of files with their paths, or null where it would be too large for one.
export async function packed(files) {
  const parts = [];
  const entries = [];
  let at = 0;
  for (const { file, path } of files) {
    const name = new TextEncoder().encode(path);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const entry = { name, at, size: bytes.length, crc: crcOf(0, bytes) };
    parts.push(headOf(entry), name, bytes);
    entries.push(entry);
    at += LOCAL_BYTES + name.length + bytes.length;
    if (at > MOST_BYTES || entries.length > MOST_FILES) return null;
  }
  const list = entries.flatMap((entry) => [lineOf(entry), entry.name]);
  const listed = entries.reduce((sum, { name }) => sum + ENTRY_BYTES + name.length, 0);
  const end = new DataView(new ArrayBuffer(END_BYTES));
  end.setUint32(0, END_SIGN, true);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(12, listed, true);
  end.setUint32(16, at, true);
  return new Blob([...parts, ...list, end], { type: "application/zip" });
}
