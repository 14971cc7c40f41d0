// What pages do beyond links and forms: theme, copying, menus. All of it is optional.

function darkIsOn() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switchTheme(button) {
  const theme = darkIsOn() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  button.setAttribute("aria-pressed", String(theme === "dark"));
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Not remembered where storage is forbidden.
  }
}

async function copyText(button) {
  const code = button.parentElement.querySelector("code");
  const { copied, selected } = button.dataset;
  const label = (button.dataset.label ??= button.textContent);
  let outcome = copied;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    outcome = selected;
  }
  const status = button.parentElement.querySelector("[role=status]");
  button.textContent = status.textContent = outcome;
  setTimeout(() => {
    button.textContent = label;
    status.textContent = "";
  }, 2000);
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const button = event.target.closest("button[data-act]");
  if (!button) return;
  if (button.dataset.act === "theme") switchTheme(button);
  if (button.dataset.act === "copy") copyText(button);
  if (button.dataset.act === "dismiss") button.closest(".notice").remove();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  }
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const box = document.querySelector("header input[type=search]");
    if (box) {
      event.preventDefault();
      box.focus();
    }
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change] select, [data-submit-on-change] input")) {
    event.target.form.requestSubmit();
  }
});

for (const button of document.querySelectorAll("button[data-act=theme]")) {
  button.setAttribute("aria-pressed", String(darkIsOn()));
}

const LOG_LINES = 200;

// The log of a run while it lasts. Each answer ends at once and the browser asks again by
// itself, so no thread of the server is held; a closed page asks no more.
function followRun(log) {
  const source = new EventSource(log.dataset.events);
  const code = log.querySelector("code");
  let state = null;
  const lines = () => code.textContent.split("\n").slice(0, -1);
  source.addEventListener("restart", () => {
    code.textContent = "";
  });
  source.addEventListener("line", (event) => {
    const kept = [...lines(), event.data].slice(-LOG_LINES);
    code.textContent = `${kept.join("\n")}\n`;
    log.scrollTop = log.scrollHeight;
  });
  source.addEventListener("state", (event) => {
    if (state !== null && state !== event.data) {
      document.body.dispatchEvent(new Event("run-changed"));
    }
    state = event.data;
  });
  source.addEventListener("end", () => {
    source.close();
    document.body.dispatchEvent(new Event("run-changed"));
  });
}

for (const log of document.querySelectorAll("[data-events]")) followRun(log);
