// The learning curve of each model, drawn when its card is opened.
(() => {
  const models = JSON.parse(document.getElementById("data").textContent).models;
  for (const card of document.querySelectorAll("details.model")) {
    const draw = () => {
      if (!card.open) return;
      const history = models[card.dataset.model].history.map(([step, psnr]) => ({ step, psnr }));
      const line = getComputedStyle(document.documentElement).getPropertyValue("--c0").trim();
      const svg = Plot.plot({
        height: 240, width: Math.min(640, card.clientWidth), grid: true, marginLeft: 50,
        style: { background: "transparent" },
        x: { label: "gradient steps", tickFormat: "~s" }, y: { label: "validation PSNR (dB)" }, ariaLabel: `learning curve of ${card.dataset.model}`,
        marks: [Plot.line(history, { x: "step", y: "psnr", stroke: line, marker: true }), Plot.tip(history, Plot.pointer({ x: "step", y: "psnr" }))],
      });
      svg.setAttribute("role", "img");
      svg.querySelectorAll("g[aria-label]").forEach((g) => g.removeAttribute("aria-label")); // the whole has one
      card.querySelector(".learning").replaceChildren(svg);
    };
    card.addEventListener("toggle", draw);
    addEventListener("themechange", draw);
  }
})();
