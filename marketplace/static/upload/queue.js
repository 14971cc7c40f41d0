// What is to be sent: checked, hashed, sent and committed, so that it may stop anywhere
// and go on from there. It knows nothing of the page.

import { Changed, Refused } from "./faults.js";
import { recalled, remember } from "./memory.js";
import { base64Of } from "./server.js";
import { filled, gettext, ngettext } from "../words.js";

const SENT_AT_ONCE = 3;
const GROUP_FILES = 200;
const GROUP_BYTES = 256 * 2 ** 20;
const INLINE_BYTES = 2 ** 20; // the longest text that travels inside the commit
const MOST_INLINE_BYTES = 32 * 2 ** 20;

// One file on its way: WAITING, HASHING, SENDING, SENT, THERE, LEFT_OUT or FAILED.
export class Item {
  constructor({ path, size, changedAt = 0, open, beginning }) {
    Object.assign(this, { ownPath: path, size, changedAt, open, beginning });
    this.path = path;
    this.reset();
  }

  static of(file, path) {
    const open = async () => file;
    const beginning = async (bytes) => file.slice(0, bytes);
    return new Item({ path, size: file.size, changedAt: file.lastModified, open, beginning });
  }

  reset() {
    Object.assign(this, { state: "WAITING", sentBytes: 0, hashedBytes: 0, told: "", isChecked: false });
  }

  get isDone() {
    return ["SENT", "THERE", "LEFT_OUT"].includes(this.state);
  }

  get isFailed() {
    return this.state === "FAILED";
  }

  progress(bytes) {
    this.state = "SENDING";
    this.sentBytes = Math.min(bytes, this.size);
    this.told = "";
  }

  tell(told) {
    this.told = told;
  }

  // What was under way when all stopped waits again; the server knows what arrived.
  rest() {
    if (["HASHING", "SENDING"].includes(this.state)) Object.assign(this, { state: "WAITING", told: "" });
  }

  finish(state, told = "") {
    Object.assign(this, { state, told, sentBytes: this.size });
  }

  leaveOut(told) {
    this.finish("LEFT_OUT", told);
  }

  fail(told) {
    Object.assign(this, { state: "FAILED", told, sentBytes: 0 });
  }
}

export class Hasher {
  constructor(script, library) {
    this.worker = new Worker(script);
    this.worker.postMessage({ library });
    this.asked = new Map();
    this.last = 0;
    this.worker.onmessage = ({ data }) => {
      const ask = this.asked.get(data.id);
      if (!ask) return;
      if ("done" in data) {
        ask.onDone(data.done);
        return;
      }
      if (data.sha256) ask.resolve(data.sha256);
      else ask.reject(data.fault === "NotReadableError" ? new Changed() : new Refused(filled(gettext("It cannot be read here (%(fault)s)."), { fault: data.fault })));
    };
    this.worker.onerror = () => {
      for (const ask of this.asked.values()) ask.reject(new Refused(gettext("This browser cannot reckon checksums here. Send by program.")));
    };
  }

  async digest(file, { signal, onDone }) {
    this.last += 1;
    const id = this.last;
    const stop = () => {
      this.worker.postMessage({ stop: id });
      this.asked.get(id)?.reject(signal.reason);
    };
    signal.throwIfAborted();
    signal.addEventListener("abort", stop);
    try {
      return await new Promise((resolve, reject) => {
        this.asked.set(id, { resolve, reject, onDone });
        this.worker.postMessage({ id, file });
      });
    } finally {
      this.asked.delete(id);
      signal.removeEventListener("abort", stop);
    }
  }
}

function groupsOf(items) {
  const groups = [];
  let group = [];
  let bytes = 0;
  for (const item of items) {
    if (group.length && (group.length >= GROUP_FILES || bytes + item.size > GROUP_BYTES)) {
      groups.push(group);
      [group, bytes] = [[], 0];
    }
    group.push(item);
    bytes += item.size;
  }
  if (group.length) groups.push(group);
  return groups;
}

// Run an act on each item, a few at a time; the first fault that is not an item's ends it.
async function side(items, most, act) {
  const left = [...items];
  const take = async () => {
    for (let item = left.shift(); item; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, left.length) }, take));
}

export class Queue {
  constructor({ server, hasher, mostBytes }) {
    Object.assign(this, { server, hasher, mostBytes });
    this.items = new Map(); // by path below the folder, in the order they were chosen
    this.phase = "IDLE"; // then CHECKING, SENDING, COMMITTING; IDLE again when it stops
    this.waitMs = 0;
    this.replaced = 0;
  }

  get list() {
    return [...this.items.values()];
  }

  add(item) {
    const key = item.ownPath.normalize("NFC");
    if (this.items.has(key)) this.replaced += 1;
    this.items.set(key, item);
    if (item.size > this.mostBytes) item.fail(gettext("It is larger than one file may be here."));
  }

  remove(item) {
    this.items.delete(item.ownPath.normalize("NFC"));
  }

  place(folder) {
    const below = folder.replace(/^\/+|\/+$/g, "");
    for (const item of this.items.values()) {
      const path = below ? `${below}/${item.ownPath}` : item.ownPath;
      if (path === item.path) continue;
      item.path = path;
      item.isChecked = false;
    }
  }

  // Send what has not arrived, then commit all. Rejects with Refused, or what `signal` says.
  async run({ message, signal }) {
    const stopper = new AbortController(); // one fault ends all that is under way
    signal.addEventListener("abort", () => stopper.abort(signal.reason));
    const options = {
      signal: stopper.signal,
      onWait: (ms, isBusy) => Object.assign(this, { waitMs: ms, isBusy }),
      onChecked: (count) => { this.checkedCount = count; },
    };
    try {
      await this.check(options);
      await this.sendAll(options);
      this.requireWhole();
      return await this.commit(message, options);
    } catch (fault) {
      stopper.abort(fault);
      throw fault;
    } finally {
      for (const item of this.items.values()) item.rest();
      Object.assign(this, { phase: "IDLE", waitMs: 0 });
    }
  }

