// Two received pictures under one border that moves: zoomed and moved together, loaded when they are looked at.
(() => {
  const all = JSON.parse(document.getElementById("data").textContent);
  const { shown, scores } = all.pictures, axis = all.curves.axis;
  const $ = (id) => document.getElementById(id);
  const stage = $("stage"), handle = $("handle");
  const sides = ["left", "right"].map((side) => ({ side, select: $(side), image: $(`${side}-image`), said: $(`${side}-said`) }));

  const pictures = [...new Set(shown.map((p) => p.picture))];
  $("picture").replaceChildren(...pictures.map((name) => new Option(name)));
  const values = [...new Set(shown.filter((p) => p.value !== null).map((p) => p.value))].sort((a, b) => a - b);
  $("value").max = String(Math.max(values.length - 1, 0));
  $("value").value = String(Math.floor(values.length / 2));
  $("value-label").hidden = values.length < 2;

  const layers = d3.rollup(shown.filter((p) => p.link), (part) => d3.max(part, (p) => p.layer) + 1, (p) => p.link);
  const choices = [["|0", "original"]];
  const isMember = (link) => Boolean(all.curves.links[link]?.member);
  for (const [link, count] of d3.sort(layers, ([link]) => isMember(link))) {
    for (let layer = 0; layer < count; layer++) choices.push([`${link}|${layer}`, count > 1 ? `${link}, layer ${layer + 1}` : link]);
  }
  sides.forEach(({ select }, i) => {
    select.replaceChildren(...choices.map(([key, label]) => new Option(label, key)));
    select.selectedIndex = Math.min(i + 1, choices.length - 1);
  });
  if (choices.length === 2) sides[0].select.selectedIndex = 0;
  const byKey = new Map(shown.map((p) => [`${p.picture}|${p.link}|${p.layer}|${p.value}`, p]));

  const sizes = new Map(shown.filter((p) => !p.link).map((p) => [p.picture, p.size]));
  let border = 0.5, zoom = 1, moved = [0, 0], size = [1, 1];

  function place() {
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    const least = [width * (1 - zoom), height * (1 - zoom)];
    moved = moved.map((m, i) => Math.min(0, Math.max(least[i], m)));
    for (const { image } of sides) {
      image.style.width = `${width}px`;
      image.style.height = `${height}px`;
      image.style.transform = `translate(${moved[0]}px, ${moved[1]}px) scale(${zoom})`;
    }
    // The right picture begins at the border, which is a place on the stage and not in the picture.
    const cut = Math.max(0, (border * width - moved[0]) / zoom);
    sides[1].image.style.clipPath = `inset(0 0 0 ${cut}px)`;
    handle.style.left = `${border * width}px`;
    handle.setAttribute("aria-valuenow", String(Math.round(100 * border)));
    stage.classList.toggle("close", (zoom * width) / size[0] > 2);
    stage.classList.toggle("whole", zoom === 1); // fingers then scroll the page
  }

  function score(p) {
    if (!p) return "not kept at this value";
    const parts = Object.entries(p.scores ?? {}).map(([name, value]) => {
      const [label, unit] = scores[name];
      return unit === "dB" ? `${label} ${value.toFixed(2)} dB` : `${label} ${value.toFixed(4)}${unit && ` ${unit}`}`;
    });
    if (!p.delivered) parts.unshift("not delivered");
    else if (p.note) parts.push(p.note);
    return p.link ? parts.join(", ") : "as it was sent";
  }

  const text = (v) => (axis.name === "snr_db" ? `${v} dB` : String(v));
  const valueShown = () => values[Number($("value").value)] ?? null;
  function sayValue() {
    $("value-text").textContent = axis.name === "snr_db" ? `SNR ${text(valueShown())}` : `${axis.label} ${text(valueShown())}`;
    $("value").setAttribute("aria-valuetext", $("value-text").textContent);
  }

  function show() {
    const value = valueShown();
    sayValue();
    fit();
    for (const { select, image, said } of sides) {
      const at = select.value === "|0" ? null : value;
      const p = byKey.get(`${$("picture").value}|${select.value}|${at}`);
      said.textContent = score(p);
      image.alt = `${$("picture").value}, ${select.selectedOptions[0].text}, ${$("value-text").textContent}`;
      image.hidden = !p;
      if (p && image.getAttribute("src") !== p.file) image.src = p.file;
    }
  }

  // As wide as the page, unless the picture would then be higher than the window.
  function fit() {
    size = sizes.get($("picture").value) ?? [1, 1];
    stage.style.aspectRatio = `${size[0]} / ${size[1]}`;
    stage.style.maxWidth = `${(Math.max(240, innerHeight * 0.8) * size[0]) / size[1]}px`;
    place();
  }

  function zoomAt(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const before = zoom;
    zoom = Math.min(16, Math.max(1, zoom * factor));
    moved = [x - ((x - moved[0]) * zoom) / before, y - ((y - moved[1]) * zoom) / before];
    place();
  }
  $("zoom-in").addEventListener("click", () => zoomAt(1.5));
  $("zoom-out").addEventListener("click", () => zoomAt(1 / 1.5));
  $("zoom-reset").addEventListener("click", () => { zoom = 1; place(); });
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // the page scrolls
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    zoomAt(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });

  const fingers = new Map();
  let dragged = null;
  stage.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, event);
    dragged ??= event.target === handle ? "border" : "picture";
    stage.setPointerCapture(event.pointerId);
    if (event.target !== handle) event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const box = stage.getBoundingClientRect();
    if (fingers.size === 2) {
      const other = [...fingers.values()].find((f) => f.pointerId !== event.pointerId);
      const apart = (f) => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY);
      zoomAt(apart(event) / Math.max(apart(before), 1), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
    } else if (dragged === "border") {
      border = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      place();
    } else {
      moved = [moved[0] + event.clientX - before.clientX, moved[1] + event.clientY - before.clientY];
      place();
    }
    fingers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      if (!fingers.size) dragged = null;
    });
  }
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step || event.target !== stage || zoom === 1) return;
    event.preventDefault();
    moved = [moved[0] + 40 * step[0], moved[1] + 40 * step[1]];
    place();
  });
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    border = Math.min(1, Math.max(0, border + step));
    place();
  });

  for (const id of ["picture", "left", "right"]) $(id).addEventListener("change", show);
  $("value").addEventListener("input", show);
  addEventListener("resize", fit);
  sayValue();
  fit();
  // Nothing is loaded before the section comes into sight.
  new IntersectionObserver((seen, observer) => {
    if (!seen.some((s) => s.isIntersecting)) return;
    observer.disconnect();
    show();
  }, { rootMargin: "200px" }).observe($("pictures"));
})();
