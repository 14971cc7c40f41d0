// The page that sends files: drop, watch, pause, go on. Without it the form below does.

import { fromDrop, fromInput, isLeftBeside } from "./chosen.js";
import { Refused } from "./faults.js";
import { forget, keepUnfinished, unfinishedOf } from "./memory.js";
import { Hasher, Item, Queue } from "./queue.js";
import { Server } from "./server.js";
import { entriesOf } from "./zip.js";
import { filled, gettext, ngettext } from "../words.js";

const SHOWN_ROWS = 100;
const DRAWN_EVERY_MS = 250;
const MOST_KEPT_NAMES = 2000;
const STATES = {
  WAITING: gettext("Waiting"),
  HASHING: gettext("Being checked"),
  SENDING: gettext("On its way"),
  SENT: gettext("Sent"),
  THERE: gettext("There already"),
  LEFT_OUT: gettext("Left out"),
  FAILED: gettext("Not sent"),
};
const PHASES = { CHECKING: gettext("Checking names"), SENDING: gettext("Sending"), COMMITTING: gettext("Committing") };

const root = document.querySelector("[data-upload]");
const form = root.closest("form");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const said = root.dataset;
const place = said.commit;
const decimals = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
const counts = new Intl.NumberFormat(document.documentElement.lang);
const csrf = form.elements.csrfmiddlewaretoken.value;
const queue = new Queue({
  server: new Server(said, csrf),
  hasher: new Hasher(said.hasher, said.library),
  mostBytes: Number(said.mostBytes),
});
const rows = new Map();
let stopper = null;
let pace = null;

function sizeOf(bytes) {
  const units = [gettext("bytes"), "KB", "MB", "GB", "TB"];
  let at = 0;
  let size = bytes;
  while (size >= 1024 && at < units.length - 1) [size, at] = [size / 1024, at + 1];
  return `${decimals.format(size)}\u00a0${units[at]}`;
}

function timeOf(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return gettext("less than a minute left");
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return filled(gettext("about %(count)s min left"), { count: minutes });
  return filled(gettext("about %(count)s h left"), { count: Math.round(minutes / 60) });
}

function tell(text, tone = "") {
  const notice = part("status");
  notice.textContent = text;
  notice.className = text && tone ? `notice notice--${tone}` : "muted";
}

function ask(text) {
  part("zip-fault").textContent = text;
  part("zip-fault").hidden = !text;
}

function button(label, act, of) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
  made.className = "button button--quiet button--small";
  made.setAttribute("aria-label", `${label} ${of}`);
  made.addEventListener("click", act);
  return made;
}

function rowOf(item) {
  const row = document.createElement("tr");
  const [name, size, state, acts] = ["th", "td", "td", "td"].map((tag) => row.appendChild(document.createElement(tag)));
  name.scope = "row";
  name.textContent = item.ownPath;
  size.className = "number";
  size.textContent = sizeOf(item.size);
  const bar = state.appendChild(document.createElement("progress"));
  bar.max = Math.max(item.size, 1);
  bar.setAttribute("aria-label", item.ownPath);
  const words = state.appendChild(document.createElement("span"));
  const doing = acts.appendChild(document.createElement("div"));
  doing.className = "row";
  const isZip = item.source && /\.zip$/i.test(item.ownPath);
  if (isZip) doing.append(button(gettext("Unpack"), () => unpack(item), item.ownPath));
  doing.append(button(gettext("Remove"), () => remove(item), item.ownPath));
  return { row, bar, words, doing };
}

function drawRow(item) {
  const { row, bar, words, doing } = rows.get(item);
  const bytes = item.state === "HASHING" ? item.hashedBytes : item.sentBytes;
  bar.value = item.isDone ? bar.max : bytes;
  bar.hidden = !["HASHING", "SENDING"].includes(item.state);
  const isCarried = item.isInline && item.state === "WAITING";
  words.textContent = item.told || (isCarried ? gettext("Goes with the commit") : STATES[item.state]);
  words.className = item.isFailed ? "errorlist" : "muted";
  row.classList.toggle("is-bad", item.isFailed);
  for (const each of doing.children) each.disabled = Boolean(stopper);
}

