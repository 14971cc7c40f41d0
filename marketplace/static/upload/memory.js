// What this browser remembers of files that were being sent, so that it can go on after a
// reload or a crash: names, sizes, digests. Never their content.

const NAME = "stoa-uploads";
const STORES = { digests: "digests", unfinished: "unfinished" };
const KEPT_MS = 3 * 24 * 3_600_000;

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const store of Object.values(STORES)) request.result.createObjectStore(store);
  };
  return settled(request);
}

// Where storage is forbidden nothing is remembered, and files are sent all the same.
async function within(store, mode, act) {
  try {
    const database = await opened();
    try {
      return await act(database.transaction(store, mode).objectStore(store));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

function keyOf(item) {
  return `${item.ownPath}\u0000${item.size}\u0000${item.changedAt}`;
}

export async function recalled(items) {
  return within(STORES.digests, "readonly", async (store) => {
    const found = await Promise.all(items.map((item) => settled(store.get(keyOf(item)))));
    found.forEach((kept, place) => {
      if (kept) items[place].sha256 = kept.sha256;
    });
  });
}

export async function remember(items) {
  const at = Date.now();
  return within(STORES.digests, "readwrite", (store) => {
    const puts = items.map((item) => settled(store.put({ sha256: item.sha256, at }, keyOf(item))));
    return Promise.all(puts);
  });
}

export async function unfinishedOf(place) {
  const kept = await within(STORES.unfinished, "readonly", (store) => settled(store.get(place)));
  return kept && Date.now() - kept.at < KEPT_MS ? kept : null;
}

export async function keepUnfinished(place, said) {
  return within(STORES.unfinished, "readwrite", (store) =>
    settled(store.put({ ...said, at: Date.now() }, place)),
  );
}

export async function forget(place) {
  await within(STORES.unfinished, "readwrite", (store) => settled(store.delete(place)));
  await within(STORES.digests, "readwrite", async (store) => {
    const before = Date.now() - KEPT_MS;
    const keys = await settled(store.getAllKeys());
    const rows = await settled(store.getAll());
    rows.forEach((row, at) => {
      if (row.at < before) store.delete(keys[at]);
    });
  });
}
