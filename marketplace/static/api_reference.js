// Makes Swagger's page one of ours: the site's theme, and what screen readers need.
"use strict";
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const chosen = root.dataset.theme;
    root.classList.toggle("dark-mode", chosen ? chosen === "dark" : prefersDark.matches);
  };
  follow();
  prefersDark.addEventListener("change", follow);
  new MutationObserver(follow).observe(root, { attributeFilter: ["data-theme"] });

  const nameOf = (field) => {
    const asked = field.closest("tr")?.querySelector(".parameter__name")?.textContent;
    return asked || field.placeholder || field.title || "Media type";
  };
  const mend = (page) => {
    // A button that opens an operation holds a link of its own, which nobody can reach.
    for (const link of page.querySelectorAll(".opblock-summary-control a[href]")) {
      link.removeAttribute("href");
    }
    for (const block of page.querySelectorAll("pre:not([tabindex])")) {
      block.tabIndex = 0; // it may be wider than the screen
    }
    for (const field of page.querySelectorAll("select, input, textarea")) {
      if (!field.labels?.length && !field.hasAttribute("aria-label")) {
        field.setAttribute("aria-label", nameOf(field));
      }
    }
  };
  addEventListener("DOMContentLoaded", () => {
    const page = document.getElementById("swagger-ui");
    const watcher = new MutationObserver(() => mend(page));
    watcher.observe(page, { childList: true, subtree: true });
  });
})();
