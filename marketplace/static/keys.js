// Has a security key, or the device itself, answer for whoever signs in (WebAuthn).

import { gettext } from "./words.js";

const FAULTS = {
  NotAllowedError: gettext("Nothing was touched in time, or it was refused. Try once more."),
  InvalidStateError: gettext("This key is added already. Use another."),
  SecurityError: gettext("Keys take an address with https, or localhost."),
  NotSupportedError: gettext("This browser or device has no key that will do."),
};

async function answered(form) {
  const options = JSON.parse(document.getElementById("key-options").textContent);
  const { create, get } = window.webauthnJSON;
  if (form.dataset.key === "create") return create(options.creation_options);
  return get(options.request_options);
}

async function askKey(event) {
  const form = event.currentTarget;
  event.preventDefault();
  const fault = form.querySelector("[data-key-fault]");
  fault.hidden = true;
  try {
    form.elements.credential.value = JSON.stringify(await answered(form));
  } catch (error) {
    fault.querySelector("p").textContent = FAULTS[error.name] ?? FAULTS.NotSupportedError;
    fault.hidden = false;
    return;
  }
  form.submit();
}

for (const form of document.querySelectorAll("form[data-key]")) {
  form.addEventListener("submit", askKey);
}
