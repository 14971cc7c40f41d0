// Has a free model answer in the browser: the same form, the same numbers, and no worker.
// What is asked does not leave the machine.

import { filled, gettext } from "./words.js";

const here = document.querySelector("[data-try-here]");
const DAY_MS = 86_400_000;
const SMALLEST = 1e-7;
const STRANGE_BELOW = 0.05;
const CLIPPED_AT = 8;
let loaded;

async function load() {
  const said = here.dataset;
  const runtime = await import(said.runtime);
  runtime.env.wasm.numThreads = 1;
  runtime.env.wasm.wasmPaths = { wasm: said.wasm };
  const fetched = async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(gettext("The model could not be fetched. Load the page again."));
    return answer;
  };
  const signature = await (await fetched(said.signature)).json();
  const model = await (await fetched(said.model)).arrayBuffer();
  const calibration = said.calibration ? await (await fetched(said.calibration)).json() : {};
  const session = await runtime.InferenceSession.create(model);
  return { runtime, signature, calibration, session };
}

function numbersOf(column, cell) {
  const text = cell.trim();
  if (column.kind === "CATEGORY") {
    const place = column.choices.indexOf(text);
    return [text ? (place < 0 ? column.choices.length : place) : NaN];
  }
  if (column.kind === "NUMBER") {
    const value = text ? Number(text) : NaN;
    if (text && !Number.isFinite(value)) throw new Error(`${column.name}: “${text}” is not a number.`);
    return [value];
  }
  const time = text ? Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text) : NaN;
  if (text && Number.isNaN(time)) throw new Error(`${column.name}: “${text}” is not a date.`);
  const date = new Date(time);
  return [time / DAY_MS, date.getUTCMonth() + 1, date.getUTCDay() || 7];
}

function rowOf(signature, form) {
  return signature.columns.flatMap((column, place) =>
    numbersOf(column, form.elements[`column-${place}`].value),
  );
}

async function pixelsOf(picture, form) {
  const file = form.elements.picture.files[0];
  if (!file) throw new Error(gettext("Choose a picture first."));
  const bitmap = await createImageBitmap(file);
  const { width, height, channels } = picture;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0, width, height);
  const seen = pen.getImageData(0, 0, width, height).data;
  const made = new Float32Array(width * height * channels);
  for (let at = 0; at < width * height; at += 1) {
    const [red, green, blue] = seen.slice(at * 4, at * 4 + 3);
    const values =
      channels === 3 ? [red, green, blue] : [0.299 * red + 0.587 * green + 0.114 * blue];
    values.forEach((value, channel) => {
      const scaled =
        (value / 255 - (picture.mean[channel] ?? 0)) / (picture.deviation[channel] ?? 1);
      made[picture.is_channels_first ? channel * width * height + at : at * channels + channel] =
        scaled;
    });
  }
  const sides = picture.is_channels_first ? [channels, height, width] : [height, width, channels];
  return [made, [1, ...sides]];
}

function softmaxed(logs) {
  const most = Math.max(...logs);
  const raised = logs.map((one) => Math.exp(one - most));
  const total = raised.reduce((all, one) => all + one, 0);
  return raised.map((one) => one / total);
}

function between(points, value) {
  const after = points.findIndex(([stated]) => stated >= value);
  if (after <= 0) return after ? points.at(-1)[1] : points[0][1];
  const [[low, under], [high, over]] = [points[after - 1], points[after]];
  return under + ((over - under) * (value - low)) / (high - low);
}

// As training/runner/inside/recalibrating.py has it; scores that are no shares become some.
function recalibrated(scores, signature) {
  const sum = scores.reduce((all, one) => all + one, 0);
  const isShares = scores.every((one) => one >= 0) && Math.abs(sum - 1) < 1e-3;
  const shares = isShares ? scores : softmaxed(scores);
  const by = signature.recalibration ?? { weights: [1 / (signature.temperature ?? 1)], biases: [], curves: [], evenly: 0 };
  if (by.curves.length) {
    const told = shares.map((one, at) => between(by.curves[at], one) + SMALLEST);
    const total = told.reduce((all, one) => all + one, 0);
    return told.map((one) => one / total);
  }
  const logs = shares.map(
    (one, at) =>
      Math.log(Math.max(one, SMALLEST)) * (by.weights[at] ?? by.weights[0]) + (by.biases[at] ?? 0),
  );
  return softmaxed(logs).map((one) => (1 - by.evenly) * one + by.evenly / logs.length);
}

function placed(row, space) {
  return space.flatMap((column, at) => {
    if (column.length === 1) {
      const codes = Array.from({ length: column[0] + 1 }, (_, code) => code);
      return codes.map((code) => (row[at] === code ? Math.SQRT1_2 : 0));
    }
    const away = (row[at] - column[0]) / column[1];
    return [Number.isNaN(away) ? 0 : Math.max(-CLIPPED_AT, Math.min(CLIPPED_AT, away))];
  });
}

function share(known, asked) {
  return (known.filter((one) => one >= asked).length + 1) / (known.length + 1);
}

// As training/runner/inside/serving/unknown.py has it; null where nothing is to compare with.
function strangeness(row, shares, calibration) {
  const found = [];
  if (shares && calibration.doubts?.length) {
    found.push(share(calibration.doubts, 1 - Math.max(...shares)));
  }
  if (row && calibration.space && calibration.prototypes?.length) {
    const point = placed(row, calibration.space);
    const squares = calibration.prototypes.map((one) =>
      one.reduce((all, value, at) => all + (value - point[at]) ** 2, 0),
    );
    found.push(share(calibration.distances, Math.sqrt(Math.min(...squares))));
  }
  return found.length ? Math.min(1, Math.min(...found) * found.length) : null;
}

async function answer(form) {
  loaded ??= load();
  const { runtime, signature, calibration, session } = await loaded;
  const row = signature.takes === "ROW" ? rowOf(signature, form) : null;
  const [values, shape] = row
    ? [Float32Array.from(row), [1, row.length]]
    : await pixelsOf(signature.picture, form);
  const outputs = await session.run({
    [session.inputNames[0]]: new runtime.Tensor("float32", values, shape),
  });
  const width = Math.max(signature.classes.length, 1);
  const told = Object.values(outputs).find(
    (one) => one.type === "float32" && one.data.length === width,
  );
  if (!told) throw new Error(gettext("It answers in a shape that this page does not read."));
  const scores = Array.from(told.data);
  if (!signature.classes.length) return [`${Number(scores[0].toPrecision(6))}`, strangeness(row, null, calibration)];
  const shares = recalibrated(scores, signature);
  const best = shares.indexOf(Math.max(...shares));
  const said = `${signature.classes[best]}, ${Math.round(shares[best] * 100)} %`;
  return [said, strangeness(row, shares, calibration)];
}

function tell(said, strange) {
  if (strange !== null && strange < STRANGE_BELOW) {
    return filled(gettext("Unknown. What you gave is unlike what it learnt from. Its guess would have been %(said)s."), { said });
  }
  return said;
}

here?.querySelector("button").addEventListener("click", async () => {
  const status = here.querySelector("[role=status]");
  const form = document.querySelector(here.dataset.tryHere);
  status.textContent = gettext("The model is being fetched…");
  try {
    status.textContent = tell(...(await answer(form)));
  } catch (fault) {
    loaded = undefined;
    status.textContent = fault.message;
  }
});
