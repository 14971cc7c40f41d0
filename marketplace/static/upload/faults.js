// What may go wrong while files are sent, and how often the same is tried again.

import { gettext } from "../words.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const MOST_TRIES = 40;

// Somebody must do something about it; `message` says what.
export class Refused extends Error {
  constructor(message, { status = 0, code = "" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// The network or the server is away for the moment.
export class Away extends Error {
  constructor(waitMs = 0, { isBusy = false } = {}) {
    super(gettext("The server cannot be reached."));
    Object.assign(this, { waitMs, isBusy });
  }
}

export class Changed extends Refused {
  constructor() {
    super(gettext("It changed while it was sent, or can no longer be read. Choose it again."));
  }
}

const AWAY = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

// Return why an answer is to be waited for, or null if it is to be read.
export function awayBy(status, retryAfter) {
  if (!AWAY.has(status)) return null;
  return new Away(Number(retryAfter) * 1000 || 0, { isBusy: status === 429 });
}

// Resolve after a while, or as soon as the browser is on line again; reject on a stop.
function rest(ms, signal) {
  return new Promise((resolve, reject) => {
    const over = (settle) => () => {
      clearTimeout(timer);
      removeEventListener("online", goOn);
      signal.removeEventListener("abort", stop);
      settle();
    };
    const goOn = over(resolve);
    const stop = over(() => reject(signal.reason));
    const timer = setTimeout(goOn, ms);
    addEventListener("online", goOn);
    signal.addEventListener("abort", stop);
  });
}

// Do something, and again for as long as the server is away: at first at once, then rarely.
export async function patiently(act, { signal, onWait = () => {} }) {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      const made = await act();
      if (tries > 1) onWait(0, false);
      return made;
    } catch (fault) {
      if (!(fault instanceof Away)) throw fault;
      if (tries >= MOST_TRIES) {
        const said = gettext("The server cannot be reached. What has arrived is kept: go on later.");
        throw new Refused(said, { code: "away" });
      }
      const grown = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
      const ms = Math.max(fault.waitMs, grown * (0.5 + Math.random() / 2));
      onWait(ms, fault.isBusy);
      await rest(ms, signal);
    }
  }
}
