// The addresses that take files: asked which way each goes, where its parts go, and to
// commit. They are those that programs use; nothing here is for pages alone.

import { Away, Changed, Refused, awayBy, patiently } from "./faults.js";
import { filled, gettext } from "../words.js";

const CHECKED_AT_ONCE = 250;
const SAMPLE_BYTES = 512;
const WHOLE_BYTES = 32 * 2 ** 20; // what is longer comes by parts, so that it can go on
const LFS = "application/vnd.git-lfs+json";

export function base64Of(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Changed());
    if (blob.size) reader.readAsDataURL(blob);
    else resolve("");
  });
}

async function isReadable(blob) {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// Send bytes to an address that opens by itself; `fetch` would not tell how far it is.
function put(url, blob, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onloadend = async () => {
      signal.removeEventListener("abort", stop);
      if (signal.aborted) return reject(signal.reason);
      if (request.status >= 200 && request.status < 300) return resolve();
      if (!(await isReadable(blob))) return reject(new Changed());
      const away = awayBy(request.status, request.getResponseHeader("Retry-After"));
      if (away) return reject(away);
      return reject(new Refused(request.responseText, { status: request.status }));
    };
    signal.addEventListener("abort", stop);
    request.open("PUT", url);
    request.send(blob);
  });
}

export class Server {
  constructor(said, csrf) {
    this.said = said;
    this.csrf = csrf;
  }

  async post(url, body, { signal, type = "application/json" }) {
    let answer;
    try {
      answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": type, "X-CSRFToken": this.csrf, Accept: "application/json" },
        body,
        signal,
      });
    } catch (fault) {
      if (signal.aborted) throw signal.reason;
      throw fault instanceof TypeError ? new Away() : fault;
    }
    const away = awayBy(answer.status, answer.headers.get("Retry-After"));
    if (away) throw away;
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    const code = answer.headers.get("X-Error-Code") ?? "";
    const detail = told.error ?? told.message ?? told.detail;
    const sentence = typeof detail === "string" ? detail : filled(gettext("The server says %(status)s."), { status: answer.status });
    const status = answer.status;
    if (status === 401) throw new Refused(gettext("You are signed out. Sign in in another tab, then go on."), { status });
    throw new Refused(sentence, { status, code });
  }

  // Say of each file whether it can be there, which way it goes, and what is there. Where
  // some are refused, they alone are marked, by asking again about halves.
  async check(items, options) {
    for (let at = 0; at < items.length; at += CHECKED_AT_ONCE) {
      await this.checkSome(items.slice(at, at + CHECKED_AT_ONCE), options);
      options.onChecked(Math.min(items.length, at + CHECKED_AT_ONCE));
    }
  }

  async checkSome(chosen, options) {
    const items = [];
    for (const item of chosen) {
      try {
        item.sample ??= await base64Of(await item.beginning(SAMPLE_BYTES));
        items.push(item);
      } catch (fault) {
        item.fail(fault instanceof Refused ? fault.message : new Changed().message);
      }
    }
    if (!items.length) return;
    const files = items.map(({ path, size, sample }) => ({ path, size, sample }));
    const body = JSON.stringify({ files });
    try {
      const told = await patiently(() => this.post(this.said.preupload, body, options), options);
      told.files.forEach((file, place) => {
        const item = items[place];
        item.goesLarge = file.uploadMode === "lfs";
        item.there = file.oid ?? "";
        if (file.shouldIgnore) item.leaveOut(gettext("Left out, as .gitignore says."));
      });
    } catch (fault) {
      const isOfFiles = fault instanceof Refused && [400, 413].includes(fault.status);
      if (!isOfFiles) throw fault;
      if (items.length === 1) {
        items[0].fail(fault.message.replace(/^path: /, ""));
        return;
      }
      const half = Math.ceil(items.length / 2);
      await this.checkSome(items.slice(0, half), options);
      await this.checkSome(items.slice(half), options);
    }
  }

  // Return by digest where contents go; nothing for those that need not be sent.
  async addresses(items, options) {
    const found = new Map();
    for (const isLong of [false, true]) {
      const some = items.filter((item) => item.size > WHOLE_BYTES === isLong);
      if (!some.length) continue;
      const objects = some.map((item) => ({ oid: item.sha256, size: item.size }));
      const transfers = isLong ? ["multipart"] : ["basic", "multipart"];
      const body = JSON.stringify({ operation: "upload", transfers, objects });
      const told = await patiently(
        () => this.post(this.said.batch, body, { ...options, type: LFS }),
        options,
      );
      for (const each of told.objects) found.set(each.oid, each);
    }
    return found;
  }

  // Send one content, whole or the parts of it that have not arrived.
  async send(item, blob, action, options) {
    const said = action.header;
    const onProgress = (bytes) => item.progress(bytes);
    if (!said?.chunk_size) {
      await patiently(() => put(action.href, blob, { ...options, onProgress }), options);
      return;
    }
    const partBytes = Number(said.chunk_size);
    const numbers = Object.keys(said).filter((key) => /^\d+$/.test(key)).map(Number);
    const arrived = new Set(action.arrived);
    let before = 0;
    for (const number of numbers.sort((one, other) => one - other)) {
      const part = blob.slice((number - 1) * partBytes, number * partBytes);
      item.progress(before);
      if (!arrived.has(number)) {
        const from = before;
        const further = (bytes) => item.progress(from + bytes);
        await patiently(
          () => put(said[number], part, { ...options, onProgress: further }),
          options,
        );
      }
      before += part.size;
    }
    item.tell(gettext("Being verified"));
    await patiently(() => this.post(action.href, "{}", { ...options, type: LFS }), options);
  }

  async commit(message, lines, options) {
    const [summary, ...rest] = message.trim().split("\n");
    const header = { summary, description: rest.join("\n").trim() };
    const body = new Blob([`${JSON.stringify({ key: "header", value: header })}\n`, ...lines]);
    const type = "application/x-ndjson";
    return patiently(() => this.post(this.said.commit, body, { ...options, type }), options);
  }
}
