// Files as people choose and drop them: many, in folders, with what systems leave beside.

const LEFT_BESIDE = new Set([".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX", ".git"]);

export function isLeftBeside(path) {
  return path.split("/").some((name) => LEFT_BESIDE.has(name));
}

export function fromInput(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

function entriesIn(folder) {
  const reader = folder.createReader();
  const found = [];
  return new Promise((resolve, reject) => {
    const read = () =>
      reader.readEntries((some) => {
        if (!some.length) {
          resolve(found);
          return;
        }
        found.push(...some); // a browser gives them a hundred at a time
        read();
      }, reject);
    read();
  });
}

async function filesBelow(entry, above = "") {
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path }];
  }
  const found = [];
  for (const each of await entriesIn(entry)) found.push(...(await filesBelow(each, `${path}/`)));
  return found;
}

// Return what was dropped, folders with all that is below them.
export async function fromDrop(transfer) {
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry()); // only now: the list is empty after a wait
  const found = [];
  for (const entry of entries) if (entry) found.push(...(await filesBelow(entry)));
  return found;
}
