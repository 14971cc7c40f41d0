// A file or a folder dropped on the studio: a folder is packed here, and sent as a ZIP.

import { fromDrop, fromInput, isLeftBeside } from "./upload/chosen.js";
import { packed } from "./upload/pack.js";
import { filled, gettext, ngettext } from "./words.js";

const place = document.querySelector("[data-folder]");
const form = place.closest("section").querySelector("form");
const field = form.querySelector("input[type=file]");
const folder = place.querySelector("input");
const status = place.querySelector("[role=status]");
const button = form.querySelector("button[type=submit]");

function put(file) {
  const carrier = new DataTransfer();
  carrier.items.add(file);
  field.files = carrier.files;
}

async function take(chosen) {
  const files = chosen.filter(({ path }) => !isLeftBeside(path));
  if (files.length === 1 && !files[0].path.includes("/")) {
    put(files[0].file);
    status.textContent = files[0].path;
    return;
  }
  const folders = new Set(files.map(({ path }) => path.split("/").slice(0, -1).join("/")));
  if (!files.length) return;
  button.disabled = true;
  status.textContent = gettext("Packing the folder…");
  const name = files[0].path.includes("/") ? files[0].path.split("/")[0] : "pictures";
  const content = await packed(files);
  button.disabled = false;
  if (!content) {
    status.textContent = gettext("That is too much to pack here. Make a dataset of it under “New”, and choose it below.");
    return;
  }
  put(new File([content], `${name}.zip`, { type: "application/zip" }));
  const words = ngettext("%(files)s file in %(folders)s folders, ready to be looked at.", "%(files)s files in %(folders)s folders, ready to be looked at.", files.length);
  status.textContent = filled(words, { files: files.length, folders: folders.size });
}

place.hidden = false;
place.querySelector("button").addEventListener("click", () => folder.click());
folder.addEventListener("change", () => take(fromInput(folder)));
for (const type of ["dragenter", "dragover"]) {
  place.addEventListener(type, (event) => {
    event.preventDefault();
    place.classList.add("is-over");
  });
}
place.addEventListener("dragleave", () => place.classList.remove("is-over"));
place.addEventListener("drop", (event) => {
  event.preventDefault();
  place.classList.remove("is-over");
  fromDrop(event.dataTransfer).then(take);
});
