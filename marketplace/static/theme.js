// Sets the remembered theme before the first paint; without one the system decides.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") {
      document.documentElement.dataset.theme = theme;
    }
  } catch {
    // Storage may be forbidden; the system's theme is then used.
  }
  document.documentElement.classList.add("js");
})();