  async check(options) {
    this.phase = "CHECKING";
    for (const item of this.list) if (item.isFailed && item.size <= this.mostBytes) item.reset();
    this.requireWhole();
    const asked = this.list.filter((item) => !item.isChecked);
    await this.server.check(asked, options);
    for (const item of asked) item.isChecked = !item.isFailed;
    let inline = 0;
    for (const item of this.list) {
      item.isInline = item.isChecked && !item.goesLarge && item.size <= INLINE_BYTES && inline + item.size <= MOST_INLINE_BYTES;
      if (item.isInline) inline += item.size;
    }
    this.requireWhole();
  }

  requireWhole() {
    const failed = this.list.filter((item) => item.isFailed);
    if (failed.length) {
      throw new Refused(filled(ngettext("%(count)s file cannot be sent. Mend or remove what is marked, then go on; nothing else is lost.", "%(count)s files cannot be sent. Mend or remove what is marked, then go on; nothing else is lost.", failed.length), { count: failed.length }));
    }
  }

  async sendAll(options) {
    this.phase = "SENDING";
    const wanted = this.list.filter((item) => !item.isInline && !item.isDone && !item.isFailed);
    await recalled(wanted.filter((item) => !item.sha256));
    const groups = groupsOf(wanted);
    let ahead = groups.length ? this.hashed(groups[0], options) : null;
    for (let at = 0; at < groups.length; at += 1) {
      const ready = await ahead;
      ahead = at + 1 < groups.length ? this.hashed(groups[at + 1], options) : null;
      ahead?.catch(() => {}); // it is awaited in its turn
      await this.sendGroup(ready, options);
    }
  }

  async hashed(items, options) {
    const fresh = items.filter((item) => !item.sha256);
    for (const item of fresh) {
      item.state = "HASHING";
      const onDone = (bytes) => { item.hashedBytes = bytes; };
      try {
        item.sha256 = await this.hasher.digest(await item.open(), { ...options, onDone });
        item.state = "WAITING";
      } catch (fault) {
        if (!(fault instanceof Refused)) throw fault;
        item.fail(fault.message);
      }
    }
    await remember(fresh.filter((item) => item.sha256));
    return items.filter((item) => !item.isFailed);
  }

  async sendGroup(items, options) {
    for (const item of items) if (item.there === item.sha256) item.finish("THERE", gettext("Is there already"));
    const firsts = new Map(); // the same content is sent once
    for (const item of items) if (!item.isDone && !firsts.has(item.sha256)) firsts.set(item.sha256, item);
    const wanted = [...firsts.values()];
    if (!wanted.length) return;
    const addresses = await this.server.addresses(wanted, options);
    await side(wanted, SENT_AT_ONCE, (item) => this.sendOne(item, addresses.get(item.sha256), options));
    for (const item of items) {
      const first = firsts.get(item.sha256);
      if (item.isDone || item === first) continue;
      if (first?.isDone) item.finish("SENT", filled(gettext("Sent once, with %(path)s"), { path: first.ownPath }));
    }
  }

  async sendOne(item, told, options) {
    if (told.error) {
      item.fail(told.error.message);
      return;
    }
    if (!told.actions) {
      item.finish("SENT", gettext("Has been sent before"));
      return;
    }
    try {
      await this.server.send(item, await item.open(), told.actions.upload, options);
      item.finish("SENT", filled(gettext("Sent, SHA-256 %(digest)s…"), { digest: item.sha256.slice(0, 12) }));
    } catch (fault) {
      if (!(fault instanceof Refused) || fault.code === "away") throw fault;
      await this.sendAgain(item, fault, options);
    }
  }

  // An address may be too old, and a digest that was remembered not be the file's: once
  // more, with new ones. After that it is the file that is at fault.
  async sendAgain(item, fault, options) {
    const isOld = [401, 403, 404, 409].includes(fault.status);
    const isOther = fault.status === 400;
    if (item.isAgain || !(isOld || isOther)) {
      item.sha256 = isOther ? "" : item.sha256;
      item.fail(isOther ? new Changed().message : fault.message);
      return;
    }
    item.isAgain = true;
    if (isOther) {
      item.sha256 = "";
      await this.hashed([item], options);
    }
    if (!item.isFailed) await this.sendGroup([item], options);
    item.isAgain = false;
  }

  async commit(message, options) {
    this.phase = "COMMITTING";
    const items = this.list.filter((item) => item.state !== "LEFT_OUT");
    if (!items.length) throw new Refused(gettext("There is nothing to commit: every file is left out."));
    const lines = [];
    for (const item of items) lines.push(`${JSON.stringify(await this.lineOf(item))}\n`);
    try {
      return await this.server.commit(message, lines, options);
    } catch (fault) {
      if (fault.code === "unknown_content") {
        for (const item of items) if (!item.isInline) item.reset();
        throw new Refused(gettext("Some of what was sent is kept no longer. Go on, and it is sent again."));
      }
      throw fault;
    }
  }

  async lineOf(item) {
    const { path } = item;
    if (!item.isInline) return { key: "lfsFile", value: { path, algo: "sha256", oid: item.sha256, size: item.size } };
    try {
      const content = await base64Of(await item.open());
      return { key: "file", value: { path, content, encoding: "base64" } };
    } catch (fault) {
      item.fail(fault.message);
      throw new Refused(filled(gettext("“%(path)s” cannot be read. Choose it again."), { path }));
    }
  }
}
