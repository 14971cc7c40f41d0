// A worker that reckons the SHA-256 of files, a few MiB in memory at a time.
//
// It is asked {id, file} and answers {id, done} as it goes on, then {id, sha256} or
// {id, fault}. The first message names the library: {library}.

const READ_BYTES = 8 * 2 ** 20;
const stopped = new Set();
let hasher;

async function digestOf(id, file) {
  hasher ??= await self.hashwasm.createSHA256();
  hasher.init();
  for (let at = 0; at < file.size; at += READ_BYTES) {
    if (stopped.delete(id)) return null;
    const piece = await file.slice(at, at + READ_BYTES).arrayBuffer();
    hasher.update(new Uint8Array(piece));
    self.postMessage({ id, done: at + piece.byteLength });
  }
  return hasher.digest("hex");
}

let turn = Promise.resolve();

self.addEventListener("message", ({ data }) => {
  if (data.library) {
    self.importScripts(data.library);
  } else if (data.stop) {
    stopped.add(data.stop);
  } else {
    turn = turn.then(async () => {
      try {
        if (stopped.delete(data.id)) return;
        const sha256 = await digestOf(data.id, data.file);
        if (sha256) self.postMessage({ id: data.id, sha256 });
      } catch (fault) {
        self.postMessage({ id: data.id, fault: fault.name });
      }
    });
  }
});