// The first rows, and before them those that need somebody.
function shownItems() {
  const failed = queue.list.filter((item) => item.isFailed);
  const busy = queue.list.filter((item) => ["HASHING", "SENDING"].includes(item.state));
  const first = queue.list.slice(0, SHOWN_ROWS);
  return [...new Set([...failed.slice(0, SHOWN_ROWS), ...(queue.items.size > SHOWN_ROWS ? busy : []), ...first])].slice(0, 2 * SHOWN_ROWS);
}

function sums() {
  const items = queue.list.filter((item) => item.state !== "LEFT_OUT");
  const bytes = items.reduce((sum, item) => sum + item.size, 0);
  const sent = items.reduce((sum, item) => sum + item.sentBytes, 0);
  const inline = items.filter((item) => item.isInline).reduce((sum, item) => sum + item.size, 0);
  const isLast = queue.phase === "COMMITTING";
  const done = items.filter((item) => item.isDone || (isLast && item.isInline)).length;
  return { count: items.length, bytes, sent: sent + (isLast ? inline : 0), done };
}

function drawSums() {
  const { count, bytes, sent, done } = sums();
  const bar = part("all");
  bar.max = Math.max(bytes, 1);
  bar.value = sent;
  const words = [filled(gettext("%(sent)s of %(bytes)s"), { sent: sizeOf(sent), bytes: sizeOf(bytes) }), filled(ngettext("%(done)s of %(count)s file sent", "%(done)s of %(count)s files sent", count), { done: counts.format(done), count: counts.format(count) })];
  if (stopper && queue.phase === "SENDING" && pace) {
    const seconds = (performance.now() - pace.at) / 1000;
    const perSecond = (sent - pace.sent) / seconds;
    if (seconds > 2 && perSecond > 0) words.push(`${sizeOf(perSecond)}/s`, timeOf((bytes - sent) / perSecond));
  }
  if (queue.phase === "CHECKING" && queue.checkedCount) words.push(filled(gettext("%(count)s names checked"), { count: counts.format(queue.checkedCount) }));
  part("sums").textContent = words.join(", ");
  const left = Number(said.roomBytes);
  part("room").hidden = bytes <= left;
  part("room").textContent = filled(gettext("This is %(bytes)s, and there is room for %(left)s. What is stored already does not count again."), { bytes: sizeOf(bytes), left: sizeOf(left) });
}

function draw() {
  const shown = shownItems();
  const body = part("rows");
  for (const [item, { row }] of rows) {
    if (shown.includes(item)) continue;
    row.remove();
    rows.delete(item);
  }
  shown.forEach((item, at) => {
    if (!rows.has(item)) rows.set(item, rowOf(item));
    const { row } = rows.get(item);
    if (body.children[at] !== row) body.insertBefore(row, body.children[at] ?? null);
    drawRow(item);
  });
  const more = queue.items.size - shown.length;
  part("more").hidden = more <= 0;
  part("more").textContent = filled(gettext("And %(count)s more."), { count: counts.format(more) });
  part("listing").hidden = !queue.items.size;
  drawSums();
  const isBusy = Boolean(stopper);
  part("pause").hidden = !isBusy;
  part("drop-all").hidden = isBusy;
  part("drop-marked").hidden = isBusy || !queue.list.some((item) => item.isFailed);
  const submit = form.querySelector("[type=submit]");
  submit.hidden = isBusy;
  submit.disabled = !queue.items.size;
  submit.textContent = queue.list.some((item) => item.isDone || item.sentBytes) ? gettext("Go on") : said.action;
  for (const each of root.querySelectorAll("[data-choose]")) each.disabled = isBusy;
  for (const name of ["folder", "message"]) form.elements[name].readOnly = isBusy;
}

function announce() {
  if (!stopper) return;
  if (queue.waitMs && queue.isBusy) tell(gettext("The server asks to go slower. Going on by itself in a moment."));
  else if (queue.waitMs) tell(gettext("The server is away. Trying again by itself; nothing is lost."), "warn");
  else tell(`${PHASES[queue.phase] ?? gettext("Starting")}…`);
}

function add(found) {
  const left = found.filter(({ path }) => isLeftBeside(path)).length;
  for (const { file, path } of found) {
    if (isLeftBeside(path)) continue;
    const item = Item.of(file, path);
    item.source = file;
    queue.add(item);
  }
  const words = [];
  if (queue.replaced) words.push(filled(ngettext("%(count)s chosen before was replaced by the same name", "%(count)s chosen before were replaced by the same name", queue.replaced), { count: queue.replaced }));
  if (left) words.push(filled(ngettext("%(count)s of Git or the operating system was left out", "%(count)s of Git or the operating system were left out", left), { count: left }));
  queue.replaced = 0;
  tell(words.length ? words.join("; ").concat(".") : "");
  draw();
}

