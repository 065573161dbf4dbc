// A study: pairs in an order of this participant, kept after every choice, sent or saved at the end.
(() => {
  const { study, images, sources } = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const served = location.protocol.startsWith("http");
  const token = new URLSearchParams(location.search).get("t");
  const memory = new Map();
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return memory.get(key) ?? null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { memory.set(key, value); } },
  };

  function random() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  }
  const who = `linksim-study-${study.id}`;
  const participant = token ?? store.get(who) ?? random();
  if (!token) store.set(who, participant);
  const key = `${who}-${participant}`;

  // Numbers from the participant's name (FNV-1a, then mulberry32), so that a reload asks the same in the same order.
  let state = 0x811c9dc5;
  for (const c of study.id + participant) state = Math.imul(state ^ c.charCodeAt(0), 0x01000193);
  function next() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  const first = Math.floor(next() * study.settings.length);
  const plan = [
    ...study.patches.map((_, i) => `${i}/${(i + first) % study.settings.length}`),
    ...Array.from({ length: study.checks }, (_, i) => `check/${i}`),
  ].map((pair) => ({ pair, left: next() < 0.5 ? "ours" : "theirs" }));
  for (let i = plan.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [plan[i], plan[j]] = [plan[j], plan[i]];
  }

  let kept = { answers: [], started: null, sent: false };
  try {
    const before = JSON.parse(store.get(key));
    if (before && before.answers.every((a, i) => a.pair === plan[i].pair)) kept = before;
  } catch { /* what is not ours is begun anew */ }
  const keep = () => store.set(key, JSON.stringify(kept));

  function show(section) {
    for (const id of ["start", "ask", "end"]) $(id).hidden = id !== section;
  }

  let since = Infinity; // when both pictures were there
  const sides = ["left", "right"];
  async function ask() {
    const at = kept.answers.length;
    if (at >= plan.length) return finish();
    show("ask");
    since = Infinity;
    const { pair, left } = plan[at];
    const roles = { left, right: left === "ours" ? "theirs" : "ours" };
    $("progress").textContent = `${at + 1} of ${plan.length}`;
    $("bar").value = at / plan.length;
    $("back").disabled = at === 0;
    await Promise.all(sides.map(async (side) => {
      const image = $(side).querySelector("img");
      image.src = sources[images[`${pair}/${roles[side]}`]];
      await image.decode().catch(() => {});
    }));
    if (kept.answers.length === at) since = performance.now();
  }

  function choose(side) {
    const at = kept.answers.length, took = performance.now() - since;
    if ($("ask").hidden || !(took > 150)) return; // a second tap is no second answer
    const { pair, left } = plan[at];
    const right = left === "ours" ? "theirs" : "ours";
    kept.answers.push({ pair, left, chosen: side === "left" ? left : right, ms: Math.round(took) });
    keep();
    ask();
  }

  const answers = () => ({ study: study.id, participant, started: kept.started, answers: kept.answers });

  let waiting = null;
  async function send() {
    clearTimeout(waiting);
    if (kept.sent) {
      $("sent").textContent = "Your answers have arrived. You can close this page.";
      return;
    }
    $("sent").textContent = "Your answers are being sent ...";
    try {
      const reply = await fetch("answers", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(answers()) });
      if (reply.ok) {
        kept.sent = true;
        keep();
        return send();
      }
      if (reply.status === 429) {
        $("sent").textContent = "The server is busy. The page tries again in a minute; you can also save your answers as a file.";
        waiting = setTimeout(send, 1000 * (Number(reply.headers.get("Retry-After")) || 60));
        return;
      }
      if (reply.status < 500) {
        $("sent").textContent = `The server did not take them (${(await reply.json()).error}). Please save them as a file and send it to whoever asked you.`;
        return;
      }
    } catch { /* no connection: again in a while */ }
    $("sent").textContent = "There is no connection. The page tries again; you can also save your answers as a file.";
    waiting = setTimeout(send, 3000);
  }

  function finish() {
    show("end");
    if (served) send();
    else $("sent").textContent = "Please save your answers as a file, and send it to whoever asked you.";
  }
  addEventListener("online", () => { if (!$("end").hidden && served) send(); });

  $("question").textContent = study.question;
  document.title = study.question;
  $("count").textContent = plan.length;
  for (const side of sides) $(side).addEventListener("click", () => choose(side));
  addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    const side = { ArrowLeft: "left", ArrowRight: "right", 1: "left", 2: "right" }[event.key];
    if (side && !$("ask").hidden) {
      event.preventDefault();
      choose(side);
    }
  });
  $("back").addEventListener("click", () => {
    kept.answers.pop();
    keep();
    ask();
  });
  $("begin").addEventListener("click", () => {
    kept.started ??= new Date().toISOString();
    keep();
    ask();
  });
  $("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(answers(), null, 1)], { type: "application/json" }));
    link.download = `answers-${study.id}-${participant.slice(0, 8)}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  if (kept.answers.length) ask(); // where it was
})();
