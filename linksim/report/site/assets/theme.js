// Light or dark: as the reader's system says, until the button says otherwise.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("linksim-theme"); } catch { return null; } };
  const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  if (chosen()) root.dataset.theme = chosen();

  function told() {
    const button = document.getElementById("theme");
    if (button) button.setAttribute("aria-pressed", String(dark()));
    dispatchEvent(new Event("themechange"));
  }
  system.addEventListener("change", told);
  addEventListener("DOMContentLoaded", () => {
    told();
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try { localStorage.setItem("linksim-theme", root.dataset.theme); } catch { /* private windows keep nothing */ }
      told();
    });
  });
})();