function remove(...items) {
  for (const item of items) queue.remove(item);
  draw();
  part("choose-files").focus();
}

async function unpack(zip) {
  ask("");
  try {
    const entries = await entriesOf(zip.source, { mostBytes: Number(said.roomBytes) });
    const at = zip.ownPath.slice(0, zip.ownPath.lastIndexOf("/") + 1);
    queue.remove(zip);
    for (const entry of entries) {
      if (isLeftBeside(entry.path)) continue;
      queue.add(new Item({ ...entry, path: at + entry.path, changedAt: `${zip.changedAt}/${zip.size}` }));
    }
    tell(filled(gettext("%(count)s files are in it."), { count: counts.format(entries.length) }));
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    ask(`${zip.ownPath}: ${fault.message}`);
  }
  draw();
}

async function keep() {
  const { bytes } = sums();
  const names = queue.list.slice(0, MOST_KEPT_NAMES).map((item) => item.ownPath);
  const { folder, message } = form.elements;
  await keepUnfinished(place, { names, count: queue.items.size, bytes, folder: folder.value, message: message.value });
}

function leave(commit) {
  const folder = form.elements.folder.value.replace(/^\/+|\/+$/g, "");
  const below = folder ? ["", ...folder.split("/")].map(encodeURIComponent).join("/") : "";
  tell(gettext("Committed."), "good");
  location.assign(said.next || (commit.commitOid ? said.tree + below : said.tree));
}

async function start() {
  if (stopper || !queue.items.size) return;
  stopper = new AbortController();
  pace = { at: performance.now(), sent: sums().sent };
  queue.place(form.elements.folder.value);
  addEventListener("beforeunload", hold);
  const drawing = setInterval(() => {
    draw();
    announce();
  }, DRAWN_EVERY_MS);
  draw();
  let commit = null;
  try {
    await keep();
    commit = await queue.run({ message: form.elements.message.value, signal: stopper.signal });
    await forget(place);
  } catch (fault) {
    if (fault.name === "AbortError") tell(gettext("Paused. What has arrived is kept."));
    else if (fault instanceof Refused) tell(fault.message, "bad");
    else {
      tell(filled(gettext("Something went wrong here: %(fault)s. Go on to try again; nothing is lost."), { fault: fault.message }), "bad");
      console.error(fault);
    }
  } finally {
    clearInterval(drawing);
    removeEventListener("beforeunload", hold);
    stopper = null;
    draw();
  }
  if (commit) leave(commit);
}

function hold(event) {
  event.preventDefault();
}

function listen() {
  const drop = part("drop");
  for (const [kind, input] of [["files", part("files")], ["folder", part("folder")]]) {
    part(`choose-${kind}`).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      add(fromInput(input));
      input.value = "";
    });
  }
  for (const type of ["dragenter", "dragover"]) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
  drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("is-over");
    if (!stopper) add(await fromDrop(event.dataTransfer));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  part("pause").addEventListener("click", () => stopper?.abort());
  part("drop-all").addEventListener("click", () => remove(...queue.list));
  part("drop-marked").addEventListener("click", () => remove(...queue.list.filter((item) => item.isFailed)));
}

async function greet() {
  const kept = await unfinishedOf(place);
  if (!kept) return;
  const notice = part("unfinished");
  const names = kept.names.slice(0, 3).join(", ") + (kept.count > 3 ? ", …" : "");
  notice.querySelector("p").textContent = filled(ngettext("You were sending %(count)s file (%(names)s; %(bytes)s) and were interrupted. Choose or drop the same again: what has arrived is not sent twice.", "You were sending %(count)s files (%(names)s; %(bytes)s) and were interrupted. Choose or drop the same again: what has arrived is not sent twice.", kept.count), { count: counts.format(kept.count), names, bytes: sizeOf(kept.bytes) });
  form.elements.folder.value ||= kept.folder;
  form.elements.message.value ||= kept.message;
  notice.hidden = false;
  part("forget").addEventListener("click", async () => {
    await forget(place);
    notice.hidden = true;
  });
}

form.elements.chosen.closest(".field").hidden = true;
form.elements.chosen.disabled = true;
root.hidden = false;
listen();
draw();
greet();
